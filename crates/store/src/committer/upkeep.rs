//! What goes on behind the commits: flushing the tables' memory, recycling the log, tidying files up.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::{Alarm, Shared, lock};
use crate::log::{SealedSegment, Spares};
use crate::snapshot::Snapshot;
use crate::{Durability, Error};

/// How often work that failed is tried again, and how often a relaxed log is synced.
const PAUSE: Duration = Duration::from_millis(500);

/// Rounds of making room after the last commit: merges that ordinary tidying began take part of the work out of a round's
/// hands.
const ROUNDS: u32 = 4;

/// How many commits there were when room was last made, and how often it was made since.
#[derive(Debug, Default)]
struct RoomMade {
    commits: u64,
    rounds: u32,
}

/// What the threads behind the commits are told.
#[derive(Debug)]
pub(super) struct Upkeep {
    orders: Mutex<Orders>,
    ordered: Condvar,
    progress: Condvar,
    spares: Arc<Spares>,
}

#[derive(Debug, Default)]
struct Orders {
    flush: bool,
    compact: bool,
    stop: bool,
    /// Not needed once what is sealed now is flushed.
    segments: Vec<SealedSegment>,
}

impl Upkeep {
    pub(super) fn new(spares: Arc<Spares>) -> Self {
        // The first round finishes what an earlier process left.
        let orders = Orders { compact: true, ..Orders::default() };
        Self { orders: Mutex::new(orders), ordered: Condvar::new(), progress: Condvar::new(), spares }
    }

    pub(super) fn spares(&self) -> &Spares {
        &self.spares
    }

    pub(super) fn flush_soon(&self, segments: Vec<SealedSegment>) {
        let mut orders = lock(&self.orders);
        orders.segments.extend(segments);
        orders.flush = true;
        self.ordered.notify_all();
    }

    pub(super) fn take_segments(&self) -> Vec<SealedSegment> {
        std::mem::take(&mut lock(&self.orders).segments)
    }

    pub(super) fn stop(&self) {
        lock(&self.orders).stop = true;
        self.ordered.notify_all();
        self.progress.notify_all();
    }

    pub(super) fn wait_for_progress(&self, longest: Duration) {
        let orders = lock(&self.orders);
        drop(self.progress.wait_timeout(orders, longest).unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits until `which` is ordered or the pause is over; `false` at the end.
    fn wait(&self, which: impl Fn(&mut Orders) -> &mut bool) -> Option<bool> {
        let mut orders = lock(&self.orders);
        if !orders.stop && !*which(&mut orders) {
            orders = self.ordered.wait_timeout(orders, PAUSE).unwrap_or_else(PoisonError::into_inner).0;
        }
        (!orders.stop).then(|| std::mem::take(which(&mut orders)))
    }
}

impl Shared {
    pub(super) fn flush_loop(&self) {
        let _alarm = Alarm(&self.condition);
        let mut to_flush = false;
        let mut made = RoomMade::default();
        loop {
            let prepared =
                self.upkeep.spares.prepare().map_err(|e| Error::io("making a file for the log", &e));
            if self.durability == Durability::Relaxed {
                self.sync_relaxed();
            }
            let flushed = if to_flush { self.flush() } else { Ok(()) };
            to_flush = flushed.is_err();
            let trouble = flushed.and(prepared).and_then(|()| self.files.check_reserve()).err();
            let is_full = trouble == Some(Error::DiskFull);
            self.condition.set_impaired(trouble);
            self.upkeep.progress.notify_all();
            if is_full {
                self.make_room(&mut made);
            }
            match self.upkeep.wait(|orders| &mut orders.flush) {
                Some(ordered) => to_flush |= ordered,
                None => return,
            }
        }
    }

    /// Space of deleted rows comes free when files are merged. That waits until there is enough to merge, which
    /// there may never be if nothing can be written; so it is done now, if anything changed since the last time.
    fn make_room(&self, made: &mut RoomMade) {
        let commits = || self.counters.commits.load(Ordering::Relaxed);
        if commits() == made.commits && made.rounds >= ROUNDS {
            return;
        }
        // The first merge finds which files hold nothing any more, and the second removes them. What is committed after
        // the first has begun is for another time, and so is what a reader of an earlier moment may still look at.
        let mut covered = None;
        let mut is_held = false;
        for _ in 0..2 {
            self.between_batches(|_| {
                self.tables.seal_to_merge();
                // The last deletion counts as well, then: rows that it replaced are looked at by nobody.
                self.tables.pass();
                covered.get_or_insert_with(|| (commits(), Snapshot::take(&self.tables).seqno()));
            });
            is_held |= covered.is_some_and(|(_, seqno)| self.tables.oldest_held() < seqno);
            if let Err(error) = self.tables.flush().and_then(|_| self.tables.merge_all()) {
                tracing::debug!(%error, "no room could be made");
            }
            self.between_batches(|_| self.tables.pass());
        }
        if let Some((commits, _)) = covered.filter(|_| !is_held) {
            let rounds = if commits == made.commits { made.rounds + 1 } else { 1 };
            *made = RoomMade { commits, rounds };
        }
    }

    fn flush(&self) -> Result<(), Error> {
        // Whatever is ordered after this is flushed the next time, and so are its segments.
        let segments = self.upkeep.take_segments();
        match self.tables.flush() {
            Ok(true) => {
                self.between_batches(|_| self.tables.pass());
                lock(&self.upkeep.orders).compact = true;
                self.upkeep.ordered.notify_all();
                self.recycle(&segments).map_err(|e| Error::io("recycling the log", &e))
            }
            Ok(false) => Ok(()),
            Err(error) => {
                let mut orders = lock(&self.upkeep.orders);
                orders.segments.splice(0..0, segments);
                Err(error)
            }
        }
    }

    fn sync_relaxed(&self) {
        let mut file = None;
        self.between_batches(|log| file = Some(log.active_file()));
        let Some(file) = file else { return };
        // Files first: the log refers to them.
        if let Err(error) = self.files.sync_relaxed().and_then(|()| file.sync_data()) {
            self.condition.poison(&format!("syncing the log: {error}"));
        }
    }

    pub(super) fn compact_loop(&self) {
        let _alarm = Alarm(&self.condition);
        loop {
            let Some(ordered) = self.upkeep.wait(|orders| &mut orders.compact) else { return };
            if !ordered {
                continue;
            }
            loop {
                match self.tables.compact() {
                    Ok(true) => self.upkeep.progress.notify_all(),
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(%error, "the index could not be tidied up");
                        break;
                    }
                }
                if lock(&self.upkeep.orders).stop {
                    return;
                }
            }
        }
    }
}
