"""Temporary credentials: STS by its official clients."""

import dataclasses
import datetime
import json

import checks
import forms
import wire
from sts import ACCOUNT, CLIENTS, StsError, TeaSts, allow, people
from suite import case


def run(report, settings) -> None:
    """Runs the cases with every client of STS."""
    for kind in CLIENTS:
        for title, check in CASES:
            name = f"sts/{kind.name}/{title}"
            report.run(name, lambda kind=kind, check=check: check(kind, settings))


def account(kind, settings):
    """A client with the account's own key."""
    return kind(settings, settings.access_key_id, settings.access_key_secret)


def refused(call, status, code, message=None):
    """Fails unless STS refuses the call so; returns the error."""
    error = checks.raises(StsError, call)
    checks.equal((error.status, error.code), (status, code), f"error {error}")
    if message is not None:
        checks.equal(error.message, message, "message")
    return error


def caller_identity(kind, settings):
    """The account learns that it is one."""
    caller = account(kind, settings).caller_identity()
    checks.equal(caller["IdentityType"], "Account")
    checks.equal(caller["AccountId"], ACCOUNT)
    checks.equal(caller["Arn"], f"acs:ram::{ACCOUNT}:root")


def account_assumes_no_role(kind, settings):
    """Only users and roles may."""
    arn = f"acs:ram::{ACCOUNT}:role/writer"
    message = "Roles may not be assumed by root accounts."
    client = account(kind, settings)
    refused(lambda: client.assume_role(arn, "alice"), 403, "NoPermission", message)


def wrong_parameters(kind, settings):
    """What the manual does not allow has a code for each parameter."""
    client, arn = account(kind, settings), f"acs:ram::{ACCOUNT}:role/writer"
    refused(lambda: client.assume_role("acs:ram::x", "alice"), 400, "InvalidParameter.RoleArn")
    refused(lambda: client.assume_role(arn, "a b*~忍者"), 400, "InvalidParameter.RoleSessionName")
    refused(lambda: client.assume_role(arn, "alice", seconds=60), 400, "InvalidParameter.DurationSeconds")
    refused(lambda: client.assume_role(arn, "alice", policy="ü" * 2049), 400, "InvalidParameter.PolicySize")


def unknown_keys(kind, settings):
    """A key that nobody has, and the wrong secret; the client turns the latter into a word of its own."""
    unknown = kind(settings, "NoSuchAccessKey", settings.access_key_secret)
    refused(unknown.caller_identity, 404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    wrong = kind(settings, settings.access_key_id, "not-the-secret")
    error = checks.raises(StsError, wrong.caller_identity)
    checks.contains(("SignatureDoesNotMatch", "InvalidAccessKeySecret"), error.code)


def assume_role(kind, settings):
    """A user gets credentials that say whose they are and until when."""
    who = people(settings)
    client = kind(settings, *who.app)
    user = client.caller_identity()
    checks.equal(user["IdentityType"], "RAMUser")
    checks.equal(user["Arn"].split("/")[0], f"acs:ram::{ACCOUNT}:user")
    for seconds, lasts in ((None, 3600), (900, 900), (7200, 7200)):
        before = datetime.datetime.now(datetime.timezone.utc)
        answer = client.assume_role(who.writer, "alice@example.com", seconds=seconds)
        checks.equal(answer["AssumedRoleUser"]["Arn"], f"{who.writer}/alice@example.com")
        given = answer["Credentials"]
        checks.true(given["AccessKeyId"].startswith("STS."), given["AccessKeyId"])
        expires = datetime.datetime.strptime(given["Expiration"], "%Y-%m-%dT%H:%M:%SZ")
        left = expires.replace(tzinfo=datetime.timezone.utc) - before
        checks.true(abs(left.total_seconds() - lasts) < 60, f"valid for {left}")
        session = kind(settings, *credentials(answer)).caller_identity()
        checks.equal(session["IdentityType"], "AssumedRoleUser")
        checks.equal(session["PrincipalId"], answer["AssumedRoleUser"]["AssumedRoleId"])
        checks.equal(session["Arn"], who.writer.replace(":role/", ":assumed-role/") + "/alice@example.com")


def refused_roles(kind, settings):
    """Who is not allowed to, or not trusted, is not told which of the two; a role that is not there is."""
    who = people(settings)
    message = "You are not authorized to do this action. You should be authorized by RAM."
    guest, app = kind(settings, *who.guest), kind(settings, *who.app)
    refused(lambda: guest.assume_role(who.writer, "bob"), 403, "NoPermission", message)
    refused(lambda: app.assume_role(who.other, "bob"), 403, "NoPermission", message)
    none = f"acs:ram::{ACCOUNT}:role/nobodys"
    refused(lambda: app.assume_role(none, "bob"), 404, "EntityNotExist.Role")
    refused(lambda: app.assume_role(who.writer, "bob", seconds=7201), 400, "InvalidParameter.DurationSeconds")
    refused(lambda: app.assume_role(who.writer, "bob", policy="{}"), 400, "InvalidParameter.PolicyGrammar")


def chained_roles(kind, settings):
    """A session assumes the next role; its token comes along."""
    who = people(settings)
    first = credentials(kind(settings, *who.app).assume_role(who.writer, "alice"))
    second = kind(settings, *first).assume_role(who.other, "alice")
    checks.equal(second["AssumedRoleUser"]["Arn"], f"{who.other}/alice")
    without = kind(settings, *first[:2])
    refused(lambda: without.assume_role(who.other, "alice"), 400, "MissingSecurityToken")
    bogus = kind(settings, *first[:2], "bogus")
    refused(bogus.caller_identity, 400, "InvalidSecurityToken.Malformed")


def fixed_endpoint(kind, settings):
    """The API answers under the name that clients have for STS."""
    api = f"http://sts.aliyuncs.com:{settings.port}"
    client = account(kind, dataclasses.replace(settings, sts=api))
    checks.equal(client.caller_identity()["AccountId"], ACCOUNT)


def credentials(answer):
    """Id, secret and token."""
    given = answer["Credentials"]
    return given["AccessKeyId"], given["AccessKeySecret"], given["SecurityToken"]


def temporary(context, policy=None):
    """The SDK of the case with temporary credentials."""
    who = people(context.settings)
    text = None if policy is None else json.dumps(policy)
    answer = TeaSts(context.settings, *who.app).assume_role(who.writer, "alice", policy=text)
    key_id, secret, token = credentials(answer)
    return context.sdk.variant(key_id=key_id, secret=secret, token=token)


@case("temporary credentials", "what the role allows")
def by_role(context):
    """Upload, download, listing, multipart; nothing else."""
    sdk, key = temporary(context), context.key()
    checks.equal(sdk.put(context.bucket, key, b"content").status, 200)
    checks.equal(sdk.get(context.bucket, key).body, b"content")
    checks.contains(sdk.list(context.bucket, prefix=key).keys, key)
    upload = sdk.initiate(context.bucket, key)
    sdk.upload_part(context.bucket, key, upload, 1, b"x")
    sdk.abort(context.bucket, key, upload)
    checks.fails(lambda: sdk.delete(context.bucket, key), 403, "AccessDenied")
    checks.fails(lambda: sdk.put_object_acl(context.bucket, key, "public-read"), 403, "AccessDenied")
    checks.fails(lambda: sdk.put_bucket_acl(context.bucket, "public-read"), 403, "AccessDenied")
    checks.true(context.sdk.exists(context.bucket, key), "the object is gone")


@case("temporary credentials", "a presigned URL")
def presigned(context):
    """The token is a parameter of the URL; without it the URL is worth nothing."""
    sdk, key = temporary(context), context.key()
    context.sdk.put(context.bucket, key, b"content")
    signed = sdk.presign("GET", context.bucket, key)
    answer = wire.exchange(signed.method, signed.url, signed.headers)
    checks.equal((answer.status, answer.body), (200, b"content"))
    name, _, token = signed.url.partition("security-token=")
    checks.true(token, signed.url)
    answer = wire.exchange(signed.method, f"{name}security-token=bogus", signed.headers)
    checks.equal(answer.status, 403)
    uploads = temporary(context, allow(Action="oss:PutObject", Resource="*"))
    signed = uploads.presign("GET", context.bucket, key)
    checks.equal(wire.exchange(signed.method, signed.url, signed.headers).status, 403)


@case("temporary credentials", "a session policy narrows the role")
def by_session_policy(context):
    """What both allow may be done."""
    key = context.key("/mine")
    resource = f"acs:oss:*:*:{context.bucket}/{key}"
    sdk = temporary(context, allow(Action=["oss:PutObject", "oss:DeleteObject"], Resource=resource))
    checks.equal(sdk.put(context.bucket, key, b"content").status, 200)
    checks.fails(lambda: sdk.put(context.bucket, key + "2", b"x"), 403, "AccessDenied")
    checks.fails(lambda: sdk.get(context.bucket, key), 403, "AccessDenied")
    checks.fails(lambda: sdk.delete(context.bucket, key), 403, "AccessDenied")


@case("temporary credentials", "a token that does not fit")
def unfitting(context):
    """Another session's token, and none."""
    who = people(context.settings)
    client = TeaSts(context.settings, *who.app)
    one, two = (credentials(client.assume_role(who.writer, name)) for name in ("alice", "bob"))
    other = context.sdk.variant(key_id=one[0], secret=one[1], token=two[2])
    message = "The security token you provided is invalid."
    checks.fails(lambda: other.get(context.bucket, "k"), 403, "InvalidSecurityToken", "0002-00000006", message)
    none = context.sdk.variant(key_id=one[0], secret=one[1])
    checks.fails(lambda: none.get(context.bucket, "k"), 403, "InvalidAccessKeyId", "0002-00000902")


@case("temporary credentials", "a form")
def form(context):
    """The token is a field."""
    settings, who = context.settings, people(context.settings)
    key_id, secret, token = credentials(TeaSts(settings, *who.app).assume_role(who.writer, "alice"))
    own = dataclasses.replace(settings, access_key_id=key_id, access_key_secret=secret)
    sign = forms.sign_v4 if context.sdk.version == "v4" else forms.sign_v1
    for sent, status in ((token, 204), ("bogus", 403), (None, 403)):
        fields = {"key": context.key(), **sign(own, [{"bucket": context.bucket}])}
        if sent is not None:
            fields["x-oss-security-token"] = sent
        content_type, body = forms.body(fields, b"content")
        answer = wire.exchange("POST", context.url(context.bucket), {"Content-Type": content_type}, body)
        checks.equal(answer.status, status, f"token {sent and sent[:5]}")


CASES = (
    ("GetCallerIdentity/the account", caller_identity),
    ("AssumeRole/not by an account", account_assumes_no_role),
    ("AssumeRole/wrong parameters", wrong_parameters),
    ("AssumeRole/credentials of a session", assume_role),
    ("AssumeRole/refused", refused_roles),
    ("AssumeRole/by a session", chained_roles),
    ("GetCallerIdentity/the fixed endpoint", fixed_endpoint),
    ("errors/unknown access keys", unknown_keys),
)
