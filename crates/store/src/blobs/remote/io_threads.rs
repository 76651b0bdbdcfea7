//! The threads that talk with the place. Connections belong to the runtime that opened them, and are shared by all that the
//! store is used from.

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::Error;

/// A runtime, which may be dropped anywhere.
#[derive(Debug)]
pub(super) struct IoThreads(Option<Runtime>);

impl IoThreads {
    pub(super) fn start() -> io::Result<Self> {
        Builder::new_multi_thread()
            .thread_name("ossicle-content")
            .enable_all()
            .build()
            .map(|runtime| Self(Some(runtime)))
    }

    /// Begins something that goes on if nobody waits for it.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> JoinHandle<Result<T, Error>> {
        match &self.0 {
            Some(runtime) => runtime.spawn(work),
            // Only while it is dropped, when there is nobody to ask.
            None => tokio::spawn(async { Err(Error::Closed) }),
        }
    }

    /// Does something and waits for it.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        self.spawn(work).await.unwrap_or(Err(Error::Closed))
    }
}

impl Drop for IoThreads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
