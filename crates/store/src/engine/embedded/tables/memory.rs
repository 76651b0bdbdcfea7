//! Rows in memory.

use std::fmt::Debug;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::super::snapshot_tracker::SnapshotTracker;
use crate::engine::write_batch::WriteBatch;
use crate::sync::lock;

/// All rows in one map, copied when there is a snapshot while a commit is applied.
#[derive(Debug, Default)]
pub(crate) struct MemoryTables {
    rows: Mutex<Arc<WriteBatch>>,
    seqno: AtomicU64,
    tracker: SnapshotTracker,
    /// Where the rows go when they are flushed.
    images: Option<Arc<dyn Images>>,
}

/// Keeps the rows as files would.
pub(crate) trait Images: Send + Sync + Debug {
    /// Keeps the rows from now on.
    fn keep(&self, rows: Arc<WriteBatch>);
}

impl MemoryTables {
    /// Makes tables that begin with these rows.
    #[cfg(test)]
    pub(super) fn with_images(rows: Arc<WriteBatch>, images: Arc<dyn Images>) -> Self {
        Self { rows: Mutex::new(rows), images: Some(images), ..Self::default() }
    }

    /// Tells whether the rows are kept.
    pub(super) fn flush(&self) -> bool {
        match &self.images {
            Some(images) => {
                let rows = Arc::clone(&self.lock());
                images.keep(rows);
                true
            }
            None => false,
        }
    }

    pub(super) fn next_seqno(&self) -> u64 {
        self.seqno.load(Ordering::Acquire)
    }

    pub(super) fn apply(&self, seqno: u64, changes: &WriteBatch) {
        let mut rows = self.lock();
        let rows = Arc::make_mut(&mut rows);
        for (key, value) in changes {
            match value {
                Some(value) => drop(rows.insert(key.clone(), Some(value.clone()))),
                None => drop(rows.remove(key)),
            }
        }
        self.seqno.store(seqno + 1, Ordering::Release);
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<Bytes> {
        get(&self.lock(), key)
    }

    pub(super) fn scan(&self, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Vec<(Bytes, Bytes)> {
        scan(&self.lock(), from, to, limit)
    }

    pub(super) fn acquire(&self) -> (u64, Arc<WriteBatch>) {
        let rows = self.lock();
        let seqno = self.tracker.acquire(|| self.seqno.load(Ordering::Acquire));
        (seqno, Arc::clone(&rows))
    }

    pub(super) fn tracker(&self) -> &SnapshotTracker {
        &self.tracker
    }

    pub(super) fn oldest_view(&self) -> u64 {
        self.tracker.oldest(|| self.seqno.load(Ordering::Acquire))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Arc<WriteBatch>> {
        lock(&self.rows)
    }
}

pub(super) fn get(rows: &WriteBatch, key: &[u8]) -> Option<Bytes> {
    rows.get(key).cloned().flatten()
}

pub(super) fn scan(
    rows: &WriteBatch,
    from: Bound<&[u8]>,
    to: Bound<&[u8]>,
    limit: usize,
) -> Vec<(Bytes, Bytes)> {
    if is_empty_range(from, to) {
        return Vec::new();
    }
    rows.range::<[u8], _>((from, to))
        .filter_map(|(key, value)| Some((key.clone(), value.clone()?)))
        .take(limit)
        .collect()
}

/// Ranges that end before they begin, which maps refuse.
pub(crate) fn is_empty_range(from: Bound<&[u8]>, to: Bound<&[u8]>) -> bool {
    match (from, to) {
        (Bound::Excluded(from), Bound::Excluded(to) | Bound::Included(to))
        | (Bound::Included(from), Bound::Excluded(to)) => from >= to,
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
    }
}
