"""Buckets: create, describe, list, delete."""

import re

import checks
from suite import case


@case("PutBucket", "made again by its owner, described, listed, deleted")
def life_of_a_bucket(context):
    """A second PutBucket by the owner succeeds; several SDK suites rely on it."""
    sdk, name = context.sdk, context.bucket_name("life")
    checks.equal(sdk.create_bucket(name), 200)
    checks.equal(sdk.create_bucket(name), 200, "made again")
    checks.contains(sdk.list_buckets(name).keys, name, "ListBuckets")
    checks.equal(sdk.delete_bucket(name), 204)
    checks.fails(lambda: sdk.bucket_info(name), 404, "NoSuchBucket", "0015-00000101")
    checks.fails(lambda: sdk.delete_bucket(name), 404, "NoSuchBucket")


@case("PutBucket", "with an ACL")
def with_acl(context):
    """`x-oss-acl` on creation."""
    sdk, name = context.sdk, context.bucket_name("acl")
    sdk.create_bucket(name, "public-read")
    checks.equal(sdk.get_bucket_acl(name), "public-read")
    checks.equal(sdk.bucket_info(name)["acl"], "public-read")


@case("GetBucketInfo", "every field the SDK reads")
def info(context):
    """Shapes the SDKs' own suites assert."""
    found = context.sdk.bucket_info(context.bucket)
    checks.equal(found["name"], context.bucket)
    checks.equal(found["acl"], "private")
    checks.equal(found["storage_class"], "Standard")
    checks.equal(found["redundancy"], "LRS")
    checks.true(found["location"].startswith("oss-"), f"location {found['location']}")
    for name in ("owner", "extranet", "intranet", "created"):
        checks.true(found[name], f"{name} is empty")


@case("GetBucketLocation", "names the region as OSS does")
def location(context):
    """`oss-` plus the region."""
    checks.equal(context.sdk.bucket_location(context.bucket), f"oss-{context.settings.region}")


@case("GetBucketStat", "counts objects, bytes and uploads")
def stat(context):
    """Counts follow the writes."""
    sdk, name = context.sdk, context.bucket_name("stat")
    sdk.create_bucket(name)
    checks.equal(sdk.bucket_stat(name), (0, 0, 0))
    for key in ("a", "b", "c"):
        sdk.put(name, key, b"12345")
    sdk.initiate(name, "d")
    checks.equal(sdk.bucket_stat(name), (3, 15, 1))


@case("PutBucketAcl", "round trip of the three values")
def acl(context):
    """And a value that is none of them."""
    sdk, name = context.sdk, context.bucket_name("acls")
    sdk.create_bucket(name)
    for value in ("public-read", "public-read-write", "private"):
        checks.equal(sdk.put_bucket_acl(name, value), 200)
        checks.equal(sdk.get_bucket_acl(name), value)
    checks.fails(lambda: sdk.put_bucket_acl(name, "default"), 400, "InvalidArgument")


@case("ListBuckets", "prefix, pages and the fields of an entry")
def listing(context):
    """Markers lead through all pages without gaps or repetition."""
    sdk = context.sdk
    prefix = context.bucket_name("page")
    names = [f"{prefix}-{letter}" for letter in "abc"]
    for name in names:
        sdk.create_bucket(name)
    seen, marker = [], ""
    for _ in range(4):
        page = sdk.list_buckets(prefix, max_keys=2, marker=marker)
        seen += page.keys
        if not page.truncated:
            break
        marker = page.next
    checks.equal(seen, names)
    entry = page.entries[0]
    checks.equal(entry.location, f"oss-{context.settings.region}")
    checks.equal(entry.storage_class, "Standard")
    checks.true(entry.extranet_endpoint and entry.intranet_endpoint, "endpoints of an entry")
    checks.true(entry.creation_date, "creation date of an entry")


@case("DeleteBucket", "not while it holds objects")
def not_empty(context):
    """409 with OSS's message."""
    sdk, name = context.sdk, context.bucket_name("full")
    sdk.create_bucket(name)
    sdk.put(name, "a", b"a")
    message = "The bucket has objects. Please delete them first."
    checks.fails(lambda: sdk.delete_bucket(name), 409, "BucketNotEmpty", message=message)
    sdk.delete(name, "a")
    checks.equal(sdk.delete_bucket(name), 204)


@case("PutBucket", "headers of the answer")
def headers(context):
    """The request id is on every answer, and no two are equal."""
    sdk = context.sdk
    first = sdk.put(context.bucket, "request-id", b"")
    second = sdk.put(context.bucket, "request-id", b"")
    checks.request_id(first.request_id)
    checks.true(first.request_id != second.request_id, "two requests with one id")
    checks.true(re.fullmatch(r"\d+", first.headers.get("x-oss-server-time", "")), "x-oss-server-time")
