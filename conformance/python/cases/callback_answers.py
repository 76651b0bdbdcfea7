"""What of the application's answer reaches the client."""

import checks
from application import Reply
from cases.callbacks import expect
from suite import case

CALLBACK_BODY = "size=${size}"


@case("PutObject", "callback: any JSON is handed through")
def any_json(context):
    """Objects, arrays, strings, numbers, null, white space, text in any language, a large answer."""
    bodies = (
        b'{"Status":"OK"}',
        b' {\n "a" : [ 1, 2.5e3, null, true ] }\r\n',
        b"[1,2]",
        b'"text"',
        b"42",
        b"null",
        '{"消息":"好"}'.encode(),
        b'{"Status":"\\u0041"}',
        b'["' + b"x" * 1024 * 1024 + b'"]',
    )
    for body in bodies:
        _answered(context, Reply(body=body))


@case("PutObject", "callback: headers of the application stay with it")
def foreign_headers(context):
    """The client sees the store's headers and exactly application/json."""
    for kind in ("text/html", "application/json; charset=utf-8", "application/problem+json"):
        reply = Reply(headers={"Content-Type": kind, "X-Secret": "1", "Set-Cookie": "a=b", "ETag": '"other"'})
        stored = _answered(context, reply)
        for name in ("X-Secret", "Set-Cookie"):
            checks.equal(stored.headers.get(name), None, name)
        checks.equal(stored.headers["ETag"], '"5D41402ABC4B2A76B9719D911017C592"')
        checks.equal(stored.headers["Content-MD5"], "XUFAKrxLKna5cZ2REBfFkg==")


@case("PutObject", "callback: a slow application within its time")
def slow(context):
    """Two seconds are well inside the five."""
    _answered(context, Reply(delay=2))


def _answered(context, reply):
    target = context.application.target(reply)
    callback = {"callbackUrl": target.url, "callbackBody": CALLBACK_BODY}
    stored = context.sdk.put(context.bucket, context.key(), b"hello", callback=callback)
    expect(context, target, stored, "size=5")
    return stored
