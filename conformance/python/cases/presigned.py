"""Presigned URLs: in the SDK's hands and in those of a plain HTTP client."""

from urllib.parse import urlsplit, urlunsplit

import checks
import wire
from suite import case


@case("presigned", "GET, PUT and HEAD by a plain client")
def round_trip(context):
    """Nothing but the URL and the headers that the SDK says belong to it."""
    sdk = context.sdk
    for key in (context.key(".txt"), context.key("/a b+c%/中文?&#.txt")):
        put = sdk.presign("PUT", context.bucket, key, {"Content-Type": "text/plain", "x-oss-meta-one": "1"})
        checks.equal(_send(put, b"hello").status, 200, f"PUT {key}")
        got = _send(sdk.presign("GET", context.bucket, key))
        checks.equal((got.status, got.body), (200, b"hello"), f"GET {key}")
        checks.equal(got.header("x-oss-meta-one"), "1")
        checks.equal(_send(sdk.presign("HEAD", context.bucket, key)).status, 200, f"HEAD {key}")


@case("presigned", "response-* overrides are signed")
def overrides(context):
    """They come from the query of the URL."""
    sdk, key = context.sdk, context.key(".txt")
    sdk.put(context.bucket, key, b"hello")
    wanted = {
        "response-content-disposition": "attachment; filename=a b.txt",
        "response-content-type": "text/x-a",
    }
    got = _send(sdk.presign("GET", context.bucket, key, params=wanted))
    checks.equal(got.header("Content-Disposition"), "attachment; filename=a b.txt")
    checks.equal(got.header("Content-Type"), "text/x-a")


@case("presigned", "a range that was not signed")
def unsigned_range(context):
    """Range is not part of the signature."""
    sdk, key = context.sdk, context.key()
    sdk.put(context.bucket, key, b"0123456789")
    signed = sdk.presign("GET", context.bucket, key)
    got = wire.exchange("GET", signed.url, {**signed.headers, "Range": "bytes=2-4"})
    checks.equal((got.status, got.body), (206, b"234"))


@case("presigned", "changed in any part it is refused")
def tampered(context):
    """Method, key, expiry, a signed header left out, another value of it."""
    sdk, key = context.sdk, context.key(".txt")
    sdk.put(context.bucket, key, b"hello")
    signed = sdk.presign("GET", context.bucket, key)
    parts = urlsplit(signed.url)
    other_key = urlunsplit(parts._replace(path=parts.path + "x"))
    checks.equal(wire.exchange("PUT", signed.url, signed.headers, b"x").status, 403, "another method")
    checks.equal(wire.exchange("GET", other_key, signed.headers).status, 403, "another key")
    expiry = "Expires=" if context.sdk.version == "v1" else "x-oss-expires="
    checks.contains(signed.url, expiry)
    longer = signed.url.replace(expiry, expiry + "9")
    checks.true(wire.exchange("GET", longer, signed.headers).status in (400, 403), "another expiry")
    put = sdk.presign("PUT", context.bucket, key, {"x-oss-meta-one": "1"})
    without = {name: value for name, value in put.headers.items() if name.lower() != "x-oss-meta-one"}
    checks.equal(wire.exchange("PUT", put.url, without, b"x").status, 403, "a signed header left out")
    changed = {**without, "x-oss-meta-one": "2"}
    answer = wire.exchange("PUT", put.url, changed, b"x")
    checks.equal(answer.status, 403, "a signed header changed")
    checks.contains(answer.body, b"<Code>SignatureDoesNotMatch</Code>")
    checks.equal(sdk.get(context.bucket, key).body, b"hello", "the object after all that")


@case("presigned", "expired")
def expired(context):
    """403 once the time is over."""
    sdk, key = context.sdk, context.key()
    sdk.put(context.bucket, key, b"hello")
    with sdk.clock_off_by(-10):
        signed = sdk.presign("GET", context.bucket, key, seconds=60)
    # The older versions write the end of the time into the URL, the newest its beginning.
    if sdk.version != "v4":
        signed = sdk.presign("GET", context.bucket, key, seconds=-60)
    answer = _send(signed)
    checks.equal(answer.status, 403)
    checks.contains(answer.body, b"<Code>AccessDenied</Code>")


def _send(signed, body=None):
    return wire.exchange(signed.method, signed.url, signed.headers, body)
