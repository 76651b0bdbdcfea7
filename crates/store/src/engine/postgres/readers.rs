//! Connections that queries read on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::connection::{Connection, Target};
use super::failure::Failure;
use crate::Error;
use crate::sync::lock;

/// Queries that read at the same time.
const READERS: usize = 16;

/// How long a query waits for others.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long nobody tries to connect after it has failed.
const PAUSE: Duration = Duration::from_millis(100);

/// The connections.
#[derive(Debug)]
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Arc<Connection>>>>,
    permits: Arc<Semaphore>,
    failed: Mutex<Option<(Instant, String)>>,
    runtime: Handle,
}

/// A connection that one query reads on. Dropping it ends the transaction, if one was begun.
#[derive(Debug)]
pub(super) struct Reader {
    connection: Arc<Connection>,
    idle: Arc<Mutex<Vec<Arc<Connection>>>>,
    is_fresh: bool,
    has_begun: AtomicBool,
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    pub(super) fn new(runtime: Handle) -> Self {
        Self {
            idle: Arc::default(),
            permits: Arc::new(Semaphore::new(READERS)),
            failed: Mutex::default(),
            runtime,
        }
    }

    /// Takes a connection, a new one if none is idle.
    pub(super) async fn take(&self, target: &Target) -> Result<Reader, Error> {
        let permit = {
            // Whoever asks may have a runtime without a clock.
            let _clock = self.runtime.enter();
            timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned())
        };
        let permit = permit.await.map_err(|_| Error::Busy)?.map_err(|_| Error::Closed)?;
        let (connection, is_fresh) = match self.take_idle() {
            Some(connection) => (connection, false),
            None => (Arc::new(self.connect(target).await?), true),
        };
        Ok(Reader {
            connection,
            idle: Arc::clone(&self.idle),
            is_fresh,
            has_begun: AtomicBool::new(false),
            _permit: permit,
        })
    }

    /// Closes connections that nobody reads on: one of them was found dead, and the others may be.
    pub(super) fn clear(&self) {
        lock(&self.idle).clear();
    }

    fn take_idle(&self) -> Option<Arc<Connection>> {
        let mut idle = lock(&self.idle);
        while let Some(connection) = idle.pop() {
            if !connection.client.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    async fn connect(&self, target: &Target) -> Result<Connection, Error> {
        if let Some((at, why)) = &*lock(&self.failed)
            && at.elapsed() < PAUSE
        {
            return Err(Failure::Lost(why.clone()).into_error());
        }
        let target = target.clone();
        let connecting = self.runtime.spawn(async move { target.connect_to_read().await });
        match connecting.await.unwrap_or_else(|_| Err(Failure::Refused(Error::Closed))) {
            Ok(connection) => Ok(connection),
            Err(failure) => {
                if let Failure::Lost(why) = &failure {
                    *lock(&self.failed) = Some((Instant::now(), why.clone()));
                }
                Err(failure.into_error())
            }
        }
    }
}

impl Reader {
    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Tells whether nothing was asked on the connection before.
    pub(super) fn is_fresh(&self) -> bool {
        self.is_fresh
    }

    pub(super) async fn begin(&self) -> Result<(), tokio_postgres::Error> {
        self.has_begun.store(true, Ordering::Relaxed);
        self.connection.client.batch_execute("BEGIN").await
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if self.connection.client.is_closed() {
            return;
        }
        if self.has_begun.load(Ordering::Relaxed) {
            self.connection.send("COMMIT");
        }
        lock(&self.idle).push(Arc::clone(&self.connection));
    }
}
