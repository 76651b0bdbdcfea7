"""CopyObject: sources, metadata, conditions."""

import time
from email.utils import formatdate

import checks
from sdk import SdkError
from suite import case


@case("CopyObject", "content, type and metadata come along")
def copy(context):
    """Within a bucket, across buckets, from names that need encoding."""
    sdk = context.sdk
    other = context.bucket_name("copyto")
    sdk.create_bucket(other)
    for suffix in (".txt", " a+b%20&?#.txt", "/中文/杭州.txt"):
        source = context.key(suffix)
        sent = {"Content-Type": "text/x-special", "x-oss-meta-one": "1"}
        etag = sdk.put(context.bucket, source, b"hello", headers=sent).etag
        for bucket in (context.bucket, other):
            target = context.key("/copy")
            checks.equal(sdk.copy(bucket, target, context.bucket, source), (200, etag))
            found = sdk.get(bucket, target)
            checks.equal(found.body, b"hello")
            checks.equal(found.headers["Content-Type"], "text/x-special")
            checks.equal(found.headers["x-oss-meta-one"], "1")
            checks.equal(found.headers["ETag"], f'"{etag}"')


@case("CopyObject", "metadata replaced")
def replace(context):
    """REPLACE takes the request's headers, COPY ignores them."""
    sdk, source, target = context.sdk, context.key(), context.key()
    sdk.put(context.bucket, source, b"hello", headers={"x-oss-meta-one": "1", "Content-Type": "text/x-a"})
    new = {"x-oss-meta-two": "2", "Content-Type": "text/x-b"}
    sdk.copy(context.bucket, target, context.bucket, source, {**new, "x-oss-metadata-directive": "COPY"})
    found = sdk.head(context.bucket, target).headers
    checks.equal((found.get("x-oss-meta-one"), found.get("x-oss-meta-two")), ("1", None), "COPY")
    sdk.copy(context.bucket, target, context.bucket, source, {**new, "x-oss-metadata-directive": "REPLACE"})
    found = sdk.head(context.bucket, target).headers
    checks.equal((found.get("x-oss-meta-one"), found.get("x-oss-meta-two")), (None, "2"), "REPLACE")
    checks.equal(found["Content-Type"], "text/x-b")
    sdk.copy(context.bucket, source, context.bucket, source, {**new, "x-oss-metadata-directive": "REPLACE"})
    checks.equal(sdk.get(context.bucket, source).body, b"hello", "an object copied onto itself")


@case("CopyObject", "conditions on the source and the target")
def conditions(context):
    """304 for none-match and modified-since, 412 for the other two."""
    sdk, source = context.sdk, context.key()
    etag = sdk.put(context.bucket, source, b"hello").etag
    rows = (
        ({"x-oss-copy-source-if-match": etag}, 200),
        ({"x-oss-copy-source-if-match": "0" * 32}, 412),
        ({"x-oss-copy-source-if-none-match": "0" * 32}, 200),
        ({"x-oss-copy-source-if-none-match": etag}, 304),
        ({"x-oss-copy-source-if-modified-since": formatdate(time.time() - 3600, usegmt=True)}, 200),
        ({"x-oss-copy-source-if-unmodified-since": formatdate(time.time() - 3600, usegmt=True)}, 412),
    )
    for headers, status in rows:
        checks.equal(_status(context, source, headers), status, f"{headers}")
    taken = context.key()
    sdk.put(context.bucket, taken, b"here first")
    forbid = {"x-oss-forbid-overwrite": "true"}
    call = lambda: sdk.copy(context.bucket, taken, context.bucket, source, forbid)  # noqa: E731
    checks.fails(call, 409, "FileAlreadyExists")


@case("CopyObject", "a source that is not there")
def missing(context):
    """Key, then bucket."""
    sdk = context.sdk
    checks.fails(lambda: sdk.copy(context.bucket, "t", context.bucket, "never-put"), 404, "NoSuchKey")
    gone = context.bucket_name("gone")
    checks.fails(lambda: sdk.copy(context.bucket, "t", gone, "key"), 404, "NoSuchBucket")


def _status(context, source, headers):
    try:
        return context.sdk.copy(context.bucket, context.key(), context.bucket, source, headers)[0]
    except SdkError as error:
        return error.status
