//! The record of which states of the tables readers look at.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use crate::engine::write_batch::WriteBatch;
use crate::sync::lock;

/// What identifies a state: the sequence number that the next commit may get, and for tables that keep no versions the
/// rows themselves.
#[derive(Debug, Clone)]
pub(crate) struct ReadSeqno {
    pub(crate) seqno: u64,
    pub(crate) rows: Option<Arc<WriteBatch>>,
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
        lock(&self.counts)
    }
}
