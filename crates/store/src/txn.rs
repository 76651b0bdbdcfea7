//! What a command may do: read and write rows through a transaction that it shares with nobody.
//!
//! Nothing here knows which engine is behind. A command sees its own writes and those of all commands before it,
//! and none of its writes stay if it fails. It may be run again from the start, so it takes what it needs from
//! outside (time, identifiers) as fields and changes nothing but rows.

use std::future::Future;
use std::ops::Bound;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::Error;
use crate::rows::Rows;
use crate::tables::{Tables, is_empty_range};

/// A transaction. The embedded engines answer at once; one over a network would not.
pub(crate) trait Txn {
    /// The value of a row.
    fn get(&mut self, key: &[u8]) -> impl Future<Output = Result<Option<Bytes>, Error>>;
    /// Rows in key order, at most `limit`.
    fn scan(
        &mut self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(Bytes, Bytes)>, Error>>;
    /// Writes a row.
    fn put(&mut self, key: Bytes, value: Bytes);
    /// Deletes a row, whether it exists or not.
    fn delete(&mut self, key: Bytes);
}

/// A change of the metadata.
pub(crate) trait Command: Send + 'static {
    /// What the caller learns.
    type Output: Send + 'static;
    /// Whether more space is needed afterwards than before. When space is short the rest of the log is left to
    /// commands that make some.
    const GROWS: bool = true;
    /// Makes the change.
    fn run<T: Txn>(&self, txn: &mut T) -> impl Future<Output = Result<Self::Output, Error>>;
}

/// The writes of several commands that become durable together, on top of those that are being made so.
#[derive(Debug)]
pub(crate) struct Batch {
    tables: Arc<Tables>,
    in_flight: Option<Arc<Rows>>,
    rows: Rows,
    bytes: usize,
}

impl Batch {
    pub(crate) fn new(tables: Arc<Tables>, in_flight: Option<Arc<Rows>>) -> Self {
        Self { tables, in_flight, rows: Rows::new(), bytes: 0 }
    }

    /// Runs a command and keeps its writes if it succeeds.
    pub(crate) fn run<C: Command>(&mut self, command: &C) -> Result<C::Output, Error> {
        let mut txn = BatchTxn { batch: self, own: Rows::new() };
        let output = poll_ready(command.run(&mut txn))??;
        let own = txn.own;
        self.bytes +=
            own.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Bytes::len)).sum::<usize>();
        if self.rows.is_empty() {
            self.rows = own;
        } else {
            self.rows.extend(own);
        }
        Ok(output)
    }

    /// About how many bytes were written.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn into_rows(self) -> Rows {
        self.rows
    }
}

/// The transaction of one command of a batch.
#[derive(Debug)]
struct BatchTxn<'a> {
    batch: &'a Batch,
    own: Rows,
}

impl Txn for BatchTxn<'_> {
    async fn get(&mut self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        for layer in self.layers().into_iter().flatten() {
            if let Some(value) = layer.get(key) {
                return Ok(value.clone());
            }
        }
        self.batch.tables.get_newest(key)
    }

    async fn scan(
        &mut self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Bytes, Bytes)>, Error> {
        if is_empty_range(from, to) {
            return Ok(Vec::new());
        }
        let mut changes = Rows::new();
        for layer in self.layers().into_iter().rev().flatten() {
            changes.extend(layer.range::<[u8], _>((from, to)).map(|(k, v)| (k.clone(), v.clone())));
        }
        // Each change hides at most one row of the tables, so this many are enough.
        let below = self.batch.tables.scan_newest(from, to, limit.saturating_add(changes.len()))?;
        let mut merged: Rows = below.into_iter().map(|(key, value)| (key, Some(value))).collect();
        merged.extend(changes);
        Ok(merged.into_iter().filter_map(|(key, value)| Some((key, value?))).take(limit).collect())
    }

    fn put(&mut self, key: Bytes, value: Bytes) {
        self.own.insert(key, Some(value));
    }

    fn delete(&mut self, key: Bytes) {
        self.own.insert(key, None);
    }
}

impl BatchTxn<'_> {
    /// The changes above the tables, the newest first.
    fn layers(&self) -> [Option<&Rows>; 3] {
        [Some(&self.own), Some(&self.batch.rows), self.batch.in_flight.as_deref()]
    }
}

/// Runs a future that has nothing to wait for.
fn poll_ready<F: Future>(future: F) -> Result<F::Output, Error> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err(Error::corrupt("an embedded transaction had to wait")),
    }
}
