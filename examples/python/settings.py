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

    @property
    def endpoint(self) -> str:
        """What SDKs are told: the URL without the bucket, be that in its path or in its host name."""
        scheme, _, authority = self.url.partition("://")
        return f"{scheme}://{authority.partition('/')[0].removeprefix(f'{self.bucket}.')}"


@dataclass(frozen=True)
class Role:
    """The role whose temporary credentials apps get, and where STS gives them."""

    arn: str
    endpoint: str
    seconds: int


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
    role: Optional[Role]


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
        role=_role(),
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
    if not re.match(r"https?://[^/?#@\s]+(/|$)", values[0]):
        raise Wrong(f"OSS_UPLOAD_URL: {values[0]} must start with http:// or https://")
    lifetime = _seconds("PERMISSION_SECONDS", "300", 1, 3600)
    return UploadTarget(*values, callback_url=os.environ.get("CALLBACK_URL") or None, lifetime=lifetime)


def _role() -> Optional[Role]:
    arn = os.environ.get("STS_ROLE_ARN")
    if not arn:
        return None
    # Who has temporary credentials words his callbacks himself; only the proof ties them to his own folder.
    if not os.environ.get("CALLBACK_SECRET") or not os.environ.get("OSS_UPLOAD_URL"):
        raise Wrong("STS_ROLE_ARN needs CALLBACK_SECRET, OSS_UPLOAD_URL and the rest")
    endpoint = os.environ.get("STS_ENDPOINT") or "http://127.0.0.1:9003"
    if not re.fullmatch(r"https?://[^/?#@\s]+/?", endpoint):
        raise Wrong(f"STS_ENDPOINT: {endpoint} must start with http:// or https:// and have no path")
    return Role(arn, endpoint, _seconds("STS_SECONDS", "3600", 900, 43200))


def _seconds(name: str, otherwise: str, least: int, most: int) -> int:
    text = os.environ.get(name) or otherwise
    if not re.fullmatch(r"[0-9]{1,5}", text) or not least <= int(text) <= most:
        raise Wrong(f"{name} must be {least} to {most}")
    return int(text)
