//! Removing what nothing refers to any more: data files and manifests from the queue that commands fill, files of uploads that
//! came to nothing, and files that a crash left without ever being referred to. Where nodes share blobs, others may be reading
//! what is queued: it is removed after a grace time, and orphans are looked for all the time, by one of them.

mod grace;
mod orphans;

use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use crate::command::{ForgetFile, Reclaim, ReclaimManifest};
use crate::data::Source;
use crate::engine::{Query, Row, View};
use crate::id::DataId;
use crate::key::{self, Tag};
use crate::sync::{lock, wait_timeout};
use crate::{Error, OpenError, StoreOptions};
use grace::Grace;
use orphans::OrphanSearch;
pub(crate) use orphans::find_orphans;

/// Queued items looked at in one round.
const ITEMS: usize = 4096;

/// Extents released in one commit.
const EXTENTS: usize = 1000;

/// Where nodes share blobs, the queue is looked through so often in a grace time.
const ROUNDS_IN_GRACE: u32 = 16;

/// After failures the pause grows to so many times the interval.
const LONGEST_PAUSE: u32 = 32;

/// The thread that removes.
#[derive(Debug)]
pub(crate) struct Reclaimer {
    work: Arc<Work>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Work {
    source: Source,
    interval: Duration,
    stop: Mutex<bool>,
    stopping: Condvar,
    /// The same for what waits for a place that nodes share, and may do so for long.
    stopped: Notify,
    content_grace: Duration,
    /// A crash may have left orphans, which have not been looked for.
    may_have_orphans: AtomicBool,
}

/// What was done, and what it is too early for.
#[derive(Debug)]
struct Progress {
    /// What is queued.
    queued: Grace,
    /// When the queue is looked through next.
    next_round: Instant,
    orphans: OrphanSearch,
}

impl Reclaimer {
    pub(crate) fn start(
        source: Source,
        options: &StoreOptions,
        may_have_orphans: bool,
    ) -> Result<Self, OpenError> {
        // Those that nodes share are looked for all the time.
        let may_have_orphans = may_have_orphans && !source.blobs.is_shared();
        let work = Arc::new(Work {
            source,
            interval: options.reclaim_interval,
            stop: Mutex::new(false),
            stopping: Condvar::new(),
            stopped: Notify::new(),
            content_grace: options.content_grace,
            may_have_orphans: AtomicBool::new(may_have_orphans),
        });
        // Of its own, so that it goes on whatever becomes of the one that the store was opened on. One thing is done at a time.
        let runtime = Builder::new_current_thread()
            .thread_name("ossicle-remove")
            .max_blocking_threads(1)
            .build()
            .map_err(|e| OpenError::io("starting a thread", e))?;
        let body = Arc::clone(&work);
        let orphans = OrphanSearch::new(options);
        let thread = std::thread::Builder::new()
            .name("ossicle-reclaim".to_owned())
            .spawn(move || body.run(&runtime, orphans))
            .map_err(|e| OpenError::io("starting a thread", e))?;
        Ok(Self { work, thread: Mutex::new(Some(thread)) })
    }

    pub(crate) fn stop(&self) {
        *lock(&self.work.stop) = true;
        self.work.stopping.notify_all();
        self.work.stopped.notify_one();
        if let Some(thread) = lock(&self.thread).take() {
            let _ = thread.join();
        }
    }

    /// Tells whether orphans are still to be looked for.
    pub(crate) fn has_orphans_to_find(&self) -> bool {
        self.work.may_have_orphans.load(Ordering::Acquire)
    }
}

impl Drop for Reclaimer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Work {
    fn run(&self, runtime: &Runtime, orphans: OrphanSearch) {
        let mut pause = self.interval;
        let grace = if self.source.blobs.is_shared() { self.content_grace } else { Duration::ZERO };
        let mut progress = Progress { queued: Grace::new(grace), next_round: Instant::now(), orphans };
        loop {
            let stopped = lock(&self.stop);
            if *stopped {
                return;
            }
            if *wait_timeout(&self.stopping, stopped, pause) {
                return;
            }
            match runtime.block_on(self.turn(&mut progress)) {
                Ok(()) => pause = self.interval,
                Err(Error::Closed) => return,
                Err(error) => {
                    tracing::warn!(%error, "space could not be reclaimed; trying again later");
                    pause = (pause * 2).min(self.interval * LONGEST_PAUSE);
                }
            }
        }
    }

    async fn turn(&self, progress: &mut Progress) -> Result<(), Error> {
        if self.source.blobs.is_shared() {
            return tokio::select! {
                outcome = self.shared_turn(progress) => outcome,
                () = self.stopped.notified() => Err(Error::Closed),
            };
        }
        let abandoned = self.source.blobs.remove_abandoned().await;
        self.remove_orphans().await.and(self.round(&mut progress.queued).await).and(abandoned)
    }

    /// Does the same where nodes share blobs, a little at a time: all of them do it.
    async fn shared_turn(&self, progress: &mut Progress) -> Result<(), Error> {
        let mut outcome = self.source.blobs.remove_abandoned().await;
        let now = Instant::now();
        if now >= progress.next_round {
            progress.next_round = now + self.content_grace / ROUNDS_IN_GRACE;
            outcome = outcome.and(self.round(&mut progress.queued).await);
        }
        outcome.and(progress.orphans.turn(&self.source, now).await)
    }

    /// Removes what is queued, unless someone may still read it. What cannot be removed does not hold up the rest.
    async fn round(&self, grace: &mut Grace) -> Result<(), Error> {
        let mut from = Bound::Included(key::whole(Tag::Reclaim));
        let mut outcome = Ok(());
        loop {
            let (queued_before, queue) = self.source.engine.query(Queued { from: from.clone() }).await?;
            // An earlier state may still refer to what is queued. Readers that went on to files have pinned them.
            let Some((last, _)) = queue.last() else {
                grace.forget_unseen();
                return outcome;
            };
            if self.source.engine.oldest_view() < queued_before {
                return outcome;
            }
            from = Bound::Excluded(last.clone());
            outcome = outcome.and(self.remove_queued(queue, grace).await);
            if *lock(&self.stop) {
                return outcome;
            }
        }
    }

    async fn remove_queued(&self, queue: Vec<Row>, grace: &mut Grace) -> Result<(), Error> {
        let now = Instant::now();
        let (mut blobs, mut manifests) = (Vec::new(), Vec::new());
        let mut outcome = Ok(());
        for (key, row) in queue {
            match queued_id(&key).and_then(|id| Ok((id, Reclaim::from_row(&row)?))) {
                Ok((id, _)) if !grace.has_passed(id, now) || self.source.blobs.is_pinned(id) => {}
                Ok((id, Reclaim::File)) => blobs.push(id),
                Ok((id, Reclaim::Manifest)) => manifests.push(id),
                Err(error) => outcome = Err(error),
            }
        }
        // Blobs first: where the disk is full, theirs is the space that comes free.
        if !blobs.is_empty() {
            let removed = self.source.blobs.remove(blobs).await;
            if !removed.gone.is_empty() {
                self.source.engine.commit(ForgetFile { ids: removed.gone }, None).await?;
            }
            outcome = outcome.and(removed.outcome);
        }
        for id in manifests {
            while self.source.engine.commit(ReclaimManifest { id, limit: EXTENTS }, None).await? {}
        }
        outcome
    }

    /// Removes data files of an earlier process that never became part of anything.
    async fn remove_orphans(&self) -> Result<(), Error> {
        if !self.may_have_orphans.load(Ordering::Acquire) {
            return Ok(());
        }
        let orphans = find_orphans(&self.source, &|| !*lock(&self.stop)).await?;
        if !orphans.is_empty() {
            self.source.blobs.remove(orphans.iter().copied().collect()).await.outcome?;
            tracing::info!(files = orphans.len(), "removed data files that a crash left unused");
        }
        self.may_have_orphans.store(false, Ordering::Release);
        Ok(())
    }
}

/// Items of the queue after one of them, and the number of the state they were found in.
struct Queued {
    from: Bound<Bytes>,
}

impl Query for Queued {
    type Output = (u64, Vec<Row>);

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let from = self.from.as_ref().map(AsRef::as_ref);
        let to = key::after_prefix(&[Tag::Reclaim as u8]);
        let queue = view.scan(from, Bound::Excluded(&to), ITEMS).await?;
        Ok((view.seqno(), queue))
    }
}

pub(crate) fn queued_id(key: &[u8]) -> Result<DataId, Error> {
    let id = key.last_chunk::<16>().ok_or_else(|| Error::corrupt("what waits to be removed"))?;
    Ok(DataId::from_bytes(*id))
}
