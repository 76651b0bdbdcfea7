//! The queue of commands that wait for a lane.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::job::Job;
use crate::Error;
use crate::sync::lock;

/// More commands than this do not wait.
const QUEUE_LIMIT: usize = 65_536;

/// Commands in one batch at most.
const BATCH_COMMANDS: usize = 512;

pub(super) type Jobs = VecDeque<Box<dyn Job>>;

/// The queue.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Arc<Mutex<Waiting>>,
    wake: Arc<Notify>,
    runtime: Handle,
    lazy_delay: Duration,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: Jobs,
    /// Nobody waits for these.
    lazy: Jobs,
    closed: bool,
}

impl Queue {
    pub(super) fn new(runtime: Handle, lazy_delay: Duration) -> Self {
        Self { waiting: Arc::default(), wake: Arc::default(), runtime, lazy_delay }
    }

    pub(super) fn push(&self, job: Box<dyn Job>) -> Result<(), Error> {
        self.admit()?.jobs.push_back(job);
        self.wake.notify_one();
        Ok(())
    }

    /// Queues a job that goes with the next batch there is, or after a while.
    pub(super) fn push_lazily(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let mut waiting = self.admit()?;
        waiting.lazy.push_back(job);
        if waiting.lazy.len() == 1 {
            let (waiting, wake, delay) = (Arc::clone(&self.waiting), Arc::clone(&self.wake), self.lazy_delay);
            self.runtime.spawn(async move {
                tokio::time::sleep(delay).await;
                lock(&waiting).hurry();
                wake.notify_one();
            });
        }
        Ok(())
    }

    /// Waits until there is something to do; `None` at the end.
    pub(super) async fn take(&self) -> Option<Jobs> {
        loop {
            let woken = self.wake.notified();
            {
                let mut waiting = lock(&self.waiting);
                if !waiting.jobs.is_empty() {
                    waiting.hurry();
                    let count = waiting.jobs.len().min(BATCH_COMMANDS);
                    let jobs = waiting.jobs.drain(..count).collect();
                    if !waiting.jobs.is_empty() {
                        self.wake.notify_one();
                    }
                    return Some(jobs);
                }
                if waiting.closed {
                    return None;
                }
            }
            woken.await;
        }
    }

    /// Takes no more jobs; what waits is done still.
    pub(super) fn close(&self) {
        let mut waiting = lock(&self.waiting);
        waiting.closed = true;
        waiting.hurry();
        drop(waiting);
        // One for every lane that waits, and one that is kept for one that does not yet.
        self.wake.notify_waiters();
        self.wake.notify_one();
    }

    fn admit(&self) -> Result<std::sync::MutexGuard<'_, Waiting>, Error> {
        let waiting = lock(&self.waiting);
        if waiting.closed {
            return Err(Error::Closed);
        }
        if waiting.jobs.len() + waiting.lazy.len() >= QUEUE_LIMIT {
            return Err(Error::Busy);
        }
        Ok(waiting)
    }
}

impl Waiting {
    /// Puts what nobody waits for first: whoever has queued it may have queued something that builds on it.
    fn hurry(&mut self) {
        let mut jobs = std::mem::take(&mut self.lazy);
        jobs.append(&mut self.jobs);
        self.jobs = jobs;
    }
}
