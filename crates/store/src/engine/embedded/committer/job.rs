//! A command that waits with whoever waits for it.

use std::fmt::Debug;

use tokio::sync::oneshot;

use crate::Error;
use crate::blobs::BlobGuard;
use crate::engine::Command;
use crate::engine::embedded::batch::Batch;

/// A command of any type.
pub(super) trait Job: Send + Debug {
    /// Runs the command, perhaps again.
    fn run(&mut self, batch: &mut Batch);
    /// Tells what became of it, given what became of the batch.
    fn finish(self: Box<Self>, outcome: &Result<(), Error>);
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
    fn run(&mut self, batch: &mut Batch) {
        self.result = Some(batch.run(&self.command));
    }

    fn finish(self: Box<Self>, outcome: &Result<(), Error>) {
        let result = match (self.result, outcome) {
            (Some(Ok(_)), Err(error)) => Err(error.clone()),
            (Some(result), _) => result,
            (None, _) => Err(Error::Closed),
        };
        if let Some(guard) = self.guard {
            // A poisoned store does not know whether the commit is on the disk, so the file has to stay; the next
            // start finds out.
            match &result {
                Ok(_) | Err(Error::Poisoned { .. }) => guard.keep(),
                Err(_) => drop(guard),
            }
        }
        match self.reply {
            Some(reply) => drop(reply.send(result)),
            None => {
                if let Err(error) = result {
                    tracing::warn!(%error, "a change nobody waited for failed");
                }
            }
        }
    }
}

impl<C: Command> Debug for CommandJob<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommandJob").finish_non_exhaustive()
    }
}
