"""Callbacks that fail: 203, the reason in XML, the object stays. Both SDKs report that as success."""

import xml.etree.ElementTree as ElementTree

import application
import checks
from application import Reply
from sdk import encode
from suite import case

NOT_JSON = "Response body is not valid json format."
LENGTH = "Error status : 400.User server "
STATUS_EC, JSON_EC, LATE_EC = "0007-00000203", "0007-00000205", "0007-00000202"


def _raw(head, body=b""):
    return Reply(raw=b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body)


ANSWERS = (
    ("status 500", Reply(status=500, body=b"{}"), "Error status : 500.", STATUS_EC),
    ("status 404", Reply(status=404, body=b"{}"), "Error status : 404.", STATUS_EC),
    ("status 201", Reply(status=201), "Error status : 201.", STATUS_EC),
    ("a redirect", Reply(status=301, headers={"Location": "/elsewhere"}), "Error status : 301.", STATUS_EC),
    ("text", Reply(body=b"OK"), NOT_JSON, JSON_EC),
    ("an empty body", Reply(body=b""), NOT_JSON, JSON_EC),
    ("a byte order mark", Reply(body=b"\xef\xbb\xbf{}"), NOT_JSON, JSON_EC),
    ("two documents", Reply(body=b"{}{}"), NOT_JSON, JSON_EC),
    ("single quotes", Reply(body=b"{'a':1}"), NOT_JSON, JSON_EC),
    ("broken UTF-8", Reply(body=b'{"a":"\xff"}'), NOT_JSON, JSON_EC),
    (
        "no Content-Length",
        _raw(b"Connection: close\r\n", b"{}"),
        LENGTH + "missing content-length.",
        STATUS_EC,
    ),
    (
        "chunks",
        _raw(b"Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
        LENGTH + "missing content-length.",
        STATUS_EC,
    ),
    (
        "a Content-Length that is no number",
        _raw(b"Content-Length: two\r\n", b"{}"),
        LENGTH + "return invalid content-length value.",
        STATUS_EC,
    ),
    (
        "a body over 3 MiB",
        Reply(body=b'"' + b"x" * (3 * 1024 * 1024) + b'"'),
        LENGTH + "return too long content-length value.",
        STATUS_EC,
    ),
    ("no answer", Reply(raw=b""), "Error status : 502.", STATUS_EC),
    ("half an answer", _raw(b"Content-Length: 10\r\n", b'{"a":'), "Error status : 502.", STATUS_EC),
)


@case("PutObject", "failing callback: answers of the application")
def answers(context):
    """Each row: what the application does, and the message and EC the client gets."""
    for what, reply, message, ec in ANSWERS:
        target = context.application.target(reply)
        _put_failing(context, target.url, what, message, ec)
        target.take()


@case("PutObject", "failing callback: nobody there")
def nobody(context):
    """A closed port and a name that does not exist."""
    for url in (application.refused_url(), "http://cbsrv.oss.invalid/path"):
        _put_failing(context, url, url, "Error status : 502.", STATUS_EC)


@case("PutObject", "failing callback: too late")
def late(context):
    """Five seconds are the limit for each URL."""
    target = context.application.target(Reply(delay=6))
    authority = context.application.authority.replace(".", r"\.")
    pattern = rf"Error status : -1 {authority} reply timeout, cost:\d+ms, timeout:5000ms \(err -4, errno0\)\."
    key = context.key()
    stored = context.sdk.put(
        context.bucket, key, b"hello", callback={"callbackUrl": target.url, "callbackBody": "a=b"}
    )
    fields = _error_fields(stored, "too late")
    checks.matches(fields["Message"], pattern, "Message")
    checks.equal(fields["EC"], LATE_EC)


@case("PutObject", "failing callback: of several URLs the last one's reason counts")
def several(context):
    """Both were called."""
    first, last = context.application.target(Reply(status=500)), context.application.target(Reply(body=b"no"))
    _put_failing(context, f"{first.url};{last.url}", "several", NOT_JSON, JSON_EC)
    first.take()
    last.take()


@case("CompleteMultipartUpload", "failing callback")
def multipart(context):
    """The object is complete all the same."""
    sdk, key = context.sdk, context.key()
    upload = sdk.initiate(context.bucket, key)
    part = sdk.upload_part(context.bucket, key, upload, 1, b"hello")
    callback = {"callbackUrl": application.refused_url(), "callbackBody": "a=b"}
    stored = sdk.complete(context.bucket, key, upload, [part], callback=callback)
    fields = _error_fields(stored, "multipart")
    checks.equal((fields["Message"], fields["EC"]), ("Error status : 502.", STATUS_EC))
    checks.matches(stored.etag, r"[0-9A-F]{32}-1")
    checks.equal(sdk.get(context.bucket, key).body, b"hello")


@case("presigned", "failing callback in the query")
def presigned(context):
    """The case of oss2's own suite (test_sign_url_with_callback)."""
    parameters = {
        "callback": encode(
            {"callbackUrl": "http://cbsrv.oss.invalid", "callbackBody": "bucket=${bucket}&a=${x:var1}"}
        ),
        "callback-var": encode({"x:var1": "value1", "x:var2": "value2"}),
    }
    stored = context.sdk.put_with_query(context.bucket, context.key(), b"hello", parameters)
    checks.equal(stored.status, 203)


def _put_failing(context, url, what, message, ec):
    key = context.key()
    stored = context.sdk.put(
        context.bucket, key, b"hello", callback={"callbackUrl": url, "callbackBody": "size=${size}"}
    )
    fields = _error_fields(stored, what)
    checks.equal((fields["Message"], fields["EC"]), (message, ec), what)
    checks.equal(stored.etag, "5D41402ABC4B2A76B9719D911017C592", f"ETag, {what}")
    checks.equal(stored.headers["Content-MD5"], "XUFAKrxLKna5cZ2REBfFkg==", f"Content-MD5, {what}")
    checks.equal(context.sdk.get(context.bucket, key).body, b"hello", f"the object, {what}")


def _error_fields(stored, what):
    checks.equal(stored.status, 203, f"status, {what}")
    checks.equal(stored.headers.get("Content-Type"), "application/xml", what)
    checks.true(stored.crc is not None, f"CRC-64, {what}")
    root = ElementTree.fromstring(stored.body)
    checks.equal(root.tag, "Error", what)
    fields = {child.tag: child.text for child in root}
    checks.equal(fields["Code"], "CallbackFailed", what)
    checks.equal(fields["RequestId"], stored.request_id, what)
    checks.equal(fields["RecommendDoc"], f"https://api.aliyun.com/troubleshoot?q={fields['EC']}", what)
    for name, value in fields.items():
        checks.true(value, f"empty element {name}, {what}")
    return fields
