"""CORS rules, preflights and the headers a browser reads."""

import checks
import wire
from suite import case

RULES = [
    {
        "allowed_origins": ["http://a.example", "http://b.example"],
        "allowed_methods": ["PUT", "POST"],
        "allowed_headers": ["x-oss-meta-one", "content-type"],
        "expose_headers": ["ETag", "x-oss-request-id"],
        "max_age_seconds": 500,
    },
    {
        "allowed_origins": ["*"],
        "allowed_methods": ["GET"],
        "allowed_headers": [],
        "expose_headers": [],
        "max_age_seconds": None,
    },
]


@case("PutBucketCors", "round trip, replace, delete")
def round_trip(context):
    """The order of rules and values is kept."""
    sdk, name = context.sdk, context.bucket_name("cors")
    sdk.create_bucket(name)
    checks.fails(lambda: sdk.get_cors(name), 404, "NoSuchCORSConfiguration")
    checks.equal(sdk.put_cors(name, RULES), 200)
    checks.equal(sdk.get_cors(name), RULES)
    sdk.put_cors(name, RULES[1:])
    checks.equal(len(sdk.get_cors(name)), 1, "rules after a second PUT")
    checks.equal(sdk.delete_cors(name), 204)
    checks.equal(sdk.delete_cors(name), 204, "deleted twice")
    checks.fails(lambda: sdk.get_cors(name), 404, "NoSuchCORSConfiguration")


@case("OptionObject", "preflight of a browser upload")
def preflight(context):
    """Allowed, another origin, another method, no rules at all."""
    sdk, name = context.sdk, context.bucket_name("preflight")
    sdk.create_bucket(name)
    checks.equal(_preflight(context, name, "http://a.example", "PUT").status, 403, "without rules")
    sdk.put_cors(name, RULES)
    answer = _preflight(context, name, "http://a.example", "PUT", "x-oss-meta-one")
    checks.equal(answer.status, 200)
    checks.equal(answer.header("Access-Control-Allow-Origin"), "http://a.example")
    checks.contains(answer.header("Access-Control-Allow-Methods"), "PUT")
    checks.contains(answer.header("Access-Control-Allow-Headers").lower(), "x-oss-meta-one")
    checks.equal(answer.header("Access-Control-Max-Age"), "500")
    checks.equal(_preflight(context, name, "http://c.example", "PUT").status, 403, "another origin")
    checks.equal(_preflight(context, name, "http://a.example", "DELETE").status, 403, "another method")
    checks.equal(_preflight(context, name, "http://c.example", "GET").status, 200, "any origin")


@case("GetObject", "CORS headers of the answer")
def actual_request(context):
    """A request with an Origin that a rule allows."""
    sdk, name = context.sdk, context.bucket_name("origin")
    sdk.create_bucket(name, "public-read-write")
    sdk.put_cors(name, RULES)
    sdk.put(name, "a", b"text")
    read = wire.exchange("GET", context.url(name, "a"), {"Origin": "http://z.example"})
    checks.equal(read.status, 200)
    # The manual names both answers to a rule for every origin, and browsers take either.
    checks.contains(("*", "http://z.example"), read.header("Access-Control-Allow-Origin"))
    written = wire.exchange("PUT", context.url(name, "b"), {"Origin": "http://b.example"}, b"new")
    checks.equal((written.status, written.header("Access-Control-Allow-Origin")), (200, "http://b.example"))
    exposed = (written.header("Access-Control-Expose-Headers") or "").replace(" ", "").lower()
    checks.equal(exposed, "etag,x-oss-request-id")
    plain = wire.exchange("GET", context.url(name, "a"))
    checks.equal(plain.header("Access-Control-Allow-Origin"), None, "without an Origin")


def _preflight(context, bucket, origin, method, headers=None):
    sent = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        sent["Access-Control-Request-Headers"] = headers
    return wire.exchange("OPTIONS", context.url(bucket, "key"), sent)
