"""Put, get, head, append and delete of objects, and what the SDK reads from the answers."""

import base64
import hashlib
import os

import checks
import wire
from suite import case

HELLO_ETAG = "5D41402ABC4B2A76B9719D911017C592"


@case("PutObject", "etag, checksums and headers of the answer")
def put(context):
    """ETag is the upper-case MD5; CRC-64 is that of the published check value."""
    stored = context.sdk.put(context.bucket, context.key(), b"hello")
    checks.equal((stored.status, stored.etag, stored.body), (200, HELLO_ETAG, b""))
    checks.equal(stored.headers["ETag"], f'"{HELLO_ETAG}"')
    checks.equal(stored.headers["Content-MD5"], base64.b64encode(hashlib.md5(b"hello").digest()).decode())
    checks.request_id(stored.request_id)
    checked = context.sdk.put(context.bucket, context.key(), b"123456789")
    checks.equal(checked.crc, 0x995DC9BBDF1939FA, "CRC-64/XZ of its check string")


@case("PutObject", "empty, small and large bodies come back whole")
def sizes(context):
    """Sizes around the store's thresholds; the SDK compares CRC-64 on the way up."""
    sdk, key = context.sdk, context.key()
    for size in (0, 1, 4096, 65536, 262145, 1048577, 9 * 1024 * 1024 + 3):
        data = os.urandom(size)
        stored = sdk.put(context.bucket, key, data)
        checks.equal(stored.etag, hashlib.md5(data).hexdigest().upper(), f"etag of {size} bytes")
        checks.true(sdk.get(context.bucket, key).body == data, f"{size} bytes differ")


@case("PutObject", "a stream of unknown length")
def stream(context):
    """The SDK then sends chunks without a Content-Length."""
    sdk, key = context.sdk, context.key()
    pieces = [os.urandom(70000) for _ in range(5)]
    stored = sdk.put(context.bucket, key, (piece for piece in pieces))
    data = b"".join(pieces)
    checks.equal(stored.etag, hashlib.md5(data).hexdigest().upper())
    checks.true(sdk.get(context.bucket, key).body == data, "the stream came back changed")


@case("PutObject", "header names as OSS writes them")
def header_case(context):
    """Names are case-insensitive, but one SDK looks them up in a case-sensitive map."""
    name = context.bucket_name("case")
    context.sdk.create_bucket(name, "public-read-write")
    put = wire.exchange("PUT", context.url(name, "k"), body=b"hello")
    got = wire.exchange("GET", context.url(name, "k"))
    rows = (
        (put, ("ETag", "Content-MD5", "Content-Length", "Date", "x-oss-request-id", "x-oss-hash-crc64ecma")),
        (got, ("ETag", "Content-Type", "Content-Length", "Date", "Last-Modified", "x-oss-request-id")),
    )
    for answer, names in rows:
        for header in names:
            checks.contains(answer.headers.keys(), header, "header names")


@case("HeadObject", "metadata and headers round trip")
def head(context):
    """User metadata and the headers OSS keeps."""
    sdk, key = context.sdk, context.key(".txt")
    kept = {
        "Content-Type": "text/x-special",
        "Cache-Control": "max-age=60",
        "Content-Disposition": "attachment; filename=a.txt",
        "Content-Encoding": "utf-8",
        "Expires": "Fri, 28 Feb 2031 05:38:42 GMT",
        "x-oss-meta-first": "one two",
        "x-oss-meta-second": "2",
    }
    sdk.put(context.bucket, key, b"hello", headers=kept)
    for found in (sdk.head(context.bucket, key), sdk.get(context.bucket, key)):
        for name, value in kept.items():
            checks.equal(found.headers.get(name), value, name)
        exact = {
            "Content-Length": "5",
            "ETag": f'"{HELLO_ETAG}"',
            "x-oss-object-type": "Normal",
            "x-oss-storage-class": "Standard",
            "Accept-Ranges": "bytes",
            "x-oss-hash-crc64ecma": str(sdk.put(context.bucket, context.key(), b"hello").crc),
        }
        for name, value in exact.items():
            checks.equal(found.headers.get(name), value, name)
        checks.matches(found.headers.get("Last-Modified"), r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")


@case("PutObject", "Content-Type from the key")
def media_types(context):
    """Both SDKs guess, so the guess must be kept; without a hint it is octet-stream."""
    sdk = context.sdk
    rows = (
        (".txt", "text/plain"),
        (".jpg", "image/jpeg"),
        (".html", "text/html"),
        ("", "application/octet-stream"),
    )
    for suffix, media_type in rows:
        key = context.key(suffix)
        sdk.put(context.bucket, key, b"x")
        checks.equal(sdk.head(context.bucket, key).headers["Content-Type"], media_type, suffix)


@case("GetObjectMeta", "length, etag and date")
def meta(context):
    """The three headers the operation is for."""
    sdk, key = context.sdk, context.key()
    sdk.put(context.bucket, key, b"hello")
    found = sdk.meta(context.bucket, key)
    checks.equal((found.headers["Content-Length"], found.headers["ETag"]), ("5", f'"{HELLO_ETAG}"'))
    checks.true(found.headers.get("Last-Modified"), "Last-Modified")


@case("PutObject", "Content-MD5 is checked")
def content_md5(context):
    """A wrong digest stores nothing."""
    sdk, key = context.sdk, context.key()
    right = base64.b64encode(hashlib.md5(b"hello").digest()).decode()
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    checks.fails(lambda: sdk.put(context.bucket, key, b"hello", {"Content-MD5": wrong}), 400, "InvalidDigest")
    checks.true(not sdk.exists(context.bucket, key), "the object exists")
    checks.equal(sdk.put(context.bucket, key, b"hello", {"Content-MD5": right}).status, 200)


@case("PutObject", "x-oss-forbid-overwrite")
def forbid_overwrite(context):
    """The second upload fails and leaves the first in place."""
    sdk, key = context.sdk, context.key()
    forbid = {"x-oss-forbid-overwrite": "true"}
    sdk.put(context.bucket, key, b"first", headers=forbid)
    checks.fails(lambda: sdk.put(context.bucket, key, b"second", headers=forbid), 409, "FileAlreadyExists")
    checks.equal(sdk.get(context.bucket, key).body, b"first")
    sdk.put(context.bucket, key, b"third")
    checks.equal(sdk.get(context.bucket, key).body, b"third")


@case("DeleteObject", "204, also for what is not there")
def delete(context):
    """Deleting is idempotent."""
    sdk, key = context.sdk, context.key()
    sdk.put(context.bucket, key, b"x")
    checks.true(sdk.exists(context.bucket, key), "the object exists")
    checks.equal(sdk.delete(context.bucket, key), 204)
    checks.true(not sdk.exists(context.bucket, key), "the object is gone")
    checks.equal(sdk.delete(context.bucket, key), 204)


@case("DeleteMultipleObjects", "names with markup, control characters and the order of the request")
def delete_many(context):
    """What is not there counts as deleted."""
    sdk = context.sdk
    start = context.key("/")
    keys = [start + name for name in ("b", "a&b<c>", "中文", "tab\there", "a b+c", "never was there")]
    for key in keys[:-1]:
        sdk.put(context.bucket, key, b"x")
    checks.equal(sdk.delete_many(context.bucket, keys), keys)
    checks.equal(sdk.list(context.bucket, prefix=start).keys, [])


@case("AppendObject", "positions, checksum, type")
def append(context):
    """The position must be the length; the answer says where to go on."""
    sdk, key = context.sdk, context.key()
    checks.equal(sdk.append(context.bucket, key, 0, b"12345"), (5, _crc(context, b"12345")))
    checks.equal(sdk.append(context.bucket, key, 5, b"6789"), (9, 0x995DC9BBDF1939FA))
    found = sdk.head(context.bucket, key)
    checks.equal(found.headers["x-oss-object-type"], "Appendable")
    checks.equal(found.headers["x-oss-next-append-position"], "9")
    checks.equal(sdk.get(context.bucket, key).body, b"123456789")
    wrong = checks.fails(lambda: sdk.append(context.bucket, key, 4, b"x"), 409, "PositionNotEqualToLength")
    checks.equal(wrong.headers["x-oss-next-append-position"], "9")
    other = context.key()
    sdk.put(context.bucket, other, b"12345")
    checks.fails(lambda: sdk.append(context.bucket, other, 5, b"x"), 409, "ObjectNotAppendable")


def _crc(context, data):
    return context.sdk.put(context.bucket, context.key(), data).crc
