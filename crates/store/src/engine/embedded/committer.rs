//! The committer: runs queued commands in batches and makes a batch durable with one sync.
//!
//! Two threads do the same: run the commands that wait, then take the write-ahead log, run what has come meanwhile, write,
//! sync, apply and answer. While one syncs the other forms the next batch, on top of the rows in flight; a command
//! that comes alone is written at once. Readers look at the tables, and rows come there only when they are durable.
//! When a batch fails, the one that was formed on top of it is run again without it.

mod background;
mod job;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot::Receiver;

use super::Surroundings;
use super::batch::Batch;
use super::tables::Tables;
use super::versions::Versions;
use super::wal::{SealedSegment, Wal};
use crate::blobs::{BlobGuard, Upkeep};
use crate::engine::write_batch::WriteBatch;
use crate::engine::{Command, CommitObserver};
use crate::health::{Condition, Counters};
use crate::id::IdSource;
use crate::lock::FolderLock;
use crate::sync::{lock, wait, wait_timeout};
use crate::{Durability, Error, OpenError};
use job::{CommandJob, Job};

/// A batch is closed when it is as large as this.
const BATCH_BYTES: usize = 4 << 20;

/// More commands than this do not wait.
const QUEUE_LIMIT: usize = 65_536;

/// Writes wait while this many memtables are being flushed.
const MAX_SEALED_MEMTABLES: usize = 3;

/// Writes wait while there are this many runs of files in level 0 (a write stall).
const MAX_L0_RUNS: usize = 24;

/// What a committer is made of.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) tables: Arc<Tables>,
    pub(super) versions: Arc<Versions>,
    pub(crate) wal: Wal,
    pub(crate) around: Surroundings,
    pub(crate) durability: Durability,
    pub(crate) lazy_delay: Duration,
}

/// The handle commands are given to. Dropping it ends the threads after what is queued.
#[derive(Debug)]
pub(crate) struct Committer {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the threads share.
#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    /// Held by the thread that forms a batch; holds commands that were taken but did not fit into the last.
    forming: Mutex<VecDeque<Box<dyn Job>>>,
    in_flight: Mutex<InFlight>,
    /// Held while a batch is written, synced and applied. `None` after the end.
    wal: Mutex<Option<Wal>>,
    tables: Arc<Tables>,
    versions: Arc<Versions>,
    condition: Arc<Condition>,
    counters: Arc<Counters>,
    ids: Arc<IdSource>,
    upkeep: Upkeep,
    observer: CommitObserver,
    durability: Durability,
    lazy_delay: Duration,
    background: background::Background,
    /// The folder is ours until the last thread has ended.
    _lock: Option<FolderLock>,
}

#[derive(Debug, Default)]
struct Queue {
    jobs: VecDeque<Box<dyn Job>>,
    /// Nobody waits for these.
    lazy: VecDeque<Box<dyn Job>>,
    lazy_since: Option<Instant>,
    closed: bool,
}

/// The batch that was taken to the write-ahead log last.
#[derive(Debug, Default, Clone)]
struct InFlight {
    rows: Option<Arc<WriteBatch>>,
    /// How many batches failed so far.
    failures: u64,
}

impl Committer {
    pub(crate) fn start(setup: Setup) -> Result<Self, OpenError> {
        let Setup { tables, versions, wal, around, durability, lazy_delay } = setup;
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
            forming: Mutex::default(),
            in_flight: Mutex::default(),
            background: background::Background::new(wal.segment_pool()),
            wal: Mutex::new(Some(wal)),
            tables,
            versions,
            condition: around.condition,
            counters: around.counters,
            ids: around.ids,
            upkeep: around.upkeep,
            observer: around.observer,
            durability,
            lazy_delay,
            _lock: around.lock,
        });
        let committer = Self { shared, threads: Mutex::default() };
        committer.spawn("ossicle-commit-1", Shared::commit_loop)?;
        committer.spawn("ossicle-commit-2", Shared::commit_loop)?;
        committer.spawn("ossicle-flush", Shared::flush_loop)?;
        committer.spawn("ossicle-compact", Shared::compact_loop)?;
        Ok(committer)
    }

    fn spawn(&self, name: &str, body: fn(&Shared)) -> Result<(), OpenError> {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || body(&shared))
            .map_err(|e| OpenError::io("starting a thread", e))?;
        lock(&self.threads).push(thread);
        Ok(())
    }

    /// Runs a command and waits until it is durable. If the caller stops waiting, the command happens all the
    /// same. `guard` is a blob the command takes in: it stays if the command succeeds.
    pub(crate) async fn commit<C: Command>(
        &self,
        command: C,
        guard: Option<BlobGuard>,
    ) -> Result<C::Output, Error> {
        self.shared.condition.check_space(C::GROWS)?;
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.submit(Box::new(CommandJob::new(command, Some(reply), guard)))?;
        answer.await.unwrap_or(Err(Error::Closed))
    }

    /// Runs a command as [`Committer::commit`] does, on a thread that may block.
    pub(crate) fn commit_blocking<C: Command>(&self, command: C) -> Result<C::Output, Error> {
        self.shared.condition.check_space(C::GROWS)?;
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.submit(Box::new(CommandJob::new(command, Some(reply), None)))?;
        answer.blocking_recv().unwrap_or(Err(Error::Closed))
    }

    /// Runs a command that nobody waits for with the next batch, or alone after the delay. Its result can be waited for all the
    /// same.
    pub(crate) fn commit_lazily<C: Command>(
        &self,
        command: C,
    ) -> Result<Receiver<Result<C::Output, Error>>, Error> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.submit_lazily(Box::new(CommandJob::new(command, Some(reply), None)))?;
        Ok(answer)
    }

    fn submit_lazily(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let mut queue = lock(&self.shared.queue);
        if queue.closed {
            return Err(Error::Closed);
        }
        if queue.lazy.len() >= QUEUE_LIMIT {
            return Err(Error::Busy);
        }
        queue.lazy.push_back(job);
        if queue.lazy_since.is_none() {
            queue.lazy_since = Some(Instant::now());
            self.shared.wake.notify_one();
        }
        Ok(())
    }

    fn submit(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let mut queue = lock(&self.shared.queue);
        if queue.closed {
            return Err(Error::Closed);
        }
        if queue.jobs.len() >= QUEUE_LIMIT {
            return Err(Error::Busy);
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.shared.wake.notify_one();
        Ok(())
    }

    /// Ends the threads after what is queued, and leaves nothing in the log to be read at the next start. Tells
    /// whether that worked.
    pub(crate) fn close(&self) -> bool {
        self.stop();
        let Some(wal) = lock(&self.shared.wal).take() else { return false };
        if self.shared.condition.check().is_err() {
            return false;
        }
        self.shared.tables.seal();
        let segment_pool = wal.segment_pool();
        let waiting = self.shared.background.take_segments();
        match self.shared.tables.flush() {
            Ok(false) => true,
            Ok(true) => {
                let segments: Vec<_> = waiting.into_iter().chain(wal.close()).collect();
                let recycled = segment_pool.recycle(&segments);
                if let Err(error) = &recycled {
                    tracing::warn!(%error, "files of the log could not be recycled");
                }
                recycled.is_ok()
            }
            Err(error) => {
                tracing::warn!(%error, "the tables could not be flushed; the log has their rows");
                false
            }
        }
    }

    fn stop(&self) {
        lock(&self.shared.queue).closed = true;
        self.shared.wake.notify_all();
        // The committers come first: they may wait for those that flush.
        let mut committers = std::mem::take(&mut *lock(&self.threads));
        let others = committers.split_off(committers.len().min(2));
        for thread in committers {
            let _ = thread.join();
        }
        self.shared.background.stop();
        for thread in others {
            let _ = thread.join();
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Refuses writes should the thread that holds it panic: what it was doing is neither done nor undone.
struct PoisonOnPanic<'a>(&'a Condition);

impl Drop for PoisonOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison("a thread of the store panicked");
        }
    }
}

impl Shared {
    fn commit_loop(&self) {
        let _poison = PoisonOnPanic(&self.condition);
        loop {
            let mut forming = lock(&self.forming);
            if forming.is_empty() {
                match self.wait_for_jobs() {
                    Some(jobs) => forming.extend(jobs),
                    None => return,
                }
            }
            let in_flight = lock(&self.in_flight).clone();
            let mut batch = Batch::new(Arc::clone(&self.tables), in_flight.rows);
            let mut jobs = Vec::with_capacity(forming.len());
            run_jobs(&mut batch, &mut forming, &mut jobs);

            let mut wal = lock(&self.wal);
            // More may have come while the other thread was syncing.
            forming.extend(self.take_jobs());
            run_jobs(&mut batch, &mut forming, &mut jobs);
            if lock(&self.in_flight).failures != in_flight.failures {
                batch = Batch::new(Arc::clone(&self.tables), None);
                for job in &mut jobs {
                    job.run(&mut batch);
                }
            }
            let rows = Arc::new(batch.into_rows());
            lock(&self.in_flight).rows = Some(Arc::clone(&rows));
            drop(forming);
            let outcome = self.write(&mut wal, &rows, jobs.len());
            if outcome.is_err() {
                let mut in_flight = lock(&self.in_flight);
                in_flight.rows = None;
                in_flight.failures += 1;
            }
            drop(wal);
            for job in jobs {
                job.finish(&outcome);
            }
        }
    }

    /// Waits until there is something to do; `None` at the end.
    fn wait_for_jobs(&self) -> Option<VecDeque<Box<dyn Job>>> {
        let mut queue = lock(&self.queue);
        loop {
            let lazy_for = queue.lazy_since.map(|since| since.elapsed());
            let lazy_due = lazy_for.is_some_and(|waited| waited >= self.lazy_delay || queue.closed);
            if !queue.jobs.is_empty() || lazy_due {
                return Some(queue.take());
            }
            if queue.closed {
                return None;
            }
            queue = match lazy_for {
                Some(waited) => wait_timeout(&self.wake, queue, self.lazy_delay.saturating_sub(waited)),
                None => wait(&self.wake, queue),
            };
        }
    }

    fn take_jobs(&self) -> VecDeque<Box<dyn Job>> {
        lock(&self.queue).take()
    }

    /// Makes rows durable and visible.
    fn write(
        &self,
        wal: &mut MutexGuard<'_, Option<Wal>>,
        rows: &WriteBatch,
        jobs: usize,
    ) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let wal = wal.as_mut().ok_or(Error::Closed)?;
        self.condition.check()?;
        self.wait_for_room()?;
        if !wal.has_room(rows) {
            self.switch(wal)?;
        }
        let seqno = self.tables.next_seqno();
        let written = wal.append(seqno, rows).map_err(|e| self.write_failed(&e))?;
        if self.durability == Durability::Durable {
            let start = Instant::now();
            wal.sync().map_err(|e| {
                self.condition.poison(&format!("syncing the log: {e}"));
                self.condition.check().err().unwrap_or(Error::Closed)
            })?;
            let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            Counters::add(&self.counters.sync_us, micros);
        }
        self.tables.apply(seqno, rows);
        self.versions.applied(rows);
        self.observer.committed(rows);
        Counters::add(&self.counters.commits, 1);
        Counters::add(&self.counters.commands, jobs as u64);
        Counters::add(&self.counters.log_bytes, written);
        Ok(())
    }

    /// Lack of space leaves the log as it was; other failures leave it unknown.
    fn write_failed(&self, error: &io::Error) -> Error {
        match Error::io("writing the log", error) {
            full @ Error::DiskFull => full,
            other => {
                self.condition.poison(&other.to_string());
                self.condition.check().err().unwrap_or(other)
            }
        }
    }

    /// Goes on in a fresh segment and has the tables' memory flushed, after which the old one is not needed.
    fn switch(&self, wal: &mut Wal) -> Result<(), Error> {
        if self.durability == Durability::Relaxed {
            self.upkeep.sync_relaxed().map_err(|e| self.write_failed(&e))?;
            wal.sync().map_err(|e| self.write_failed(&e))?;
        }
        if let Err(error) = wal.switch(self.ids.salt()) {
            let error = Error::io("beginning a file of the log", &error);
            self.condition.set_impaired(Some(error.clone()));
            return Err(error);
        }
        self.tables.seal();
        self.background.flush_soon(wal.take_sealed());
        if let Err(full @ Error::DiskFull) = self.upkeep.check_reserve() {
            self.condition.set_impaired(Some(full));
        }
        Ok(())
    }

    /// Waits while the tables are behind; fails if they cannot catch up.
    fn wait_for_room(&self) -> Result<(), Error> {
        loop {
            let (sealed, runs) = self.tables.backlog();
            if sealed < MAX_SEALED_MEMTABLES && runs < MAX_L0_RUNS {
                return Ok(());
            }
            if let Some(error) = self.condition.impaired() {
                return Err(error);
            }
            self.condition.check()?;
            self.background.wait_for_progress(Duration::from_millis(20));
        }
    }

    /// Runs `change` while no batch is being written, unless the log is closed.
    fn between_batches(&self, change: impl FnOnce(&mut Wal)) {
        if let Some(wal) = lock(&self.wal).as_mut() {
            change(wal);
        }
    }

    fn recycle(&self, segments: &[SealedSegment]) -> io::Result<()> {
        self.background.segment_pool().recycle(segments)
    }
}

impl Queue {
    /// Takes what waits. What nobody waits for comes first: its outcome is seen before it is durable, and who saw it may
    /// have queued something that builds on it.
    fn take(&mut self) -> VecDeque<Box<dyn Job>> {
        let mut jobs = std::mem::take(&mut self.lazy);
        jobs.append(&mut self.jobs);
        self.lazy_since = None;
        jobs
    }
}

fn run_jobs(batch: &mut Batch, waiting: &mut VecDeque<Box<dyn Job>>, done: &mut Vec<Box<dyn Job>>) {
    while batch.bytes() < BATCH_BYTES {
        let Some(mut job) = waiting.pop_front() else { return };
        job.run(batch);
        done.push(job);
    }
}
