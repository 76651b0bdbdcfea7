"""What the environment says: ../README.md lists the variables."""

import os
import re
from dataclasses import dataclass
from typing import Optional

OSS_KEY_URLS = ("http://gosspublic.alicdn.com/", "https://gosspublic.alicdn.com/")


class Wrong(Exception):
    """A setting that the server must not start with."""


@dataclass(frozen=True)
class UploadTarget:
    """Where browsers and apps upload to, and the access key that signs their permissions."""

    url: str
    bucket: str
    region: str
    access_key_id: str
    access_key_secret: str
    callback_url: Optional[str]
    lifetime: int  # of a permission, in seconds


@dataclass(frozen=True)
class Settings:
    """Everything that can be set."""

    host: str
    port: int
    database: str
    callback_path: str
    trusted_key_urls: tuple
    pinned_keys: dict
    callback_secret: Optional[str]
    upload: Optional[UploadTarget]


def from_environment() -> Settings:
    """Reads and checks every variable, so that a mistake shows at the start and not at the first upload."""
    host, _, port = os.environ.get("LISTEN", "127.0.0.1:8080").rpartition(":")
    if not host or not port.isdigit():
        raise Wrong("LISTEN must be HOST:PORT")
    return Settings(
        host=host,
        port=int(port),
        database=os.environ.get("DATABASE", "uploads.db"),
        callback_path=os.environ.get("CALLBACK_PATH", "/callback").rstrip("/"),
        trusted_key_urls=OSS_KEY_URLS + tuple(map(_prefix, os.environ.get("TRUSTED_KEY_URLS", "").split())),
        pinned_keys=dict(map(_pinned_key, os.environ.get("PINNED_KEYS", "").split())),
        callback_secret=os.environ.get("CALLBACK_SECRET") or None,
        upload=_upload_target(),
    )


def _prefix(text: str) -> str:
    # Without the slash, http://oss.example would trust http://oss.example.attacker.example as well.
    if not re.fullmatch(r"https?://[^/?#@\s]+/(\S*/)?", text):
        raise Wrong(f"TRUSTED_KEY_URLS: {text} must start with http:// or https:// and end with /")
    return text


def _pinned_key(text: str) -> tuple:
    url, _, file = text.partition("=")
    try:
        with open(file, "rb") as pem:
            return url, pem.read()
    except OSError as error:
        raise Wrong(f"PINNED_KEYS: {text} must be URL=FILE: {error}") from error


def _upload_target() -> Optional[UploadTarget]:
    names = ("OSS_UPLOAD_URL", "OSS_BUCKET", "OSS_REGION", "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET")
    values = [os.environ.get(name) for name in names]
    if not any(values):
        return None
    if not all(values):
        raise Wrong("upload forms need all of " + ", ".join(names))
    lifetime = os.environ.get("PERMISSION_SECONDS") or "300"
    if not re.fullmatch(r"[0-9]{1,4}", lifetime) or not 1 <= int(lifetime) <= 3600:
        raise Wrong("PERMISSION_SECONDS must be 1 to 3600")
    return UploadTarget(*values, callback_url=os.environ.get("CALLBACK_URL") or None, lifetime=int(lifetime))
