"""Errors as the SDKs report them."""

import checks
import wire
from suite import case

SKEWED = "The difference between the request time and the current time is too large."


@case("errors", "NoSuchKey and NoSuchBucket")
def missing(context):
    """Code, EC, message, and one request id in header and XML."""
    sdk = context.sdk
    message = "The specified key does not exist."
    error = checks.fails(
        lambda: sdk.get(context.bucket, "never-put"), 404, "NoSuchKey", "0026-00000001", message
    )
    checks.request_id(error.request_id)
    checks.equal(error.headers["x-oss-request-id"], error.request_id)
    checks.equal(error.details["RequestId"], error.request_id)
    checks.equal(error.details["Key"], "never-put")
    checks.true(error.details["HostId"], "HostId")
    checks.equal(error.details["RecommendDoc"], "https://api.aliyun.com/troubleshoot?q=0026-00000001")
    checks.equal(error.headers["Content-Type"], "application/xml")
    checks.equal(error.headers["x-oss-ec"], "0026-00000001")
    name, text = context.bucket_name("none"), "The specified bucket does not exist."
    for call in (lambda: sdk.get(name, "k"), lambda: sdk.put(name, "k", b"x"), lambda: sdk.list(name)):
        error = checks.fails(call, 404, "NoSuchBucket", "0015-00000101", text)
        checks.equal(error.details["BucketName"], name)


@case("errors", "wrong secret")
def wrong_secret(context):
    """SignatureDoesNotMatch shows what the server signed, for the user to compare."""
    sdk = context.sdk.variant(secret="not-the-secret")
    error = checks.fails(lambda: sdk.put(context.bucket, "k", b"x"), 403, "SignatureDoesNotMatch")
    for name in ("StringToSign", "SignatureProvided", "OSSAccessKeyId", "StringToSignBytes"):
        checks.true(error.details.get(name), f"{name} is missing")
    checks.equal(error.details["OSSAccessKeyId"], context.settings.access_key_id)
    checks.fails(lambda: sdk.list_buckets(""), 403, "SignatureDoesNotMatch")
    checks.true(not context.sdk.exists(context.bucket, "k"), "the object was stored")


@case("errors", "unknown access key id")
def unknown_key(context):
    """403 on a bucket that exists; the bucket is looked at first."""
    sdk = context.sdk.variant(key_id="NoSuchAccessKey")
    message = "The OSS Access Key Id you provided does not exist in our records."
    checks.fails(lambda: sdk.get(context.bucket, "k"), 403, "InvalidAccessKeyId", "0002-00000902", message)
    checks.fails(lambda: sdk.list(context.bucket_name("none")), 404, "NoSuchBucket")


@case("errors", "a security token nobody gave out")
def bogus_token(context):
    """A good key with a token is another identity, and an unknown one."""
    sdk = context.sdk.variant(token="no-such-token")
    checks.fails(lambda: sdk.put(context.bucket, "k", b"x"), 403, "InvalidAccessKeyId")
    signed = sdk.presign("GET", context.bucket, "k")
    checks.equal(wire.exchange(signed.method, signed.url, signed.headers).status, 403, "presigned")


@case("errors", "a clock that is wrong")
def skew(context):
    """Fifteen minutes are the limit, in both directions."""
    sdk = context.sdk
    for minutes in (-20, 20):
        with sdk.clock_off_by(minutes):
            call = lambda: sdk.put(context.bucket, "skewed", b"x")  # noqa: E731
            error = checks.fails(call, 403, "RequestTimeTooSkewed", "0002-00000504", SKEWED)
            for name in ("RequestTime", "ServerTime"):
                checks.matches(error.details.get(name), r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z", name)
    for minutes in (-10, 10):
        with sdk.clock_off_by(minutes):
            checks.equal(sdk.put(context.bucket, "tolerated", b"x").status, 200)


@case("errors", "anonymous")
def anonymous(context):
    """AccessDenied, with the same XML as all errors."""
    answer = wire.exchange("GET", context.url(context.bucket, "k"))
    checks.equal(answer.status, 403)
    checks.contains(answer.body, b"<Code>AccessDenied</Code>")
    checks.request_id(answer.header("x-oss-request-id"))
    service = wire.exchange("GET", context.settings.endpoint + "/")
    checks.equal(service.status, 403, "ListBuckets without a signature")


@case("errors", "invalid bucket names")
def bucket_names(context):
    """Such a bucket does not exist; who would create it is told what is wrong."""
    for name in ("ab", "UPPER", "a" * 64, "-dash", "dash-", "under_score"):
        answer = wire.exchange("GET", context.url(name))
        checks.equal(answer.status, 404, name)
        checks.contains(answer.body, b"<Code>NoSuchBucket</Code>", name)
        answer = wire.exchange("PUT", context.url(name), {}, b"")
        checks.equal(answer.status, 400, name)
        checks.contains(answer.body, b"<Code>InvalidBucketName</Code>", name)
