"""Bucket callback policies; of the two SDKs only oss2 knows them."""

import base64

import checks
from cases.callbacks import expect
from oss2.models import CallbackPolicyInfo
from sdk import encode
from suite import case


@case("PutBucketCallbackPolicy", "round trip, replace, delete", only="oss2")
def round_trip(context):
    """The case of oss2's own suite: order and base64 text are kept."""
    name = context.bucket_name("policy")
    context.sdk.create_bucket(name)
    bucket = context.sdk.bucket(name)
    first = _encoded('{"callbackUrl":"www.abc.com/callback","callbackBody":"${etag}"}')
    second = _encoded(
        '{"callbackUrl":"http://www.bbc.com/test","callbackHost":"www.bbc.com",'
        '"callbackBody":"{\\"mimeType\\":${mimeType},\\"size\\":${size}}"}'
    )
    variables = _encoded('{"x:var1":"value1","x:var2":"value2"}')
    policies = [CallbackPolicyInfo("test_1", first), CallbackPolicyInfo("test_2", second, variables)]
    checks.equal(bucket.put_bucket_callback_policy(policies).status, 200)
    found = bucket.get_bucket_callback_policy()
    checks.equal(found.status, 200)
    checks.equal(
        [(policy.policy_name, policy.callback) for policy in found.callback_policies],
        [("test_1", first.decode()), ("test_2", second.decode())],
    )
    checks.equal(found.callback_policies[1].callback_var, variables.decode())
    bucket.put_bucket_callback_policy(policies[1:])
    checks.equal(len(bucket.get_bucket_callback_policy().callback_policies), 1, "policies after a second PUT")
    checks.equal(bucket.delete_bucket_callback_policy().status, 204)
    error = checks.raises(Exception, bucket.get_bucket_callback_policy)
    checks.equal((error.status, error.code), (404, "BucketCallbackPolicyNotExist"))


@case("PutBucketCallbackPolicy", "an empty document", only="oss2")
def empty(context):
    """oss2's suite puts None and expects 200; the bucket stays usable."""
    name = context.bucket_name("nopolicy")
    context.sdk.create_bucket(name)
    bucket = context.sdk.bucket(name)
    for document in (None, [None, None]):
        checks.equal(bucket.put_bucket_callback_policy(document).status, 200)
    checks.equal(context.sdk.put(name, "k", b"x").status, 200)
    checks.equal(bucket.put_bucket_callback_policy([CallbackPolicyInfo("a", _encoded("{}"))]).status, 200)


@case("PutObject", "callback by policy", only="oss2")
def upload(context):
    """Its variables join the request's; the request's win. An unknown name is refused."""
    target = context.application.target()
    policy = encode({"callbackUrl": target.url, "callbackBody": "a=${x:a}&b=${x:b}&c=${x:c}&s=${size}"})
    variables = encode({"x:a": "policy", "x:b": "policy"})
    context.sdk.bucket(context.bucket).put_bucket_callback_policy(
        [CallbackPolicyInfo("p", policy, variables)]
    )
    named = encode('{"callbackPolicy":"p"} ')
    stored = context.sdk.put(context.bucket, context.key(), b"hello", callback=named)
    expect(context, target, stored, "a=policy&b=policy&c=&s=5")
    own = {"x:b": "request", "x:c": "request"}
    stored = context.sdk.put(context.bucket, context.key(), b"hello", callback=named, variables=own)
    expect(context, target, stored, "a=policy&b=request&c=request&s=5")
    key = context.key()
    unknown = encode({"callbackPolicy": "unknown"})
    call = lambda: context.sdk.put(context.bucket, key, b"hello", callback=unknown)  # noqa: E731
    checks.fails(call, 400, "InvalidArgument")
    checks.true(not context.sdk.exists(context.bucket, key), "the object was stored")


def _encoded(text):
    return base64.b64encode(text.encode())
