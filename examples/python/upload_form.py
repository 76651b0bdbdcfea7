"""Permission for a browser to upload one file straight to the store: a POST policy, signed with version 4."""

import base64
import hashlib
import hmac
import json
import re
import secrets
from datetime import datetime, timedelta, timezone

LIFETIME = timedelta(minutes=5)
LARGEST_FILE = 10 * 1024 * 1024

# String variables bring their own quotes; numbers have none.
BODY = (
    '{"bucket":${bucket},"object":${object},"size":${size},"etag":${etag},"mimeType":${mimeType},'
    '"reqId":${reqId},"name":${x:name}}'
)


def proof(secret: str, bucket: str, name: str) -> str:
    """Shows that this application asked for the callback of this object."""
    return hmac.new(secret.encode(), f"{bucket}/{name}".encode(), hashlib.sha256).hexdigest()


def sign(target, callback_url: str, callback_secret, file_name: str, now=None) -> dict:
    """The URL to post to and the form's fields, in the order to send them; the file comes last.

    The application names the object; what the file was called travels as a custom variable.
    """
    now = now or datetime.now(timezone.utc)
    extension = re.search(r"\.[A-Za-z0-9]{1,8}$", file_name)
    key = f"uploads/{secrets.token_hex(16)}{extension[0].lower() if extension else ''}"
    if callback_secret:
        callback_url += f"?proof={proof(callback_secret, target.bucket, key)}"
    callback = {"callbackUrl": callback_url, "callbackBody": BODY, "callbackBodyType": "application/json"}
    scope = f"{now:%Y%m%d}/{target.region}/oss/aliyun_v4_request"
    fields = {
        "key": key,
        "callback": base64.b64encode(json.dumps(callback).encode()).decode(),
        "x:name": file_name,
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
        "x-oss-credential": f"{target.access_key_id}/{scope}",
        "x-oss-date": f"{now:%Y%m%dT%H%M%SZ}",
    }
    # Every field is pinned: without its condition the browser could drop the callback or send it elsewhere.
    policy = {
        "expiration": f"{now + LIFETIME:%Y-%m-%dT%H:%M:%S.000Z}",
        "conditions": [
            {"bucket": target.bucket},
            ["content-length-range", 1, LARGEST_FILE],
            *(["eq", f"${name}", value.replace("$", "\\$")] for name, value in fields.items()),
        ],
    }
    fields["policy"] = base64.b64encode(json.dumps(policy).encode()).decode()
    signing_key = f"aliyun_v4{target.access_key_secret}".encode()
    for part in scope.split("/"):
        signing_key = hmac.digest(signing_key, part.encode(), "sha256")
    fields["x-oss-signature"] = hmac.digest(signing_key, fields["policy"].encode(), "sha256").hex()
    return {"url": target.url, "fields": fields}
