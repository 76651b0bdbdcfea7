"""What a bucket is set to: blocked public access, and versioning and live channels, which no bucket has."""

import checks
import wire
from suite import case


@case("PutBucketPublicAccessBlock", "round trip, effect, delete")
def public_access_block(context):
    """Public ACLs are refused, and do not count where there are some."""
    sdk, name = context.sdk, context.bucket_name("block")
    sdk.create_bucket(name, "public-read")
    sdk.put(name, "a", b"text")
    checks.equal(sdk.get_public_access_block(name), False)
    checks.equal(sdk.put_public_access_block(name, True), 200)
    checks.equal(sdk.get_public_access_block(name), True)
    checks.equal(wire.exchange("GET", context.url(name, "a")).status, 403, "read without an account")
    message = "Put public bucket acl is not allowed"
    checks.fails(lambda: sdk.put_bucket_acl(name, "public-read"), 403, "AccessDenied", message=message)
    checks.equal(sdk.delete_public_access_block(name), 204)
    checks.equal(sdk.get_public_access_block(name), False)
    checks.equal(wire.exchange("GET", context.url(name, "a")).status, 200, "read without an account")


@case("PutPublicAccessBlock", "round trip, effect, delete")
def account_public_access_block(context):
    """Blocked for the account, no bucket is public, whatever its own setting says."""
    sdk, name = context.sdk, context.bucket_name("account-block")
    sdk.create_bucket(name, "public-read")
    sdk.put(name, "a", b"text")
    checks.equal(sdk.get_account_public_access_block(), False)
    checks.equal(sdk.put_account_public_access_block(True), 200)
    try:
        checks.equal(sdk.get_account_public_access_block(), True)
        checks.equal(sdk.get_public_access_block(name), False, "of the bucket")
        checks.equal(wire.exchange("GET", context.url(name, "a")).status, 403, "read without an account")
    finally:
        # The other cases use the same server.
        checks.equal(sdk.delete_account_public_access_block(), 204)
    checks.equal(sdk.get_account_public_access_block(), False)
    checks.equal(wire.exchange("GET", context.url(name, "a")).status, 200, "read without an account")


@case("GetBucketVersioning", "never set")
def versioning(context):
    """The SDKs tell "never" from "off" by a status that is not there."""
    checks.equal(context.sdk.get_versioning(context.bucket), None)


@case("ListObjectVersions", "every object once, in pages")
def versions(context):
    """As OSS lists a bucket that never kept versions."""
    sdk, name = context.sdk, context.bucket_name("versions")
    sdk.create_bucket(name)
    keys = ["a b", "c/1", "c/2", "d"]
    for key in keys:
        sdk.put(name, key, b"x")
    checks.equal(sdk.list_versions(name), [(key, "null", True) for key in keys])
    checks.equal(sdk.list_versions(name, max_keys=1), [(key, "null", True) for key in keys], "one at a time")
    for key, version, _ in sdk.list_versions(name):
        sdk.delete_version(name, key, version)
    checks.equal(sdk.list_versions(name), [])
    checks.equal(sdk.delete_bucket(name), 204)
