//! Snapshots: states of the tables that readers look at, and the record of which are in use.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::tables::Tables;
use crate::Error;
use crate::engine::Row;
use crate::engine::write_batch::WriteBatch;

/// The tables as they were after one commit.
#[derive(Debug)]
pub(crate) struct Snapshot {
    tables: Arc<Tables>,
    at: ReadSeqno,
}

/// What identifies a state: the sequence number that the next commit may get, and for tables that keep no versions the
/// rows themselves.
#[derive(Debug, Clone)]
pub(crate) struct ReadSeqno {
    pub(crate) seqno: u64,
    pub(crate) rows: Option<Arc<WriteBatch>>,
}

impl Snapshot {
    /// Takes the present state.
    pub(crate) fn take(tables: &Arc<Tables>) -> Self {
        Self { tables: Arc::clone(tables), at: tables.acquire() }
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        self.tables.get(key, &self.at)
    }

    /// Rows in key order from the bounds, at most `limit`.
    pub(crate) fn scan(&self, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>, Error> {
        self.tables.scan(from, to, limit, &self.at)
    }

    /// Returns keys in order from the bounds, at most `limit`.
    pub(crate) fn keys(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Bytes>, Error> {
        self.tables.keys(from, to, limit, &self.at)
    }

    /// Returns its sequence number: commits with this one or a higher one are invisible to the snapshot.
    pub(crate) fn seqno(&self) -> u64 {
        self.at.seqno
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.tables.tracker().release(self.at.seqno);
    }
}

/// Which sequence numbers readers look at, and how many of them at each.
#[derive(Debug, Default)]
pub(crate) struct SnapshotTracker {
    counts: Mutex<BTreeMap<u64, usize>>,
}

impl SnapshotTracker {
    /// Registers a reader at the sequence number that `current` returns, under the lock, so that
    /// [`SnapshotTracker::oldest`] cannot miss it.
    pub(crate) fn acquire(&self, current: impl FnOnce() -> u64) -> u64 {
        let mut counts = self.lock();
        let seqno = current();
        *counts.entry(seqno).or_insert(0) += 1;
        seqno
    }

    pub(crate) fn release(&self, seqno: u64) {
        let mut counts = self.lock();
        if let Some(count) = counts.get_mut(&seqno) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&seqno);
            }
        }
    }

    /// Returns the oldest sequence number that is in use, or else the one `current` returns.
    pub(crate) fn oldest(&self, current: impl FnOnce() -> u64) -> u64 {
        let counts = self.lock();
        let current = current();
        counts.first_key_value().map_or(current, |(oldest, _)| (*oldest).min(current))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
