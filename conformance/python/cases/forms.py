"""PostObject with V1 and V4 policies. The SDKs' samples build forms by hand, as here."""

from urllib.parse import quote

import application
import checks
import forms
import wire
from application import Reply
from sdk import encode
from suite import case


@case("PostObject", "a signed form")
def post(context):
    """204 by default, the object is there with its metadata."""
    key = context.key("/a b+中.txt")
    fields = {
        "key": key,
        **_signed(context, [{"bucket": context.bucket}, ["starts-with", "$key", "case-"]]),
        "x-oss-meta-uuid": "uuid-xxx",
        "Content-Disposition": "attachment;filename=download.txt",
    }
    answer = _post(context, fields, b"a" * 64)
    checks.equal((answer.status, answer.body), (204, b""))
    found = context.sdk.get(context.bucket, key)
    checks.equal(found.body, b"a" * 64)
    checks.equal(answer.header("ETag"), found.headers["ETag"])
    checks.equal(answer.header("x-oss-hash-crc64ecma"), found.headers["x-oss-hash-crc64ecma"])
    checks.equal(found.headers["x-oss-meta-uuid"], "uuid-xxx")
    checks.equal(found.headers["Content-Disposition"], "attachment;filename=download.txt")
    checks.equal(found.headers["Content-Type"], "text/plain", "the file's own type")


@case("PostObject", "success_action_status and success_action_redirect")
def answers(context):
    """200 and 201 as asked, anything else 204; a redirect names bucket, key and ETag."""
    for wanted, status in (("200", 200), ("201", 201), ("204", 204), ("302", 204)):
        key = context.key()
        answer = _post(context, {"key": key, "success_action_status": wanted, **_signed(context)}, b"hello")
        checks.equal(answer.status, status, f"success_action_status {wanted}")
        if status == 201:
            for part in (f"<Bucket>{context.bucket}</Bucket>", f"<Key>{key}</Key>", "5D41402ABC4B2A76"):
                checks.contains(answer.body.decode(), part, "the XML of a 201")
        else:
            checks.equal(answer.body, b"", f"body of {status}")
    key = context.key()
    target = "http://127.0.0.1:1/done?x=1"
    answer = _post(context, {"key": key, "success_action_redirect": target, **_signed(context)}, b"hello")
    checks.equal(answer.status, 303)
    checks.true(answer.header("Location").startswith(target), f"Location {answer.header('Location')}")
    for part in (f"bucket={context.bucket}", f"key={key}", "etag="):
        checks.contains(answer.header("Location"), part)


@case("PostObject", "${filename} and x-oss-content-type")
def filename(context):
    """The name of the uploaded file goes into the key."""
    prefix = context.key("/")
    fields = {"key": prefix + "${filename}", "x-oss-content-type": "image/x-own", **_signed(context)}
    checks.equal(_post(context, fields, b"hello", filename="杭 州.png").status, 204)
    checks.equal(
        context.sdk.head(context.bucket, prefix + "杭 州.png").headers["Content-Type"], "image/x-own"
    )


@case("PostObject", "conditions of every kind")
def conditions(context):
    """Rows: conditions, extra fields, whether the form is accepted."""
    key = context.key()
    rows = (
        ([["eq", "$key", key]], {}, True),
        ([["eq", "$key", key + "x"]], {}, False),
        ([["eq", "$KEY", key]], {}, True),
        ([{"key": key}], {}, True),
        ([["starts-with", "$key", key[:4]]], {}, True),
        ([["starts-with", "$key", "other"]], {}, False),
        ([["content-length-range", 1, 5]], {}, True),
        ([["content-length-range", 6, 10]], {}, False),
        ([["content-length-range", 1, 4]], {}, False),
        ([["in", "$x-oss-meta-a", ["1", "2"]]], {"x-oss-meta-a": "2"}, True),
        ([["in", "$x-oss-meta-a", ["1", "2"]]], {"x-oss-meta-a": "3"}, False),
        ([["not-in", "$x-oss-meta-a", ["1", "2"]]], {"x-oss-meta-a": "3"}, True),
        ([["not-in", "$x-oss-meta-a", ["1", "2"]]], {"x-oss-meta-a": "1"}, False),
        ([["eq", "$x-oss-meta-a", "1"]], {}, False),
        ([{"bucket": context.bucket}], {}, True),
        ([{"bucket": "another"}], {}, False),
    )
    for wanted, extra, accepted in rows:
        answer = _post(context, {"key": key, **extra, **_signed(context, wanted)}, b"hello")
        what = f"{wanted} with {extra}: {answer.body[:300]}"
        checks.true(
            answer.status == 204 if accepted else answer.status in (400, 403), f"{answer.status} for {what}"
        )
        context.sdk.delete(context.bucket, key)


@case("PostObject", "forms that are refused")
def refused(context):
    """Wrong secret, expired policy, no policy, no key, no file, garbage; nothing is stored."""
    key, settings = context.key(), context.settings
    sign = forms.sign_v4 if context.sdk.version == "v4" else forms.sign_v1
    anything = [["content-length-range", 0, 100]]
    rows = (
        ({"key": key, **sign(settings, anything, secret="wrong")}, 403, "SignatureDoesNotMatch"),
        ({"key": key, **sign(settings, anything, seconds=-60)}, 403, "AccessDenied"),
        ({"key": key}, 403, "AccessDenied"),
        ({**sign(settings, anything)}, 400, "InvalidArgument"),
        ({"key": key, **sign(settings, anything), "policy": "e30="}, 403, None),
    )
    for fields, status, code in rows:
        answer = _post(context, fields, b"hello")
        checks.equal(answer.status, status, f"{list(fields)}: {answer.body[:400]}")
        if code:
            checks.contains(answer.body.decode(), f"<Code>{code}</Code>")
    url = context.url(context.bucket)
    garbage = wire.exchange(
        "POST", url, {"Content-Type": "multipart/form-data; boundary=b"}, b"no form at all"
    )
    checks.equal(garbage.status, 400, "a body that is no form")
    checks.true(not context.sdk.exists(context.bucket, key), "the object exists")


@case("PostObject", "anonymous forms follow the bucket's ACL")
def anonymous(context):
    """public-read-write takes them, private does not."""
    name = context.bucket_name("formacl")
    context.sdk.create_bucket(name, "public-read-write")
    checks.equal(_post(context, {"key": "a"}, b"hello", bucket=name).status, 204)
    checks.equal(context.sdk.get(name, "a").body, b"hello")


@case("PostObject", "callback with form fields for the variables")
def callback(context):
    """The callback's answer replaces what success_action_status asks for."""
    target, key = context.application.target(), context.key("/中 文.txt")
    template = (
        "filename=${object}&size=${size}&mime=${mimeType}&op=${operation}&md5=${contentMd5}&var=${x:var1}"
    )
    parameters = {"callbackUrl": target.url, "callbackBody": template}
    fields = {
        "key": key,
        **_signed(context, [{"bucket": context.bucket}]),
        "callback": encode(parameters),
        "x:var1": "value 1&2",
        "success_action_status": "201",
    }
    answer = _post(context, fields, b"hello")
    checks.equal((answer.status, answer.body), (200, b'{"Status":"OK"}'))
    checks.equal(answer.header("Content-Type"), "application/json")
    expected = (
        f"filename={quote(key, safe='')}&size=5&mime=text%2Fplain&op=PostObject"
        "&md5=XUFAKrxLKna5cZ2REBfFkg%3D%3D&var=value%201%262"
    )
    _check(context, target, answer, expected.encode())
    checks.equal(context.sdk.get(context.bucket, key).body, b"hello")


@case("PostObject", "callback as a condition of the policy")
def callback_condition(context):
    """Another callback than the signed one is refused and not sent."""
    target = context.application.target()
    allowed = encode({"callbackUrl": target.url, "callbackBody": "a=${etag}"})
    other = encode({"callbackUrl": target.url, "callbackBody": "a=${size}"})
    signed = _signed(context, [["eq", "$callback", allowed]])
    refused_answer = _post(context, {"key": context.key(), **signed, "callback": other}, b"hello")
    checks.equal(refused_answer.status, 403, "another callback")
    target.nothing_more()
    answer = _post(context, {"key": context.key(), **signed, "callback": allowed}, b"hello")
    checks.equal(answer.status, 200)
    _check(context, target, answer, b"a=5D41402ABC4B2A76B9719D911017C592")


@case("PostObject", "callback with a json body, one larger than 5 KiB, and a failing one")
def callback_more(context):
    """The limit of 5 KiB is also that of the form field; a failure is 203 and the object stays."""
    target, key = context.application.target(), context.key()
    too_long = {"callbackUrl": target.url, "callbackBody": "a=" + "x" * 6000}
    answer = _post(context, {"key": key, **_signed(context), "callback": encode(too_long)}, b"hello")
    checks.equal(answer.status, 400)
    checks.contains(answer.body.decode(), "<EC>0007-00000001</EC>")
    padding = "x" * 3000
    template = '{"size":${size},"name":${object},"padding":"' + padding + '"}'
    parameters = {"callbackUrl": target.url, "callbackBody": template, "callbackBodyType": "application/json"}
    fields = {"key": key, **_signed(context), "callback": encode(parameters)}
    answer = _post(context, fields, b"hello")
    checks.equal(answer.status, 200, answer.body[:300])
    body = f'{{"size":5,"name":"{key}","padding":"{padding}"}}'.encode()
    _check(context, target, answer, body, "application/json")
    failing = context.application.target(Reply(status=500, body=b"{}"))
    key = context.key()
    parameters = {"callbackUrl": failing.url, "callbackBody": "a=b"}
    answer = _post(context, {"key": key, **_signed(context), "callback": encode(parameters)}, b"hello")
    checks.equal(answer.status, 203)
    checks.contains(answer.body.decode(), "<Message>Error status : 500.</Message>")
    checks.equal(context.sdk.get(context.bucket, key).body, b"hello")


def _signed(context, conditions=None):
    sign = forms.sign_v4 if context.sdk.version == "v4" else forms.sign_v1
    return sign(context.settings, conditions or [["content-length-range", 0, 104857600]])


def _post(context, fields, data, filename="local.txt", bucket=None):
    content_type, body = forms.body(fields, data, filename)
    url = context.url(bucket or context.bucket)
    return wire.exchange("POST", url, {"Content-Type": content_type}, body)


def _check(context, target, answer, body, content_type=None):
    expected = application.Expected(
        body=body,
        bucket=context.bucket,
        request_id=answer.header("x-oss-request-id"),
        content_type=content_type or application.FORM,
    )
    application.check(target.take(), expected, context.application)
