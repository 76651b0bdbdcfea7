//! Rows in log-structured merge trees: one for the index, and one for small content, whose values are kept apart
//! from the keys so that compaction of the keys does not copy them.

use std::fmt;
use std::ops::{Bound, RangeInclusive};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use lsm_tree::compaction::Leveled;
use lsm_tree::config::{BloomConstructionPolicy, FilterPolicy, FilterPolicyEntry};
use lsm_tree::{
    AbstractTree, AnyTree, Cache, Config, DescriptorTable, Guard, KvSeparationOptions, SequenceNumberCounter,
};

use super::super::snapshot_tracker::SnapshotTracker;
use super::lookup_latency::LookupLatency;
use super::memory::is_empty_range;
use crate::engine::write_batch::WriteBatch;
use crate::key::Tag;
use crate::permissions::create_folder;
use crate::{Error, OpenError};

/// Files of the trees that are kept open, of those that the process may have open: opening one for each look costs more
/// than all the rest. Small content fills a file of 64 MiB each, so the most are for half a terabyte of it.
const OPEN_FILES: RangeInclusive<u64> = 256..=8192;
const OPEN_FILES_SHARE: u64 = 4;

/// Content of at least this many bytes is kept apart from its key.
const SEPARATION_BYTES: u32 = 512;

/// Files are about as large after everything was merged.
const MERGED_FILE_BYTES: u64 = 64 << 20;

fn open_files() -> usize {
    let allowed = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    let wanted = (allowed / OPEN_FILES_SHARE).clamp(*OPEN_FILES.start(), *OPEN_FILES.end());
    usize::try_from(wanted).unwrap_or(usize::MAX)
}

/// The two trees and what requests their commits.
pub(crate) struct LsmTables {
    index: AnyTree,
    content: AnyTree,
    /// Numbers of commits, and of the trees' own changes of their file sets.
    seqno: SequenceNumberCounter,
    /// The sequence number that new snapshots get: they see every commit with a lower one.
    visible: AtomicU64,
    tracker: SnapshotTracker,
    latency: LookupLatency,
}

impl LsmTables {
    pub(super) fn open(dir: &Path, cache_bytes: u64) -> Result<Self, OpenError> {
        create_folder(dir)
            .map_err(|e| OpenError::io(format!("creating the index in {}", dir.display()), e))?;
        let seqno = SequenceNumberCounter::default();
        let cache = Arc::new(Cache::with_capacity_bytes(cache_bytes));
        let descriptors = Arc::new(DescriptorTable::new(open_files()));
        let open = |name: &str, separate: bool| {
            // The trees' own notion of what is visible would move with their file sets, before a commit that took
            // its number earlier is applied; hence a counter that is not used.
            let unused = SequenceNumberCounter::default();
            let mut config = Config::new(dir.join(name), seqno.clone(), unused)
                .use_cache(Arc::clone(&cache))
                .use_descriptor_table(Some(Arc::clone(&descriptors)))
                .filter_policy(FilterPolicy::all(FilterPolicyEntry::Bloom(
                    BloomConstructionPolicy::BitsPerKey(10.0),
                )));
            if separate {
                let options = KvSeparationOptions::default().separation_threshold(SEPARATION_BYTES);
                config = config.with_kv_separation(Some(options));
            }
            config.open().map_err(|e| open_error(dir, e))
        };
        let tables = Self {
            index: open("index", false)?,
            content: open("content", true)?,
            seqno: seqno.clone(),
            visible: AtomicU64::new(0),
            tracker: SnapshotTracker::default(),
            latency: LookupLatency::default(),
        };
        let next =
            tables.trees().into_iter().filter_map(AbstractTree::get_highest_seqno).max().map_or(1, |s| s + 1);
        seqno.fetch_max(next);
        tables.visible.store(next, Ordering::Release);
        Ok(tables)
    }

    fn trees(&self) -> [&AnyTree; 2] {
        [&self.index, &self.content]
    }

    fn tree(&self, key: &[u8]) -> &AnyTree {
        if key.first() == Some(&(Tag::Content as u8)) { &self.content } else { &self.index }
    }

    pub(super) fn next_seqno(&self) -> u64 {
        self.seqno.next()
    }

    pub(super) fn apply(&self, seqno: u64, rows: &WriteBatch) {
        for (key, value) in rows {
            self.insert(key, value.as_ref(), seqno);
        }
        self.visible.fetch_max(seqno + 1, Ordering::AcqRel);
    }

    fn insert(&self, key: &Bytes, value: Option<&Bytes>, seqno: u64) {
        let tree = self.tree(key);
        match value {
            Some(value) => tree.insert(key.clone(), value.clone(), seqno),
            None => tree.remove(key.clone(), seqno),
        };
    }

    pub(super) fn replay(&self, seqno: u64, rows: &WriteBatch) {
        let kept = self.trees().map(AbstractTree::get_highest_persisted_seqno);
        for (key, value) in rows {
            let tree = usize::from(key.first() == Some(&(Tag::Content as u8)));
            let is_kept = kept.get(tree).copied().flatten().is_some_and(|highest| seqno <= highest);
            if !is_kept {
                self.insert(key, value.as_ref(), seqno);
            }
        }
        self.seqno.fetch_max(seqno + 1);
        self.visible.fetch_max(seqno + 1, Ordering::AcqRel);
    }

    pub(super) fn get(&self, key: &[u8], seqno: u64) -> Result<Option<Bytes>, Error> {
        let value = self.latency.of(|| self.tree(key).get(key, seqno)).map_err(read_error)?;
        Ok(value.map(Bytes::from))
    }

    pub(super) fn waits_for_disk(&self) -> bool {
        self.latency.is_slow()
    }

    pub(super) fn scan(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
        seqno: u64,
    ) -> Result<Vec<(Bytes, Bytes)>, Error> {
        if limit == 0 || is_empty_range(from, to) {
            return Ok(Vec::new());
        }
        let mut found = Vec::with_capacity(limit.min(1024));
        for guard in self.tree(first_key(from)).range::<&[u8], _>((from, to), seqno, None).take(limit) {
            let (key, value) = guard.into_inner().map_err(read_error)?;
            found.push((Bytes::from(key), Bytes::from(value)));
        }
        Ok(found)
    }

    pub(super) fn keys(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
        seqno: u64,
    ) -> Result<Vec<Bytes>, Error> {
        if limit == 0 || is_empty_range(from, to) {
            return Ok(Vec::new());
        }
        let rows = self.tree(first_key(from)).range::<&[u8], _>((from, to), seqno, None).take(limit);
        rows.map(|guard| guard.key().map(Bytes::from).map_err(read_error)).collect()
    }

    pub(super) fn acquire(&self) -> u64 {
        self.tracker.acquire(|| self.visible.load(Ordering::Acquire))
    }

    pub(super) fn tracker(&self) -> &SnapshotTracker {
        &self.tracker
    }

    pub(super) fn oldest_view(&self) -> u64 {
        self.tracker.oldest(|| self.visible.load(Ordering::Acquire))
    }

    pub(super) fn seal(&self) {
        for tree in self.trees() {
            tree.rotate_memtable();
        }
    }

    pub(super) fn flush(&self) -> Result<(), Error> {
        for tree in self.trees() {
            let lock = tree.get_flush_lock();
            tree.flush(&lock, self.watermark()).map_err(write_error)?;
        }
        Ok(())
    }

    /// Lets new snapshots see the newest file sets, so that memtables that were flushed are freed.
    pub(super) fn advance_visible_seqno(&self) {
        let seqno = self.seqno.next();
        self.visible.fetch_max(seqno + 1, Ordering::AcqRel);
        let watermark = self.watermark();
        for tree in self.trees() {
            let folder = &tree.tree_config().path;
            if let Err(error) = tree.get_version_history_lock().maintenance(folder, watermark) {
                tracing::warn!(?error, "old file sets of the index could not be removed");
            }
        }
    }

    pub(super) fn compact(&self) -> Result<bool, Error> {
        let mut changed = false;
        for tree in self.trees() {
            let before = tree.current_version().id();
            tree.compact(Arc::new(Leveled::default()), self.watermark()).map_err(write_error)?;
            changed |= tree.current_version().id() != before;
        }
        Ok(changed)
    }

    /// Trees remove files that hold nothing only in a merge, and merge only what has rows; the deletion of a row that
    /// never exists is one.
    pub(super) fn seal_to_merge(&self) {
        for (tree, tag) in [(&self.index, Tag::Store), (&self.content, Tag::Content)] {
            tree.remove(crate::key::whole(tag), self.seqno.next());
        }
        self.seal();
    }

    pub(super) fn merge_all(&self) -> Result<(), Error> {
        for tree in self.trees() {
            tree.major_compact(MERGED_FILE_BYTES, self.watermark()).map_err(write_error)?;
        }
        Ok(())
    }

    pub(super) fn backlog(&self) -> (usize, usize) {
        let trees = self.trees();
        let sealed = trees.iter().map(|tree| tree.sealed_memtable_count()).max().unwrap_or(0);
        let runs = trees.iter().map(|tree| tree.l0_run_count()).max().unwrap_or(0);
        (sealed, runs)
    }

    /// Versions of a row that are replaced by one with a lower number than this are never looked at again.
    fn watermark(&self) -> u64 {
        self.oldest_view().saturating_sub(1)
    }
}

impl fmt::Debug for LsmTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LsmTables").field("visible", &self.visible).finish_non_exhaustive()
    }
}

fn first_key(from: Bound<&[u8]>) -> &[u8] {
    match from {
        Bound::Included(key) | Bound::Excluded(key) => key,
        Bound::Unbounded => &[],
    }
}

fn open_error(dir: &Path, error: lsm_tree::Error) -> OpenError {
    match error {
        lsm_tree::Error::Io(error) => OpenError::io(format!("opening the index in {}", dir.display()), error),
        other => OpenError::Corrupt { what: format!("the index in {}: {other:?}", dir.display()) },
    }
}

fn read_error(error: lsm_tree::Error) -> Error {
    match error {
        lsm_tree::Error::Io(error) => Error::io("reading the index", &error),
        other => Error::corrupt(format!("the index: {other:?}")),
    }
}

fn write_error(error: lsm_tree::Error) -> Error {
    match error {
        lsm_tree::Error::Io(error) => Error::io("writing the index", &error),
        other => Error::corrupt(format!("the index: {other:?}")),
    }
}
