//! A command that waits with whoever waits for it.

use std::fmt::Debug;
use std::pin::Pin;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::batch::Batch;
use crate::Error;
use crate::blobs::BlobGuard;
use crate::engine::{Command, FoundRows};

/// What became of a job.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// The batch was committed: the answers hold.
    Committed,
    /// Nothing of it happened.
    Failed(Error),
    /// It may have happened.
    Unknown(Error),
}

/// A command of any type.
pub(super) trait Job: Send + Debug {
    /// Names rows that the command is going to read.
    fn reads(&self, keys: &mut Vec<Bytes>);
    /// Names rows that it is going to read besides, as those tell.
    fn reads_then(&self, found: &FoundRows<'_>, keys: &mut Vec<Bytes>);
    /// Tells whether the command is going to ask for the time.
    fn asks_time(&self) -> bool;
    /// Runs the command, perhaps again.
    fn run<'a>(&'a mut self, batch: &'a mut Batch) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
    /// Tells what became of it.
    fn finish(self: Box<Self>, outcome: &Outcome);
}

pub(super) struct CommandJob<C: Command> {
    command: C,
    result: Option<Result<C::Output, Error>>,
    reply: Option<oneshot::Sender<Result<C::Output, Error>>>,
    guard: Option<BlobGuard>,
}

impl<C: Command> CommandJob<C> {
    pub(super) fn new(
        command: C,
        reply: Option<oneshot::Sender<Result<C::Output, Error>>>,
        guard: Option<BlobGuard>,
    ) -> Self {
        Self { command, result: None, reply, guard }
    }
}

impl<C: Command> Job for CommandJob<C> {
    fn reads(&self, keys: &mut Vec<Bytes>) {
        self.command.reads(keys);
    }

    fn reads_then(&self, found: &FoundRows<'_>, keys: &mut Vec<Bytes>) {
        self.command.reads_then(found, keys);
    }

    fn asks_time(&self) -> bool {
        self.command.asks_time()
    }

    fn run<'a>(&'a mut self, batch: &'a mut Batch) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move { self.result = Some(batch.run(&self.command).await) })
    }

    fn finish(self: Box<Self>, outcome: &Outcome) {
        let result = match (self.result, outcome) {
            (_, Outcome::Failed(error) | Outcome::Unknown(error)) => Err(error.clone()),
            (Some(result), Outcome::Committed) => result,
            (None, Outcome::Committed) => Err(Error::Closed),
        };
        if let Some(guard) = self.guard {
            // What may have been committed refers to the blob.
            match (&result, outcome) {
                (Ok(_), _) | (_, Outcome::Unknown(_)) => guard.keep(),
                (Err(_), _) => drop(guard),
            }
        }
        if let Some(reply) = self.reply
            && let Err(Err(error)) = reply.send(result)
        {
            tracing::debug!(%error, "a change nobody waited for failed");
        }
    }
}

impl<C: Command> Debug for CommandJob<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommandJob").finish_non_exhaustive()
    }
}
