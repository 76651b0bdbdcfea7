//! The writes of several commands that become durable together.

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use super::poll_ready;
use super::snapshot::Snapshot;
use super::tables::{Tables, is_empty_range};
use crate::Error;
use crate::engine::write_batch::{Row, WriteBatch};
use crate::engine::{Command, Txn};

/// The writes of several commands that become durable together, on top of those that are being made so.
#[derive(Debug)]
pub(crate) struct Batch {
    tables: Arc<Tables>,
    /// Where nothing is to be written, the state that is looked at: others commit meanwhile.
    at: Option<Snapshot>,
    in_flight: Option<Arc<WriteBatch>>,
    rows: WriteBatch,
    bytes: usize,
}

impl Batch {
    pub(crate) fn new(tables: Arc<Tables>, in_flight: Option<Arc<WriteBatch>>) -> Self {
        Self { tables, at: None, in_flight, rows: WriteBatch::new(), bytes: 0 }
    }

    /// Makes a batch that is not to be committed.
    pub(crate) fn dry(tables: Arc<Tables>) -> Self {
        let at = Some(Snapshot::take(&tables));
        Self { at, ..Self::new(tables, None) }
    }

    /// Runs a command and keeps its writes if it succeeds.
    pub(crate) fn run<C: Command>(&mut self, command: &C) -> Result<C::Output, Error> {
        let mut txn = BatchTxn { batch: self, own: WriteBatch::new() };
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

    pub(crate) fn into_rows(self) -> WriteBatch {
        self.rows
    }
}

/// The transaction of one command of a batch.
#[derive(Debug)]
struct BatchTxn<'a> {
    batch: &'a Batch,
    own: WriteBatch,
}

impl Txn for BatchTxn<'_> {
    async fn get(&mut self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        for layer in self.layers().into_iter().flatten() {
            if let Some(value) = layer.get(key) {
                return Ok(value.clone());
            }
        }
        match &self.batch.at {
            Some(state) => state.get(key),
            None => self.batch.tables.get_newest(key),
        }
    }

    async fn scan(&mut self, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>, Error> {
        if is_empty_range(from, to) {
            return Ok(Vec::new());
        }
        let mut changes = WriteBatch::new();
        for layer in self.layers().into_iter().rev().flatten() {
            changes.extend(layer.range::<[u8], _>((from, to)).map(|(k, v)| (k.clone(), v.clone())));
        }
        // Each change hides at most one row of the tables, so this many are enough.
        let limit_below = limit.saturating_add(changes.len());
        let below = match &self.batch.at {
            Some(state) => state.scan(from, to, limit_below)?,
            None => self.batch.tables.scan_newest(from, to, limit_below)?,
        };
        let mut merged: WriteBatch = below.into_iter().map(|(key, value)| (key, Some(value))).collect();
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
    /// Returns the changes above the tables, the newest first.
    fn layers(&self) -> [Option<&WriteBatch>; 3] {
        [Some(&self.own), Some(&self.batch.rows), self.batch.in_flight.as_deref()]
    }
}
