"""Callback parameters that are wrong: 400 before anything is stored, and nobody is called."""

import checks
from application import FORM
from sdk import encode
from suite import case

DOLLAR = "Left brace must be adjacent to dollar sign."
NOT_JSON = "The callback configuration is not json format."


def _with(url, **members):
    return encode({"callbackUrl": url, "callbackBody": "a=b", **members})


# What is wrong, the parameter for a good URL, its EC.
CALLBACKS = (
    ("longer than 5 KiB", lambda url: _with(url, padding="x" * 5000), "0007-00000001"),
    ("not base64", lambda url: "error argument", "0007-00000002"),
    ("a blank inside", lambda url: _with(url)[:8] + " " + _with(url)[8:], "0007-00000002"),
    ("not JSON", lambda url: encode("error argument"), "0007-00000003"),
    ("broken JSON", lambda url: encode('{"callbackUrl":"' + url + '",}'), "0007-00000003"),
    ("not UTF-8", lambda url: "eyJhIjoi/yJ9", "0007-00000003"),
    ("callbackUrl a number", lambda url: _with(5), "0007-00000004"),
    ("callbackUrl without a dot", lambda url: _with("my"), "0007-00000004"),
    ("callbackUrl with a bad port", lambda url: _with("my.com:test"), "0007-00000004"),
    ("callbackUrl with another scheme", lambda url: _with("ftp://my.com/"), "0007-00000004"),
    ("callbackUrl with IPv6", lambda url: _with("http://[::1]:8080/"), "0007-00000004"),
    ("six URLs", lambda url: _with(";".join([url] * 6)), "0007-00000005"),
    ("callbackBody a number", lambda url: _with(url, callbackBody=5), "0007-00000010"),
    ("callbackBody empty", lambda url: _with(url, callbackBody=""), "0007-00000011"),
    (
        "callbackBodyType unknown",
        lambda url: _with(url, callbackBodyType="text/xml"),
        "0007-00000012",
    ),
    (
        "additionalHeaders a list",
        lambda url: _with(url, additionalHeaders=["a"]),
        "0007-00000026",
    ),
    (
        "additionalHeaders with x-oss-",
        lambda url: _with(url, additionalHeaders={"x-oss-a": "1"}),
        "0007-00000026",
    ),
)
VARIABLES = (
    ("longer than 5 KiB", encode({"x:a": "x" * 5000}), "0007-00000101"),
    ("not base64", "error argument", "0007-00000102"),
    ("not JSON", encode("error argument"), "0007-00000103"),
    ("a list", encode("[1]"), "0007-00000103"),
    ("a number as a value", encode('{"x:a":1}'), "0007-00000105"),
)
TEMPLATES = (
    "$(object)",
    "a=$x",
    "a=$",
    "a=${",
    "a=${bucket",
    "a=${}",
    "a=$ {bucket}",
    "a=${nosuch}",
    "a=${Bucket}",
)


@case("PutObject", "wrong callback: every error of the parameter")
def callbacks(context):
    """The EC and the argument are named."""
    for what, parameters, ec in CALLBACKS:
        target = context.application.target()
        error = _refused(context, target, parameters(target.url), None, ec, what)
        checks.true(error.details.get("ArgumentName"), f"ArgumentName, {what}")
        checks.true(error.details.get("ArgumentValue"), f"ArgumentValue, {what}")
        if what == "not JSON":
            checks.equal(error.message, NOT_JSON)
            checks.equal(error.details["ArgumentName"], "callback")
            checks.equal(error.details["ArgumentValue"], "error argument")


@case("PutObject", "wrong callback: every error of the variables")
def variables(context):
    """The same for callback-var."""
    for what, value, ec in VARIABLES:
        target = context.application.target()
        _refused(context, target, _with(target.url), value, ec, what)


@case("PutObject", "wrong callback: templates")
def templates(context):
    """The grammar is strict, and a variable that does not exist is an error."""
    for template in TEMPLATES:
        target = context.application.target()
        parameters = _with(target.url, callbackBody=template, callbackBodyType=FORM)
        error = _refused(context, target, parameters, None, None, template)
        if template in ("$(object)", "a=$x"):
            checks.equal((error.ec, error.message), ("0007-00000105", DOLLAR), template)
            checks.equal(error.details["ArgumentName"], "ReplaceKeyPrefix")
            checks.equal(error.details["ArgumentValue"], template)


@case("PutObject", "wrong callback: header and query together")
def both(context):
    """One place for each parameter."""
    target = context.application.target()
    callback, value = _with(target.url), encode({"x:a": "1"})
    rows = (
        ({"callback": callback}, {"x-oss-callback": callback}, "0007-00000027"),
        (
            {"callback": callback, "callback-var": value},
            {"x-oss-callback-var": value},
            "0007-00000028",
        ),
    )
    for parameters, headers, ec in rows:
        key = context.key()
        call = lambda: context.sdk.put_with_query(context.bucket, key, b"hello", parameters, headers)  # noqa: E731
        checks.fails(call, 400, "InvalidArgument", ec)
        checks.true(not context.sdk.exists(context.bucket, key), "the object was stored")
    target.nothing_more()


@case("CompleteMultipartUpload", "wrong callback leaves the upload as it was")
def multipart(context):
    """It can be completed afterwards."""
    sdk, key = context.sdk, context.key()
    upload = sdk.initiate(context.bucket, key)
    part = sdk.upload_part(context.bucket, key, upload, 1, b"hello")
    call = lambda: sdk.complete(context.bucket, key, upload, [part], callback=encode("error argument"))  # noqa: E731
    checks.fails(call, 400, "InvalidArgument", "0007-00000003")
    checks.true(not sdk.exists(context.bucket, key), "the object exists")
    sdk.complete(context.bucket, key, upload, [part])
    checks.equal(sdk.get(context.bucket, key).body, b"hello")


def _refused(context, target, callback, value, ec, what):
    key = context.key()
    call = lambda: context.sdk.put(context.bucket, key, b"hello", callback=callback, variables=value)  # noqa: E731
    try:
        error = checks.fails(call, 400, "InvalidArgument", ec)
    except AssertionError as failure:
        raise AssertionError(f"{what}: {failure}") from None
    checks.true(not context.sdk.exists(context.bucket, key), f"the object was stored, {what}")
    target.nothing_more()
    return error
