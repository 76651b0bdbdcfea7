//! Writing what a batch changed and committing it, in one exchange, and finding out what became of it when the answer is lost.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, join_all};
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};

use super::batch::Changes;
use super::connection::{Connection, Target, confirm};
use super::failure::{Failure, classify, is_conflict};
use crate::Error;

/// How long an exchange with the database may take.
pub(super) const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(10);

/// What became of a commit.
#[derive(Debug)]
pub(super) enum Commit {
    Done,
    /// It did not happen.
    NotDone(Failure),
    /// The connection ended before the answer.
    Unknown(String),
}

/// The id of a batch.
#[derive(Debug)]
pub(super) struct BatchId(String);

impl BatchId {
    pub(super) fn random() -> Self {
        Self(format!("{:032x}", rand::random::<u128>()))
    }
}

/// Writes the changes and commits.
pub(super) async fn commit(connection: &Connection, lane: i32, changes: &Changes, id: &BatchId) -> Commit {
    let columns = Columns::of(changes);
    let mut statements = columns.statements(connection, lane, id);
    let end = connection.client.batch_execute("COMMIT");
    statements.push(Box::pin(async move { end.await.map(|()| 0) }));
    let Ok(results) = timeout(EXCHANGE_TIMEOUT, join_all(statements)).await else {
        return Commit::Unknown("it does not answer".to_owned());
    };
    // A statement that fails makes the commit a rollback.
    let count = results.len();
    for (at, result) in results.into_iter().enumerate() {
        let Err(error) = result else { continue };
        let is_end = at + 1 == count;
        let is_certain = match error.code() {
            Some(code) => !is_end || is_conflict(code) || code.code().starts_with("23"),
            None => false,
        };
        return match classify(&error) {
            Failure::Lost(why) => Commit::Unknown(why),
            failure if is_certain => Commit::NotDone(failure),
            failure => Commit::Unknown(failure.into_error().to_string()),
        };
    }
    Commit::Done
}

/// Ends a transaction that has changed nothing: what it has read held at one moment if this succeeds.
pub(super) async fn commit_reads(connection: &Connection) -> Commit {
    match timeout(EXCHANGE_TIMEOUT, connection.client.batch_execute("COMMIT")).await {
        Ok(Ok(())) => Commit::Done,
        Ok(Err(error)) => Commit::NotDone(classify(&error)),
        Err(_) => Commit::NotDone(Failure::Lost("it does not answer".to_owned())),
    }
}

/// Finds out whether a batch was committed. If it was not, it never will be: its id is taken.
pub(super) async fn was_committed(target: &Target, id: &BatchId) -> Result<bool, Failure> {
    let client = target.connect_bare().await?;
    // This waits for a transaction that is being committed still.
    let params: [(&(dyn ToSql + Sync), Type); 1] = [(&id.0, Type::TEXT)];
    let sql = "INSERT INTO batches (id) VALUES ($1::text::uuid) ON CONFLICT DO NOTHING";
    match timeout(EXCHANGE_TIMEOUT, client.execute_typed(sql, &params)).await {
        // Nothing was written, so that nothing waited for a standby: what is here must not be gone after a failover.
        Ok(Ok(0)) => confirm(&client).await.map(|()| true),
        Ok(Ok(_)) => Ok(false),
        Ok(Err(error)) => Err(classify(&error)),
        Err(_) => Err(Failure::Lost("it does not answer".to_owned())),
    }
}

/// Changes as the statements take them: an array a column.
#[derive(Debug, Default)]
struct Columns<'a> {
    resets: Vec<&'a [u8]>,
    put_keys: Vec<&'a [u8]>,
    put_values: Vec<&'a [u8]>,
    deleted: Vec<&'a [u8]>,
    added_keys: Vec<&'a [u8]>,
    added_fields: Vec<&'a str>,
    added: Vec<i64>,
}

type Executed<'a> = BoxFuture<'a, Result<u64, tokio_postgres::Error>>;

impl<'a> Columns<'a> {
    fn of(changes: &'a Changes) -> Self {
        let mut columns =
            Self { resets: changes.resets.iter().map(Bytes::as_ref).collect(), ..Self::default() };
        for (key, value) in &changes.rows {
            match value {
                Some(value) => {
                    columns.put_keys.push(key);
                    columns.put_values.push(value);
                }
                None => columns.deleted.push(key),
            }
        }
        for (key, deltas) in &changes.added {
            for (field, by) in deltas.iter().filter(|(_, by)| **by != 0) {
                columns.added_keys.push(key);
                columns.added_fields.push(field);
                columns.added.push(*by);
            }
        }
        columns
    }

    /// Returns the statements, to be sent together in this order.
    fn statements<'b>(&'b self, connection: &'b Connection, lane: i32, id: &'b BatchId) -> Vec<Executed<'b>> {
        let (client, prepared) = (&connection.client, &connection.statements);
        let mut all: Vec<Executed<'b>> = Vec::new();
        if !self.resets.is_empty() {
            all.push(Box::pin(async { client.execute(&prepared.reset, &[&self.resets]).await }));
        }
        if !self.put_keys.is_empty() {
            all.push(Box::pin(async {
                client.execute(&prepared.put, &[&self.put_keys, &self.put_values]).await
            }));
        }
        if !self.deleted.is_empty() {
            all.push(Box::pin(async { client.execute(&prepared.delete, &[&self.deleted]).await }));
        }
        if !self.added.is_empty() {
            all.push(Box::pin(async move {
                let (keys, fields) = (&self.added_keys, &self.added_fields);
                client.execute(&prepared.add, &[&lane, keys, fields, &self.added]).await
            }));
        }
        all.push(Box::pin(async { client.execute(&prepared.batch, &[&id.0]).await }));
        all
    }
}

/// Returns the error of a commit whose outcome nobody knows.
pub(super) fn unknown(why: &str) -> Error {
    Error::unavailable(format!("the metadata database, which may have taken the change: {why}"))
}
