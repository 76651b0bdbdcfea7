//! Work in the background of the commits: flushing memtables, recycling segments of the log, compaction.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::super::snapshot::Snapshot;
use super::super::wal::{SealedSegment, SegmentPool};
use super::{PoisonOnPanic, Shared};
use crate::sync::{lock, wait_timeout};
use crate::{Durability, Error};

/// How often work that failed is tried again, and how often a relaxed log is synced.
const PAUSE: Duration = Duration::from_millis(500);

/// Rounds of making room after the last commit: a merge leaves out the files that a compaction has begun with, so that one
/// round may not be enough.
const ROUNDS: u32 = 4;

/// The number of commits when room was last made, and how often it was made since.
#[derive(Debug, Default)]
struct LastReclaim {
    commits: u64,
    rounds: u32,
}

/// Requests to the background threads.
#[derive(Debug)]
pub(super) struct Background {
    requests: Mutex<Requests>,
    requested: Condvar,
    progress: Condvar,
    segment_pool: Arc<SegmentPool>,
}

#[derive(Debug, Default)]
struct Requests {
    flush: bool,
    compact: bool,
    stop: bool,
    /// Not needed once what is sealed now is flushed.
    segments: Vec<SealedSegment>,
}

impl Background {
    pub(super) fn new(segment_pool: Arc<SegmentPool>) -> Self {
        // The first round finishes what an earlier process left.
        let requests = Requests { compact: true, ..Requests::default() };
        Self {
            requests: Mutex::new(requests),
            requested: Condvar::new(),
            progress: Condvar::new(),
            segment_pool,
        }
    }

    pub(super) fn segment_pool(&self) -> &SegmentPool {
        &self.segment_pool
    }

    pub(super) fn flush_soon(&self, segments: Vec<SealedSegment>) {
        let mut requests = lock(&self.requests);
        requests.segments.extend(segments);
        requests.flush = true;
        self.requested.notify_all();
    }

    pub(super) fn take_segments(&self) -> Vec<SealedSegment> {
        std::mem::take(&mut lock(&self.requests).segments)
    }

    pub(super) fn stop(&self) {
        lock(&self.requests).stop = true;
        self.requested.notify_all();
        self.progress.notify_all();
    }

    pub(super) fn wait_for_progress(&self, longest: Duration) {
        let requests = lock(&self.requests);
        drop(wait_timeout(&self.progress, requests, longest));
    }

    /// Waits until `which` is requested or the pause is over; `false` at the end.
    fn wait(&self, which: impl Fn(&mut Requests) -> &mut bool) -> Option<bool> {
        let mut requests = lock(&self.requests);
        if !requests.stop && !*which(&mut requests) {
            requests = wait_timeout(&self.requested, requests, PAUSE);
        }
        (!requests.stop).then(|| std::mem::take(which(&mut requests)))
    }
}

impl Shared {
    pub(super) fn flush_loop(&self) {
        let _poison = PoisonOnPanic(&self.condition);
        let mut to_flush = false;
        let mut made = LastReclaim::default();
        loop {
            let prepared = self
                .background
                .segment_pool
                .prepare()
                .map_err(|e| Error::io("making a file for the log", &e));
            if self.durability == Durability::Relaxed {
                self.sync_relaxed();
            }
            let flushed = if to_flush { self.flush() } else { Ok(()) };
            to_flush = flushed.is_err();
            let trouble = flushed.and(prepared).and_then(|()| self.upkeep.check_reserve()).err();
            let is_full = trouble == Some(Error::DiskFull);
            self.condition.set_impaired(trouble);
            self.background.progress.notify_all();
            if is_full {
                self.reclaim_space(&mut made);
            }
            match self.background.wait(|requests| &mut requests.flush) {
                Some(requested) => to_flush |= requested,
                None => return,
            }
        }
    }

    /// Merges all files, so that the space of deleted rows is free, if anything changed since the last time. Compaction would
    /// wait until there is enough to merge, which there may never be while nothing can be written.
    fn reclaim_space(&self, made: &mut LastReclaim) {
        let commits = || self.counters.commits.load(Ordering::Relaxed);
        if commits() == made.commits && made.rounds >= ROUNDS {
            return;
        }
        // The first merge finds the files that hold nothing any more, and the second removes them. Rows committed after the
        // first has begun, and rows that a reader's snapshot still holds, are left to another round.
        let mut covered = None;
        let mut is_held = false;
        for _ in 0..2 {
            self.between_batches(|_| {
                self.tables.seal_to_merge();
                // Without this the rows that the last commit replaced would count as visible still.
                self.tables.advance_visible_seqno();
                covered.get_or_insert_with(|| (commits(), Snapshot::take(&self.tables).seqno()));
            });
            is_held |= covered.is_some_and(|(_, seqno)| self.tables.oldest_view() < seqno);
            if let Err(error) = self.tables.flush().and_then(|_| self.tables.merge_all()) {
                tracing::debug!(%error, "no room could be made");
            }
            self.between_batches(|_| self.tables.advance_visible_seqno());
        }
        if let Some((commits, _)) = covered.filter(|_| !is_held) {
            let rounds = if commits == made.commits { made.rounds + 1 } else { 1 };
            *made = LastReclaim { commits, rounds };
        }
    }

    fn flush(&self) -> Result<(), Error> {
        // Segments handed over after this are recycled after the next flush.
        let segments = self.background.take_segments();
        match self.tables.flush() {
            Ok(true) => {
                self.between_batches(|_| self.tables.advance_visible_seqno());
                lock(&self.background.requests).compact = true;
                self.background.requested.notify_all();
                self.recycle(&segments).map_err(|e| Error::io("recycling the log", &e))
            }
            Ok(false) => Ok(()),
            Err(error) => {
                let mut requests = lock(&self.background.requests);
                requests.segments.splice(0..0, segments);
                Err(error)
            }
        }
    }

    fn sync_relaxed(&self) {
        let mut file = None;
        self.between_batches(|log| file = Some(log.active_file()));
        let Some(file) = file else { return };
        // Files first: the log refers to them.
        if let Err(error) = self.upkeep.sync_relaxed().and_then(|()| file.sync_data()) {
            self.condition.poison(&format!("syncing the log: {error}"));
        }
    }

    pub(super) fn compact_loop(&self) {
        let _poison = PoisonOnPanic(&self.condition);
        loop {
            let Some(requested) = self.background.wait(|requests| &mut requests.compact) else { return };
            if !requested {
                continue;
            }
            loop {
                match self.tables.compact() {
                    Ok(true) => self.background.progress.notify_all(),
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(%error, "compaction of the index failed");
                        break;
                    }
                }
                if lock(&self.background.requests).stop {
                    return;
                }
            }
        }
    }
}
