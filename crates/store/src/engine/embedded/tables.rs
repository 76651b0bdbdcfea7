//! The tables: all rows of the index in key order, in one of two engines. What is applied here is durable in the
//! log before; the tables keep it for good when their memory is flushed.

mod lookup_latency;
mod lsm;
mod memory;

use std::ops::Bound;
use std::path::Path;
#[cfg(test)]
use std::sync::Arc;

use bytes::Bytes;

use super::snapshot_tracker::{ReadSeqno, SnapshotTracker};
use crate::engine::write_batch::WriteBatch;
use crate::{Error, OpenError};
use lsm::LsmTables;
#[cfg(test)]
pub(crate) use memory::Images;
use memory::MemoryTables;
pub(crate) use memory::is_empty_range;

/// The engines. Two variants and not a trait object, since a snapshot of one means nothing to the other.
#[derive(Debug)]
pub(crate) enum Tables {
    /// Log-structured merge trees in files.
    Lsm(LsmTables),
    /// Rows in memory, which live as long as the log does: the model to test against.
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests make one, to compare the other with"))]
    Memory(MemoryTables),
}

impl Tables {
    pub(crate) fn open_lsm(dir: &Path, cache_bytes: u64) -> Result<Self, OpenError> {
        LsmTables::open(dir, cache_bytes).map(Self::Lsm)
    }

    #[cfg(test)]
    pub(crate) fn with_images(rows: Arc<WriteBatch>, images: Arc<dyn Images>) -> Self {
        Self::Memory(MemoryTables::with_images(rows, images))
    }

    #[cfg(test)]
    pub(crate) fn in_memory() -> Self {
        Self::Memory(MemoryTables::default())
    }

    /// Returns a number for the next commit, greater than those before.
    pub(crate) fn next_seqno(&self) -> u64 {
        match self {
            Self::Lsm(tables) => tables.next_seqno(),
            Self::Memory(tables) => tables.next_seqno(),
        }
    }

    /// Applies a commit and makes it visible. Only one thread does so at a time.
    pub(crate) fn apply(&self, seqno: u64, rows: &WriteBatch) {
        match self {
            Self::Lsm(tables) => tables.apply(seqno, rows),
            Self::Memory(tables) => tables.apply(seqno, rows),
        }
    }

    /// Applies a commit found in the log, unless its rows are in the files already.
    pub(crate) fn replay(&self, seqno: u64, rows: &WriteBatch) {
        match self {
            Self::Lsm(tables) => tables.replay(seqno, rows),
            Self::Memory(tables) => tables.apply(seqno, rows),
        }
    }

    /// Returns the newest value of a row, whatever snapshots there are.
    pub(crate) fn get_newest(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        match self {
            Self::Lsm(tables) => tables.get(key, u64::MAX),
            Self::Memory(tables) => Ok(tables.get(key)),
        }
    }

    /// Returns the newest rows in a range.
    pub(crate) fn scan_newest(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Bytes, Bytes)>, Error> {
        match self {
            Self::Lsm(tables) => tables.scan(from, to, limit, u64::MAX),
            Self::Memory(tables) => Ok(tables.scan(from, to, limit)),
        }
    }

    pub(crate) fn acquire(&self) -> ReadSeqno {
        match self {
            Self::Lsm(tables) => ReadSeqno { seqno: tables.acquire(), rows: None },
            Self::Memory(tables) => {
                let (seqno, rows) = tables.acquire();
                ReadSeqno { seqno, rows: Some(rows) }
            }
        }
    }

    pub(crate) fn get(&self, key: &[u8], at: &ReadSeqno) -> Result<Option<Bytes>, Error> {
        match (self, &at.rows) {
            (Self::Lsm(tables), _) => tables.get(key, at.seqno),
            (Self::Memory(_), Some(rows)) => Ok(memory::get(rows, key)),
            (Self::Memory(_), None) => Ok(None),
        }
    }

    /// Tells whether looking rows up has waited for the disk lately.
    pub(crate) fn waits_for_disk(&self) -> bool {
        match self {
            Self::Lsm(tables) => tables.waits_for_disk(),
            Self::Memory(_) => false,
        }
    }

    pub(crate) fn scan(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
        at: &ReadSeqno,
    ) -> Result<Vec<(Bytes, Bytes)>, Error> {
        match (self, &at.rows) {
            (Self::Lsm(tables), _) => tables.scan(from, to, limit, at.seqno),
            (Self::Memory(_), Some(rows)) => Ok(memory::scan(rows, from, to, limit)),
            (Self::Memory(_), None) => Ok(Vec::new()),
        }
    }

    /// Returns only the keys, without reading values.
    pub(crate) fn keys(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
        at: &ReadSeqno,
    ) -> Result<Vec<Bytes>, Error> {
        match self {
            Self::Lsm(tables) => tables.keys(from, to, limit, at.seqno),
            Self::Memory(_) => Ok(self.scan(from, to, limit, at)?.into_iter().map(|(key, _)| key).collect()),
        }
    }

    pub(crate) fn tracker(&self) -> &SnapshotTracker {
        match self {
            Self::Lsm(tables) => tables.tracker(),
            Self::Memory(tables) => tables.tracker(),
        }
    }

    /// Returns the oldest sequence number that a reader may still look at.
    pub(crate) fn oldest_view(&self) -> u64 {
        match self {
            Self::Lsm(tables) => tables.oldest_view(),
            Self::Memory(tables) => tables.oldest_view(),
        }
    }

    /// Sets aside the rows in memory to be flushed. No commit may be applied meanwhile.
    pub(crate) fn seal(&self) {
        if let Self::Lsm(tables) = self {
            tables.seal();
        }
    }

    /// Writes what was sealed to files, and tells whether every row applied before is in files now.
    pub(crate) fn flush(&self) -> Result<bool, Error> {
        match self {
            Self::Lsm(tables) => tables.flush().map(|()| true),
            Self::Memory(tables) => Ok(tables.flush()),
        }
    }

    /// Raises the sequence number that new snapshots get, without a commit, and forgets file sets that no reader can look at
    /// any more. Called while no commit is being applied.
    pub(crate) fn advance_visible_seqno(&self) {
        if let Self::Lsm(tables) = self {
            tables.advance_visible_seqno();
        }
    }

    /// Does one step of compaction; `false` if there was nothing to do.
    pub(crate) fn compact(&self) -> Result<bool, Error> {
        match self {
            Self::Lsm(tables) => tables.compact(),
            Self::Memory(_) => Ok(false),
        }
    }

    /// Seals as [`Tables::seal`] does, with something to merge in every tree even if nothing was written.
    pub(crate) fn seal_to_merge(&self) {
        if let Self::Lsm(tables) = self {
            tables.seal_to_merge();
        }
    }

    /// Merges all files, so that the space of what was deleted or replaced is free.
    pub(crate) fn merge_all(&self) -> Result<(), Error> {
        match self {
            Self::Lsm(tables) => tables.merge_all(),
            Self::Memory(_) => Ok(()),
        }
    }

    /// Counts the sealed memtables that wait to be flushed, and the runs of files in level 0.
    pub(crate) fn backlog(&self) -> (usize, usize) {
        match self {
            Self::Lsm(tables) => tables.backlog(),
            Self::Memory(_) => (0, 0),
        }
    }
}
