"""Version 4 of OSS's signature, as far as forms and URLs need it."""

import base64
import hashlib
import hmac
import json
from datetime import datetime

ALGORITHM = "OSS4-HMAC-SHA256"


def scope(region: str, now: datetime) -> str:
    """What a signature is good for: a day and a region."""
    return f"{now:%Y%m%d}/{region}/oss/aliyun_v4_request"


def sign(secret: str, signed_scope: str, text: str) -> str:
    """Signs a policy, or the string to sign of a request."""
    key = f"aliyun_v4{secret}".encode()
    for part in signed_scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def string_to_sign(moment: str, signed_scope: str, canonical_request: str) -> str:
    """Stands for a request."""
    return "\n".join((ALGORITHM, moment, signed_scope, hashlib.sha256(canonical_request.encode()).hexdigest()))


def encoded(value) -> str:
    """JSON in base64, as policies and callbacks travel."""
    return base64.b64encode(json.dumps(value).encode()).decode()
