"""What one user may upload: the checks before anything is signed, and the object and the callback that it is signed for."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Optional

LARGEST_FILE = 10 * 1024 * 1024
# What a browser would run, such as text/html, is not among them.
CONTENT_TYPES = (
    "application/pdf", "image/gif", "image/jpeg", "image/png", "image/webp", "text/plain", "video/mp4", "video/quicktime",
)

# String variables bring their own quotes; numbers have none.
BODY = (
    '{"bucket":${bucket},"object":${object},"size":${size},"etag":${etag},"mimeType":${mimeType},'
    '"reqId":${reqId},%s}'
)


class NotPermitted(Exception):
    """The application does not let this be uploaded: answer with `status`."""

    def __init__(self, status: int, reason: str):
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Upload:
    """One upload that the application permits. Whatever is signed pins all of it."""

    key: str
    callback: dict
    variables: dict
    # None lets the uploader choose.
    content_type: Optional[str] = None


def user_of(query: dict) -> str:
    """Stands for your login: take the user from a session that you have verified, and not from the query."""
    user = query.get("user", "")
    if not re.fullmatch(r"[A-Za-z0-9_-]{2,64}", user):
        raise NotPermitted(401, "nobody is logged in: user must be 2 to 64 letters, digits, - and _")
    return user


def checked_name(name) -> str:
    """What the file is called on the user's machine."""
    if not isinstance(name, str) or not 0 < len(name) <= 255:
        raise NotPermitted(400, "the name must be a text of 1 to 255 characters")
    return name


def checked_type(query: dict) -> str:
    """A content type that this application takes."""
    content_type = query.get("type", "")
    if content_type not in CONTENT_TYPES:
        raise NotPermitted(400, f"the type must be one of {', '.join(CONTENT_TYPES)}")
    return content_type


def checked_size(query: dict) -> int:
    """The length of the file in bytes."""
    text = query.get("size", "")
    if not re.fullmatch(r"[0-9]{1,12}", text) or not 1 <= int(text) <= LARGEST_FILE:
        raise NotPermitted(400, f"the size must be 1 to {LARGEST_FILE} bytes")
    return int(text)


def folder_of(user: str) -> str:
    """Where a user's uploads are; who has temporary credentials can upload nowhere else."""
    return f"users/{user}"


def proof(secret: str, bucket: str, name: str) -> str:
    """Shows that this application asked for the callback of this object, or of all objects of a folder `users/.../`."""
    return hmac.new(secret.encode(), f"{bucket}/{name}".encode(), hashlib.sha256).hexdigest()


def is_proved(secret: str, given: str, fields: dict) -> bool:
    """Whether the proof that came with a callback is that of the object that the callback names, or of its user's folder."""
    bucket, name = fields.get("bucket"), fields.get("object")
    if not bucket or not name:
        return False
    folder = re.match(r"users/([A-Za-z0-9_-]+)/", name)
    # Who has temporary credentials words his callbacks himself.
    if folder and fields.get("user", folder[1]) != folder[1]:
        return False
    names = [name, folder[0]] if folder else [name]
    return any(hmac.compare_digest(given.encode(), proof(secret, bucket, each).encode()) for each in names)


def callback_body(names) -> str:
    """What a callback is to say: all about the object, and these custom variables."""
    return BODY % ",".join('"%s":${x:%s}' % (name, name) for name in names)


def upload(bucket: str, callback_url: str, callback_secret, folder: str, content_type=None, **variables) -> Upload:
    """Names the object, and asks for a callback that brings the variables.

    What the file was called travels as a custom variable; so does the user, whom nobody can tell from the object's name.
    """
    extension = re.search(r"\.[A-Za-z0-9]{1,8}$", variables["name"])
    key = f"{folder}/{secrets.token_hex(16)}{extension[0].lower() if extension else ''}"
    if callback_secret:
        callback_url += f"?proof={proof(callback_secret, bucket, key)}"
    callback = {
        "callbackUrl": callback_url, "callbackBody": callback_body(variables), "callbackBodyType": "application/json",
    }
    return Upload(key, callback, {f"x:{name}": value for name, value in variables.items()}, content_type)
