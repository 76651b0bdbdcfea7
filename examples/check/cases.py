"""The list of cases, and what every case gets to work with."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Optional

from application import Answer, Application
from key_server import KeyServer
from signing import Key, signed_text
from store import Store
from sts_server import StsServer

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
SECRET = "a secret of the application"

CASES = []


def case(name: str, needs_store=False):
    """Adds a function to the list."""

    def add(function):
        CASES.append((name, needs_store, function))
        return function

    return add


@dataclass
class World:
    """One language: its application server in some settings, and everything around it."""

    language: str
    # Trusts the key server and the store.
    application: Application
    # The same, and insists on the proof that the application itself asked for the callback.
    guarded: Application
    # Its permissions end after a second; None without a store.
    brief: Optional[Application]
    # Knows the key of OSS without fetching it, and takes callbacks on every path.
    pinned: Application
    keys: KeyServer
    genuine: Key
    forger: Key
    store: Optional[Store]
    # Gives temporary credentials, which it gets from the STS of this program.
    sts: Application
    sts_server: StsServer
    # Gives temporary credentials of the store's STS; None without a store.
    session: Optional[Application]
    # Where it says that they are good: the store, or a name for none.
    place: Store

    def headers(self, target: str, body: bytes, content_type=JSON, **changed) -> dict:
        """The headers of a genuine callback, with some changed; `None` leaves one out."""
        headers = {
            "content-type": content_type,
            "authorization": self.genuine.sign(signed_text(target, body)),
            "x-oss-pub-key-url": self.keys.header(),
            "x-oss-request-id": "0123456789ABCDEF01234567",
            "x-oss-bucket": "photos",
        }
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        return {name: value for name, value in headers.items() if value is not None}

    def send(self, body, target="/callback", application=None, **changed) -> Answer:
        """A callback as a store would send it, but for what is changed; a dictionary is sent as JSON."""
        body = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        headers = self.headers(target, body, **changed)
        return (application or self.application).post(target, headers, body)

    def refused(self, statuses, body, application=None, **changed) -> None:
        """Sends a callback that must be answered with this status, or one of these, and leave no trace."""
        application = application or self.application
        before = application.rows()
        answer = self.send(body, application=application, **changed)
        allowed = statuses if isinstance(statuses, tuple) else (statuses,)
        assert answer.status in allowed, f"status {answer.status} instead of {statuses}: {answer.body}"
        assert "error" in answer.json(), f"the answer {answer.body} gives no reason"
        equal(application.rows(), before, "the table")


def equal(found, expected, what: str) -> None:
    """Fails unless both are the same."""
    assert found == expected, f"{what}: {found!r} instead of {expected!r}"


def proof_of(bucket: str, name: str) -> str:
    """What the guarded application server wants to see of a callback for this object, or for a folder of a user."""
    return hmac.new(SECRET.encode(), f"{bucket}/{name}".encode(), hashlib.sha256).hexdigest()


def accepted(answer: Answer, upload_id: str) -> None:
    """Fails unless the application server took the callback as this upload's."""
    equal(answer.status, 200, f"status of the answer {answer.body}")
    equal(answer.json(), {"Status": "OK", "id": upload_id}, "answer")


def says(row: dict, fields: dict, deliveries=1) -> None:
    """Fails unless a row is what the fields of a callback ask for."""
    size = fields.get("size")
    columns = {
        "bucket": fields.get("bucket"),
        "object": fields.get("object"),
        "size": int(size) if size else None,
        "etag": fields.get("etag"),
        "mime_type": fields.get("mimeType"),
        "deliveries": deliveries,
    }
    equal({name: row[name] for name in columns}, columns, "row")
    equal(json.loads(row["fields"]), fields, "column fields")
    assert row["received_at"], "received_at is empty"
