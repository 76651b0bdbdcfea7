//! The row that a verified callback becomes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, named_params};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS uploads (
    id          TEXT PRIMARY KEY,            -- the request id of the upload, the same in every delivery
    bucket      TEXT,
    object      TEXT,
    size        INTEGER,
    etag        TEXT,
    mime_type   TEXT,
    fields      TEXT NOT NULL,               -- all that the callback said, as a JSON object of texts
    deliveries  INTEGER NOT NULL DEFAULT 1,  -- how often the callback came
    received_at TEXT NOT NULL                -- when it came last, UTC
)";

// A callback may come again: after an answer that was lost, by a replay, or because somebody recorded it.
// An uploader with a key words the body, and so the id: it must not reach the row of another object.
const UPSERT: &str = "
INSERT INTO uploads (id, bucket, object, size, etag, mime_type, fields, received_at)
VALUES (:id, :bucket, :object, :size, :etag, :mime_type, :fields, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
ON CONFLICT (id) DO UPDATE SET
    bucket = excluded.bucket, object = excluded.object, size = excluded.size, etag = excluded.etag,
    mime_type = excluded.mime_type, fields = excluded.fields, received_at = excluded.received_at,
    deliveries = deliveries + 1
WHERE uploads.bucket IS excluded.bucket AND uploads.object IS excluded.object";

/// What a callback said, as texts.
pub(crate) type Fields = BTreeMap<String, String>;

/// Why there is no row.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RecordError {
    /// The callback says something that this application did not ask for.
    #[error("size is not a number")]
    Size,
    /// The callback has the id of another object's.
    #[error("another object's upload has this id")]
    Id,
    /// The fields cannot be written out.
    #[error("the fields are no JSON: {0}")]
    Fields(#[from] serde_json::Error),
    /// SQLite failed.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// The thread that was to write has ended.
    #[error("the writing thread ended: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

/// The table `uploads` of a SQLite database. Clones share it.
#[derive(Clone)]
pub(crate) struct Uploads {
    connection: Arc<Mutex<Connection>>,
}

impl Uploads {
    pub(crate) fn open(path: &str) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        // Waits less for another process than the sender does for the answer.
        connection.busy_timeout(Duration::from_secs(2))?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    /// Inserts the row of this upload or updates it. It is on disk before the sender is told 200.
    pub(crate) async fn record(&self, id: String, fields: Fields) -> Result<(), RecordError> {
        let connection = Arc::clone(&self.connection);
        tokio::task::spawn_blocking(move || {
            // A panic elsewhere leaves no statement half done: SQLite rolls it back.
            upsert(&connection.lock().unwrap_or_else(PoisonError::into_inner), &id, &fields)
        })
        .await?
    }
}

fn upsert(connection: &Connection, id: &str, fields: &Fields) -> Result<(), RecordError> {
    let size = fields.get("size").filter(|text| !text.is_empty()).map(|text| number(text)).transpose()?;
    let rows = connection.prepare(UPSERT)?.execute(named_params! {
        ":id": id,
        ":bucket": fields.get("bucket"),
        ":object": fields.get("object"),
        ":size": size,
        ":etag": fields.get("etag"),
        ":mime_type": fields.get("mimeType"),
        ":fields": serde_json::to_string(fields)?,
    })?;
    if rows == 0 { Err(RecordError::Id) } else { Ok(()) }
}

fn number(text: &str) -> Result<i64, RecordError> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(RecordError::Size);
    }
    text.parse().map_err(|_| RecordError::Size)
}
