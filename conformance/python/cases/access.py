"""ACLs of buckets and objects, and what somebody without a key may do."""

import checks
import wire
from suite import case


@case("PutBucketAcl", "effect on requests without a signature")
def bucket_acl(context):
    """Rows: ACL, status of a read, of a write, of a listing."""
    sdk, name = context.sdk, context.bucket_name("anon")
    sdk.create_bucket(name)
    sdk.put(name, "here", b"text")
    rows = (
        ("private", 403, 403, 403),
        ("public-read", 200, 403, 200),
        ("public-read-write", 200, 200, 200),
    )
    for acl, read, write, listing in rows:
        sdk.put_bucket_acl(name, acl)
        statuses = (
            wire.exchange("GET", context.url(name, "here")).status,
            wire.exchange("PUT", context.url(name, "there"), body=b"new").status,
            wire.exchange("GET", context.url(name)).status,
        )
        checks.equal(statuses, (read, write, listing), f"read, write and list with {acl}")
        checks.equal(wire.exchange("GET", context.url(name) + "?acl").status, 403, f"?acl with {acl}")
    answer = wire.exchange("DELETE", context.url(name))
    checks.equal(answer.status, 403, "an anonymous DeleteBucket")


@case("PutObjectAcl", "overrules the bucket")
def object_acl(context):
    """`default` follows the bucket; any other value stands for itself."""
    sdk, name = context.sdk, context.bucket_name("objacl")
    sdk.create_bucket(name)
    sdk.put(name, "a", b"text")
    checks.equal(sdk.get_object_acl(name, "a"), "default")
    rows = (
        ("private", "public-read", 200),
        ("private", "default", 403),
        ("public-read", "default", 200),
        ("public-read", "private", 403),
        ("private", "public-read-write", 200),
    )
    for bucket_acl_value, acl, status in rows:
        sdk.put_bucket_acl(name, bucket_acl_value)
        checks.equal(sdk.put_object_acl(name, "a", acl), 200)
        checks.equal(sdk.get_object_acl(name, "a"), acl)
        got = wire.exchange("GET", context.url(name, "a")).status
        checks.equal(got, status, f"anonymous read, bucket {bucket_acl_value}, object {acl}")


@case("PutObject", "x-oss-object-acl")
def put_with_acl(context):
    """The ACL can come with the upload, and a plain upload resets it."""
    sdk, key = context.sdk, context.key()
    sdk.put(context.bucket, key, b"text", headers={"x-oss-object-acl": "public-read"})
    checks.equal(sdk.get_object_acl(context.bucket, key), "public-read")
    checks.equal(wire.exchange("GET", context.url(context.bucket, key)).body, b"text")
    sdk.put(context.bucket, key, b"text")
    checks.equal(sdk.get_object_acl(context.bucket, key), "default")


@case("GetObject", "an anonymous client of the SDK")
def anonymous_client(context):
    """The SDK's own anonymous mode sees AccessDenied, then the object."""
    sdk, name = context.sdk, context.bucket_name("anonsdk")
    sdk.create_bucket(name)
    sdk.put(name, "a", b"text")
    anonymous = sdk.variant(anonymous=True)
    checks.fails(lambda: anonymous.get(name, "a"), 403, "AccessDenied")
    sdk.put_bucket_acl(name, "public-read")
    checks.equal(anonymous.get(name, "a").body, b"text")
    checks.fails(lambda: anonymous.put(name, "a", b"other"), 403, "AccessDenied")
    checks.equal(sdk.get(name, "a").body, b"text")
