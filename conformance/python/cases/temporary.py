"""Temporary credentials: STS by its official clients."""

import checks
from sts import CLIENTS, StsError

ACCOUNT = "1000000000000001"


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


CASES = (
    ("GetCallerIdentity/the account", caller_identity),
    ("AssumeRole/not by an account", account_assumes_no_role),
    ("AssumeRole/wrong parameters", wrong_parameters),
    ("errors/unknown access keys", unknown_keys),
)
