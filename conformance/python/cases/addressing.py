"""Virtual-host addressing. Names resolve to this machine, see wire.py."""

import checks
from suite import case


@case("addressing", "bucket in the host name of an OSS endpoint")
def virtual_host(context):
    """`bucket.oss-<region>.aliyuncs.com` works without any configuration, and errors name that host."""
    settings = context.settings
    for host in (f"oss-{settings.region}.aliyuncs.com", f"oss-{settings.region}-internal.aliyuncs.com"):
        sdk = _round_trip(context, f"http://{host}:{settings.port}")
        error = checks.fails(lambda sdk=sdk: sdk.get(context.bucket, "never-put"), 404, "NoSuchKey")
        checks.contains(error.details["HostId"], f"{context.bucket}.{host}", "HostId")


@case("addressing", "localhost")
def localhost(context):
    """One SDK puts the bucket into the path, the other into the host."""
    _round_trip(context, f"http://localhost:{context.settings.port}")


def _round_trip(context, endpoint):
    sdk = context.sdk.variant(endpoint=endpoint)
    for key in (context.key("/a b+c"), context.key("//中文%2F?")):
        checks.equal(sdk.put(context.bucket, key, b"hello").status, 200, endpoint)
        checks.equal(context.sdk.get(context.bucket, key).body, b"hello", "through the other address")
        checks.contains(sdk.list(context.bucket, prefix=key).keys, key, endpoint)
        checks.equal(sdk.delete(context.bucket, key), 204, endpoint)
    checks.contains(sdk.list_buckets(context.bucket).keys, context.bucket, "ListBuckets")
    return sdk
