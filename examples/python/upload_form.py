"""Permission for a browser to upload one file straight to the store: a signed POST policy."""

import base64
import hmac
from datetime import timedelta

import permission
from signature import ALGORITHM, encoded, scope, sign


def signed(target, upload: permission.Upload, version: str, now) -> dict:
    """The URL to post to and the form's fields, in the order to send them; the file comes last."""
    fields = {"key": upload.key, "callback": encoded(upload.callback), **upload.variables}
    if upload.content_type:
        fields["content-type"] = upload.content_type
    add_signature = _sign_v1 if version == "v1" else _sign_v4
    return {"url": target.url, "fields": add_signature(target, fields, now)}


def _sign_v4(target, fields, now):
    signed_scope = scope(target.region, now)
    fields = {
        **fields,
        "x-oss-signature-version": ALGORITHM,
        "x-oss-credential": f"{target.access_key_id}/{signed_scope}",
        "x-oss-date": f"{now:%Y%m%dT%H%M%SZ}",
    }
    policy = _policy(target, fields, now)
    return {**fields, "policy": policy, "x-oss-signature": sign(target.access_key_secret, signed_scope, policy)}


def _sign_v1(target, fields, now):
    policy = _policy(target, fields, now)
    signature = base64.b64encode(hmac.digest(target.access_key_secret.encode(), policy.encode(), "sha1")).decode()
    return {**fields, "OSSAccessKeyId": target.access_key_id, "policy": policy, "Signature": signature}


def _policy(target, fields, now) -> str:
    # Every field is pinned: without its condition the browser could drop the callback or send it elsewhere.
    return encoded({
        "expiration": f"{now + timedelta(seconds=target.lifetime):%Y-%m-%dT%H:%M:%S.000Z}",
        "conditions": [
            {"bucket": target.bucket},
            ["content-length-range", 1, permission.LARGEST_FILE],
            *(["eq", f"${name}", value.replace("$", "\\$")] for name, value in fields.items()),
        ],
    })
