"""PostObject forms: the policy, its two kinds of signature, and the multipart/form-data body."""

import base64
import datetime
import hashlib
import hmac
import json


def policy(conditions, seconds=600) -> str:
    """A policy document in base64."""
    expires = datetime.datetime.utcnow() + datetime.timedelta(seconds=seconds)
    document = {"expiration": expires.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "conditions": conditions}
    return base64.b64encode(json.dumps(document).encode()).decode()


def sign_v1(settings, conditions, secret=None, seconds=600) -> dict:
    """The fields of a form signed with HMAC-SHA1."""
    text = policy(conditions, seconds)
    digest = hmac.new((secret or settings.access_key_secret).encode(), text.encode(), hashlib.sha1).digest()
    return {
        "OSSAccessKeyId": settings.access_key_id,
        "policy": text,
        "Signature": base64.b64encode(digest).decode(),
    }


def sign_v4(settings, conditions, secret=None, seconds=600) -> dict:
    """The fields of a form signed with the V4 key; they are conditions of the policy themselves."""
    now = datetime.datetime.utcnow()
    day, moment = now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{day}/{settings.region}/oss/aliyun_v4_request"
    signed = {
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
        "x-oss-credential": f"{settings.access_key_id}/{scope}",
        "x-oss-date": moment,
    }
    text = policy([*conditions, *({name: value} for name, value in signed.items())], seconds)
    key = ("aliyun_v4" + (secret or settings.access_key_secret)).encode()
    for piece in (day, settings.region, "oss", "aliyun_v4_request"):
        key = hmac.new(key, piece.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return {**signed, "policy": text, "x-oss-signature": signature}


def body(fields, data, filename="local.txt", content_type="text/plain", trailing=b"") -> tuple:
    """The form as a browser sends it, the file last; returns the Content-Type and the bytes."""
    boundary = "9431149156168"
    pieces = []
    for name, value in fields.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        pieces.append(head.encode() + str(value).encode() + b"\r\n")
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
    pieces.append(f"{head}Content-Type: {content_type}\r\n\r\n".encode() + data + b"\r\n")
    pieces.append(trailing + f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(pieces)
