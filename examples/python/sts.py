"""Permission for an app to upload by itself: temporary credentials from STS, good for one user's folder only."""

import base64
import hmac
import http.client
import json
import secrets
import urllib.error
import urllib.request
from datetime import datetime, timezone
from urllib.parse import quote

TIMEOUT = 5
LONGEST_ANSWER = 64 * 1024
# Whole files and parts; no reading, listing or deleting.
ACTIONS = ("oss:PutObject", "oss:ListParts", "oss:AbortMultipartUpload")


class Unavailable(Exception):
    """STS gave no credentials: answer 502."""


def session_policy(bucket: str, folder: str) -> dict:
    """What is left of the role's permissions: uploads below this folder."""
    statement = {"Effect": "Allow", "Action": ACTIONS, "Resource": [f"acs:oss:*:*:{bucket}/{folder}/*"]}
    return {"Version": "1", "Statement": [statement]}


def assume_role(target, role, session_name: str, policy: dict) -> dict:
    """AssumeRole: the members AccessKeyId, AccessKeySecret, SecurityToken and Expiration."""
    parameters = {
        "AccessKeyId": target.access_key_id,
        "Action": "AssumeRole",
        "DurationSeconds": str(role.seconds),
        "Format": "JSON",
        "Policy": json.dumps(policy),
        "RoleArn": role.arn,
        "RoleSessionName": session_name,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": secrets.token_hex(16),
        "SignatureVersion": "1.0",
        "Timestamp": f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
        "Version": "2015-04-01",
    }
    # Sorted by name, which the names above are.
    form = "&".join(f"{name}={_encoded(value)}" for name, value in parameters.items())
    text = f"POST&%2F&{_encoded(form)}"
    signature = base64.b64encode(hmac.digest(f"{target.access_key_secret}&".encode(), text.encode(), "sha1")).decode()
    answer = _post(role.endpoint, f"{form}&Signature={_encoded(signature)}".encode())
    try:
        credentials = json.loads(answer)["Credentials"]
        return {name: credentials[name] for name in ("AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration")}
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise Unavailable("STS answered something else than credentials") from error


def _encoded(text: str) -> str:
    return quote(text, safe="~")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would be followed without the body; unanswered, it becomes an HTTPError."""

    def redirect_request(self, *_arguments):
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def _post(endpoint: str, body: bytes) -> bytes:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        with _opener.open(urllib.request.Request(endpoint, body, headers), timeout=TIMEOUT) as response:
            return response.read(LONGEST_ANSWER)
    except urllib.error.HTTPError as error:
        # Such as NoPermission: for whoever runs this server, not for its users.
        said = error.read(LONGEST_ANSWER).decode(errors="replace")
        raise Unavailable(f"STS refused: {error.code} {said}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"STS cannot be reached: {error}") from error
