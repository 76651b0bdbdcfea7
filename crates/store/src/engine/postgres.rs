//! The engine over a database that speaks PostgreSQL, which any number of nodes share.
//!
//! Commands are run in batches, each one `SERIALIZABLE` transaction on one of a few connections (lanes): the rows that the
//! commands name are read with the transaction's beginning, everything they change is written with its end, and a batch that
//! lost against another is run again. Counters are kept as signed additions a lane, so that they are no conflict. Queries look
//! at one state of the rows, in a read-only transaction that is begun when they look first.

mod batch;
mod connection;
mod failure;
mod job;
mod lane;
mod queue;
mod readers;
mod refusal;
mod rows;
mod schema;
mod server_clock;
mod shared;
pub(super) mod snapshot;
mod write_out;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::{RwLock, oneshot};

use super::{Command, Query, View};
use crate::blobs::BlobGuard;
use crate::engine::embedded::Surroundings;
use crate::engine::embedded::snapshot_tracker::SnapshotTracker;
use crate::lease_clock::ClockShift;
use crate::sync::lock;
use crate::{Error, OpenError, StoreOptions};
use batch::Batch;
use connection::Target;
use job::CommandJob;
use queue::Queue;
use readers::Readers;
pub(crate) use shared::PostgresSetup;
use shared::Shared;
use snapshot::Snapshot;

/// Connections that batches are written on.
const LANES: usize = 2;

/// Threads that drive the connections.
const THREADS: usize = 2;

/// How old the ids of batches become before they are removed. No transaction is open for this long.
const BATCH_ID_MINUTES: u32 = 15;

/// How often they are removed.
const CLEANING_INTERVAL: Duration = Duration::from_mins(5);

/// The engine.
#[derive(Debug)]
pub(crate) struct Postgres {
    shared: Arc<Shared>,
    lanes: std::sync::Mutex<Vec<std::sync::mpsc::Receiver<()>>>,
    /// `None` after the end.
    runtime: Option<Runtime>,
}

impl PostgresSetup {
    pub(crate) fn new(around: Surroundings, options: &StoreOptions) -> Self {
        Self {
            condition: around.condition,
            counters: around.counters,
            observer: around.observer,
            durability: options.durability,
            lazy_delay: options.lazy_delay,
            _lock: around.lock,
        }
    }
}

impl Postgres {
    /// Checks that the database can be used and keeps what it acknowledges, and tells whether it has no tables yet. Nothing is
    /// changed there.
    pub(crate) fn is_new(url: &str, options: &StoreOptions) -> Result<bool, OpenError> {
        let (target, durability) = (Target::parse(url)?, options.durability);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| OpenError::io("starting to talk with the database", e))?;
        runtime.block_on(schema::is_new(&target, durability))
    }

    /// Connects, checks that the database keeps what it acknowledges, and makes or updates the tables.
    pub(crate) fn open(url: &str, setup: PostgresSetup) -> Result<Self, OpenError> {
        let target = Target::parse(url)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("ossicle-pg")
            .enable_all()
            .build()
            .map_err(|e| OpenError::io("starting the threads of the database", e))?;
        let durability = setup.durability;
        let shared = Arc::new(Shared {
            target,
            queue: Queue::new(runtime.handle().clone(), setup.lazy_delay),
            readers: Readers::new(runtime.handle().clone()),
            setup,
            server_clock: Arc::default(),
            views: SnapshotTracker::default(),
            clock: AtomicU64::new(0),
            turn: RwLock::new(()),
            has_left_unknown: AtomicBool::new(false),
        });
        let mut engine = Self { shared, lanes: std::sync::Mutex::default(), runtime: Some(runtime) };
        let target = engine.shared.target.clone();
        let now_ms = engine.block_on(async move { schema::prepare(&target, durability).await })?;
        engine.shared.server_clock.told(now_ms);
        engine.start_lanes();
        Ok(engine)
    }

    pub(crate) async fn commit<C: Command>(
        &self,
        command: C,
        guard: Option<BlobGuard>,
    ) -> Result<C::Output, Error> {
        self.shared.setup.condition.check_space(C::GROWS)?;
        let (reply, answer) = oneshot::channel();
        self.shared.queue.push(Box::new(CommandJob::new(command, Some(reply), guard)))?;
        answer.await.unwrap_or(Err(Error::Closed))
    }

    pub(crate) fn commit_lazily<C: Command>(
        &self,
        command: C,
    ) -> Result<oneshot::Receiver<Result<C::Output, Error>>, Error> {
        let (reply, answer) = oneshot::channel();
        self.shared.queue.push_lazily(Box::new(CommandJob::new(command, Some(reply), None)))?;
        Ok(answer)
    }

    pub(crate) async fn dry_run<C: Command>(&self, command: C) -> Result<C::Output, Error> {
        let reader = self.shared.readers.take(&self.shared.target).await?;
        reader.begin().await.map_err(|e| failure::to_error(&e))?;
        let mut batch = Batch::new(Arc::clone(reader.connection()), &self.shared.server_clock);
        let result = batch.run(&command).await;
        match batch.take_failure() {
            Some(failure) => Err(failure.into_error()),
            None => result,
        }
    }

    pub(crate) async fn query<Q: Query>(&self, query: &Q) -> Result<Q::Output, Error> {
        if query.looks_once() {
            let (view, looked_again) = Snapshot::of_one_look(&self.shared);
            let result = query.run(&View::Postgres(view)).await;
            if !looked_again.load(Ordering::Relaxed) {
                return result;
            }
        }
        query.run(&View::Postgres(Snapshot::new(&self.shared))).await
    }

    pub(crate) fn oldest_view(&self) -> u64 {
        self.shared.views.oldest(|| self.shared.clock.load(Ordering::SeqCst))
    }

    /// Returns about the time by the database's clock.
    pub(crate) fn lease_now_ms(&self) -> Option<i64> {
        self.shared.server_clock.now_ms()
    }

    /// Tells how far the database's clock is ahead of this machine's, about.
    pub(crate) fn clock_shift(&self) -> ClockShift {
        self.shared.server_clock.shift()
    }

    /// Lets leases go by the clock of whoever asks for them.
    #[cfg(test)]
    pub(crate) fn lease_by_callers_clock(&self) {
        self.shared.server_clock.callers.store(true, Ordering::Relaxed);
    }

    /// Takes no more commands and waits for those that wait.
    pub(crate) fn close(&self) -> bool {
        self.shared.queue.close();
        for lane in lock(&self.lanes).drain(..) {
            // An error is the end of the lane as well.
            let _ = lane.recv();
        }
        !self.shared.has_left_unknown.load(Ordering::Acquire)
    }

    fn start_lanes(&mut self) {
        let Some(runtime) = &self.runtime else { return };
        let mut ends = Vec::new();
        for _ in 0..LANES {
            let (ended, end) = std::sync::mpsc::channel();
            runtime.spawn(lane::run(Arc::clone(&self.shared), ended));
            ends.push(end);
        }
        runtime.spawn(schema::clean_regularly(
            Arc::downgrade(&self.shared),
            CLEANING_INTERVAL,
            BATCH_ID_MINUTES,
        ));
        self.lanes = std::sync::Mutex::new(ends);
    }

    /// Runs a future on the engine's threads and waits for it: a thread of another runtime may do that.
    fn block_on<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, OpenError>> + Send + 'static,
    ) -> Result<T, OpenError> {
        let (reply, answer) = std::sync::mpsc::channel();
        if let Some(runtime) = &self.runtime {
            runtime.spawn(async move { reply.send(work.await) });
        }
        answer.recv().unwrap_or_else(|_| Err(Error::Closed.into()))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.close();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
