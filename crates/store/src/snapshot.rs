//! Moments of the tables that readers hold on to, and the record of which are held.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::Error;
use crate::rows::Rows;
use crate::tables::Tables;

/// The tables as they were after one commit.
#[derive(Debug)]
pub(crate) struct Snapshot {
    tables: Arc<Tables>,
    at: Moment,
}

/// What identifies a moment: the number the next commit may get, and for tables that keep no versions the rows
/// themselves.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub(crate) seqno: u64,
    pub(crate) rows: Option<Arc<Rows>>,
}

impl Snapshot {
    /// Takes the present moment.
    pub(crate) fn take(tables: &Arc<Tables>) -> Self {
        Self { tables: Arc::clone(tables), at: tables.hold() }
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        self.tables.get(key, &self.at)
    }

    /// Rows in key order from the bounds, at most `limit`.
    pub(crate) fn scan(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Bytes, Bytes)>, Error> {
        self.tables.scan(from, to, limit, &self.at)
    }

    /// Keys in order from the bounds, at most `limit`.
    pub(crate) fn keys(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Bytes>, Error> {
        self.tables.keys(from, to, limit, &self.at)
    }

    /// What a commit has to reach for this moment to see it not.
    pub(crate) fn seqno(&self) -> u64 {
        self.at.seqno
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.tables.held().release(self.at.seqno);
    }
}

/// Which moments are held, how often.
#[derive(Debug, Default)]
pub(crate) struct Held {
    counts: Mutex<BTreeMap<u64, usize>>,
}

impl Held {
    /// Holds the moment `current` tells. It is asked under the lock, so that [`Held::oldest`] cannot miss it.
    pub(crate) fn hold(&self, current: impl FnOnce() -> u64) -> u64 {
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

    /// The oldest moment held, or else the one `current` tells.
    pub(crate) fn oldest(&self, current: impl FnOnce() -> u64) -> u64 {
        let counts = self.lock();
        let current = current();
        counts.first_key_value().map_or(current, |(oldest, _)| (*oldest).min(current))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
