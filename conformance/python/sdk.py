"""What both SDKs report, in one shape, so that a case is written once."""

import base64
import json
from dataclasses import dataclass, field
from typing import Optional


class SdkError(Exception):
    """An error answer as the SDK's exception gives it. `native` is that exception."""

    def __init__(self, status, code, message, ec, request_id, details, headers, native):
        super().__init__(f"{status} {code} {ec}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.ec = ec
        self.request_id = request_id
        self.details = details
        self.headers = headers
        self.native = native


@dataclass
class Stored:
    """The result of an upload. `body` is None when the SDK throws it away."""

    status: int
    headers: object
    body: Optional[bytes]
    etag: str
    crc: Optional[int]
    request_id: str


@dataclass
class Fetched:
    """The result of a download or of a HEAD."""

    status: int
    headers: object
    body: bytes


@dataclass
class Listing:
    """One page of a listing."""

    keys: list
    prefixes: list
    truncated: bool
    next: Optional[str]
    entries: list = field(default_factory=list)


@dataclass
class Signed:
    """A presigned request."""

    method: str
    url: str
    headers: dict


def encode(value) -> str:
    """A callback parameter as the documentation's samples make it: JSON, then base64."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return base64.b64encode(text.encode()).decode()


def callback_headers(callback, variables, headers=None) -> dict:
    """The header form of the parameters. A string is sent as it is."""
    result = dict(headers or {})
    if callback is not None:
        result["x-oss-callback"] = callback if isinstance(callback, str) else encode(callback)
    if variables is not None:
        result["x-oss-callback-var"] = variables if isinstance(variables, str) else encode(variables)
    return result
