"""Ranges, conditions and overridden headers of GetObject and HeadObject."""

import time
from email.utils import formatdate, parsedate_to_datetime

import checks
import wire
from sdk import SdkError
from suite import case

DATA = bytes(range(256)) * 4
STANDARD = {"x-oss-range-behavior": "standard"}


@case("GetObject", "ranges as OSS reads them")
def ranges(context):
    """A range that does not fit is ignored, unless the standard behaviour is asked for (manual)."""
    sdk, key = context.sdk, context.key()
    sdk.put(context.bucket, key, DATA)
    rows = (
        ((0, 9), {}, 206, "bytes 0-9/1024", DATA[:10]),
        ((500, None), {}, 206, "bytes 500-1023/1024", DATA[500:]),
        ((None, 199), {}, 206, "bytes 825-1023/1024", DATA[-199:]),
        ((3, 3), {}, 206, "bytes 3-3/1024", DATA[3:4]),
        ((0, 1023), {}, 206, "bytes 0-1023/1024", DATA),
        ((1000, 2000), {}, 200, None, DATA),
        ((1024, 2000), {}, 200, None, DATA),
        ((1000, 2000), STANDARD, 206, "bytes 1000-1023/1024", DATA[1000:]),
    )
    for wanted, headers, status, content_range, body in rows:
        got = sdk.get(context.bucket, key, wanted, headers)
        checks.equal(
            (got.status, got.headers.get("Content-Range")), (status, content_range), f"{wanted} {headers}"
        )
        checks.true(got.body == body, f"body of {wanted} {headers}")
    checks.fails(lambda: sdk.get(context.bucket, key, (1024, 2000), STANDARD), 416, "InvalidRange")


@case("GetObject", "a range that is not one")
def malformed_ranges(context):
    """The whole object; of a list, and before rubbish, the first range, as OSS answers."""
    sdk, name = context.sdk, context.bucket_name("ranges")
    sdk.create_bucket(name, "public-read")
    sdk.put(name, "a", DATA)
    for value in ("bytes=9-0", "bytes=a-b", "lines=0-1", "bytes="):
        got = wire.exchange("GET", context.url(name, "a"), {"Range": value})
        checks.equal((got.status, len(got.body)), (200, 1024), value)
    for value in ("bytes=2-3,6-7", "bytes=2-3,rubbish", "bytes=2-3, 0-"):
        got = wire.exchange("GET", context.url(name, "a"), {"Range": value})
        checks.equal((got.status, got.body), (206, DATA[2:4]), value)
        checks.equal(got.header("content-range"), "bytes 2-3/1024", value)


@case("GetObject", "checksum header of a range is that of the whole")
def range_checksum(context):
    """x-oss-hash-crc64ecma describes the object."""
    sdk, key = context.sdk, context.key()
    stored = sdk.put(context.bucket, key, DATA)
    got = sdk.get(context.bucket, key, (0, 9))
    checks.equal(got.headers["x-oss-hash-crc64ecma"], str(stored.crc))


@case("GetObject", "conditions")
def conditions(context):
    """304 without a body for the one kind, 412 for the other."""
    sdk, key = context.sdk, context.key()
    etag = sdk.put(context.bucket, key, b"hello").etag
    modified = sdk.head(context.bucket, key).headers["Last-Modified"]
    earlier = formatdate(parsedate_to_datetime(modified).timestamp() - 60, usegmt=True)
    later = formatdate(time.time() + 600, usegmt=True)
    passing = (
        {"If-Match": etag},
        {"If-Match": f'"{etag}"'},
        {"If-None-Match": "0" * 32},
        {"If-Modified-Since": earlier},
        {"If-Unmodified-Since": modified},
        {"If-Unmodified-Since": later},
    )
    not_modified = ({"If-None-Match": etag}, {"If-None-Match": f'"{etag}"'}, {"If-Modified-Since": modified})
    failing = ({"If-Match": "0" * 32}, {"If-Unmodified-Since": earlier})
    for headers in passing:
        checks.equal(sdk.get(context.bucket, key, headers=headers).body, b"hello", f"{headers}")
        checks.equal(sdk.head(context.bucket, key, headers=headers).status, 200, f"HEAD {headers}")
    for headers in not_modified:
        _expect_status(lambda headers=headers: sdk.get(context.bucket, key, headers=headers), 304, headers)
        _expect_status(lambda headers=headers: sdk.head(context.bucket, key, headers=headers), 304, headers)
    for headers in failing:
        checks.fails(
            lambda headers=headers: sdk.get(context.bucket, key, headers=headers), 412, "PreconditionFailed"
        )
        _expect_status(lambda headers=headers: sdk.head(context.bucket, key, headers=headers), 412, headers)


@case("GetObject", "response-* overrides")
def overrides(context):
    """A signed client may name the headers of the answer; an anonymous one may not."""
    sdk, key = context.sdk, context.key(".txt")
    sdk.put(context.bucket, key, b"hello")
    wanted = {
        "response-content-type": "text/x-other; charset=utf-8",
        "response-content-language": "zh-CN",
        "response-expires": "Fri, 28 Feb 2031 05:38:42 GMT",
        "response-cache-control": "no-cache",
        "response-content-disposition": "attachment; filename=x y.txt",
    }
    got = sdk.get(context.bucket, key, params=wanted)
    for name, value in wanted.items():
        checks.equal(got.headers.get(name.removeprefix("response-")), value, name)
    sdk.put_object_acl(context.bucket, key, "public-read")
    anonymous = wire.exchange("GET", context.url(context.bucket, key) + "?response-content-type=text/html")
    checks.equal(anonymous.status, 400, "an anonymous override")


@case("HeadObject", "of what is not there")
def missing(context):
    """HEAD answers have no body: the error travels in headers, and the SDK finds it there."""
    error = checks.fails(
        lambda: context.sdk.head(context.bucket, "never-put"), 404, "NoSuchKey", "0026-00000001"
    )
    checks.equal(error.message, "The specified key does not exist.")
    checks.request_id(error.request_id)


def _expect_status(function, status, what):
    error = checks.raises(SdkError, function)
    checks.equal(error.status, status, f"{what}")
