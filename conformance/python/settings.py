"""What the runner says about the server under test."""

import os
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Settings:
    """The environment of one run."""

    endpoint: str
    console: str
    sts: str
    access_key_id: str
    access_key_secret: str
    region: str
    bucket_prefix: str

    @property
    def port(self) -> int:
        """The port of the API."""
        return urlsplit(self.endpoint).port or 80

    @property
    def trusted_key_urls(self) -> tuple:
        """What the key's URL must start with; anything else would let a forger name his own key."""
        return (self.endpoint + "/", self.console + "/")


def from_environment() -> Settings:
    """Reads the variables that conformance/README.md lists; a missing one ends the program."""
    names = ("ENDPOINT", "CONSOLE", "STS", "ACCESS_KEY_ID", "ACCESS_KEY_SECRET")
    missing = [f"OSSICLE_{name}" for name in names if not os.environ.get(f"OSSICLE_{name}")]
    if missing:
        raise SystemExit("not set: " + ", ".join(missing))
    return Settings(
        endpoint=os.environ["OSSICLE_ENDPOINT"].rstrip("/"),
        console=os.environ["OSSICLE_CONSOLE"].rstrip("/"),
        sts=os.environ["OSSICLE_STS"].rstrip("/"),
        access_key_id=os.environ["OSSICLE_ACCESS_KEY_ID"],
        access_key_secret=os.environ["OSSICLE_ACCESS_KEY_SECRET"],
        region=os.environ.get("OSSICLE_REGION") or "cn-hangzhou",
        bucket_prefix=os.environ.get("OSSICLE_BUCKET_PREFIX") or f"conf-{secrets.token_hex(3)}",
    )
