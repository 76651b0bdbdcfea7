"""What a verified callback says, and the row that it becomes."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timezone
from urllib.parse import parse_qsl

SCHEMA = """
CREATE TABLE IF NOT EXISTS uploads (
    id          TEXT PRIMARY KEY,            -- the request id of the upload, the same in every delivery of its callback
    bucket      TEXT,
    object      TEXT,
    size        INTEGER,
    etag        TEXT,
    mime_type   TEXT,
    fields      TEXT NOT NULL,               -- all that the callback said, as a JSON object of texts
    deliveries  INTEGER NOT NULL DEFAULT 1,  -- how often the callback came
    received_at TEXT NOT NULL                -- when it came last, UTC
)
"""

# A callback may come again: after an answer that was lost, by a replay, or because somebody recorded it.
# An uploader with a key words the body, and so the id: it must not reach the row of another object.
UPSERT = """
INSERT INTO uploads (id, bucket, object, size, etag, mime_type, fields, received_at)
VALUES (:id, :bucket, :object, :size, :etag, :mime_type, :fields, :received_at)
ON CONFLICT (id) DO UPDATE SET
    bucket = excluded.bucket, object = excluded.object, size = excluded.size, etag = excluded.etag,
    mime_type = excluded.mime_type, fields = excluded.fields, received_at = excluded.received_at,
    deliveries = deliveries + 1
WHERE uploads.bucket IS excluded.bucket AND uploads.object IS excluded.object
"""


class NotUnderstood(Exception):
    """Signed, but not what this application asks callbacks to say: answer 400."""


def fields_of(content_type: str, body: bytes) -> dict:
    """The members of the form or of the JSON object, as texts."""
    media_type = content_type.partition(";")[0].strip().lower()
    try:
        if media_type == "application/json":
            return _texts(json.loads(body))
        if media_type == "application/x-www-form-urlencoded":
            return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict"))
    except (ValueError, RecursionError) as error:
        raise NotUnderstood(f"the body is not {media_type}: {error}") from error
    raise NotUnderstood("the body is neither a form nor JSON")


def _texts(value) -> dict:
    if not isinstance(value, dict):
        raise ValueError("it is not an object")
    # A number without a value, such as the width of a text file, arrives as null.
    present = ((name, member) for name, member in value.items() if member is not None)
    return {name: member if isinstance(member, str) else json.dumps(member) for name, member in present}


def identity(fields: dict, headers) -> str:
    """The same for every delivery of one callback. Only the body is signed, so what it says goes first."""
    found = fields.get("reqId") or headers.get("x-ossicle-delivery-id") or headers.get("x-oss-request-id")
    if not found:
        raise NotUnderstood("neither reqId in the body nor x-oss-request-id tells which upload this is")
    return found


class Uploads:
    """The table `uploads` of a SQLite database."""

    def __init__(self, path: str):
        self._path = path
        with closing(self._connect()) as connection, connection:
            connection.execute(SCHEMA)

    def record(self, upload_id: str, fields: dict) -> None:
        """Inserts the row of this upload or updates it. On disk when this returns: the sender is told 200 after it."""
        row = {
            "id": upload_id,
            "bucket": fields.get("bucket"),
            "object": fields.get("object"),
            "size": _number(fields.get("size")),
            "etag": fields.get("etag"),
            "mime_type": fields.get("mimeType"),
            "fields": json.dumps(fields, ensure_ascii=False, sort_keys=True),
            "received_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        }
        with closing(self._connect()) as connection, connection:
            if connection.execute(UPSERT, row).rowcount == 0:
                raise NotUnderstood("another object's upload has this id")

    def _connect(self):
        # A connection for each use: they must not be shared between threads. Waits less than the sender does.
        return sqlite3.connect(self._path, timeout=2)


def _number(text):
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise NotUnderstood("size is not a number")
    return int(text)
