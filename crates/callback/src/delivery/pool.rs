//! Idle connections to application servers.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

use crate::http1::Stream;
use crate::sync;

const MAX_IDLE: usize = 512;

/// The destination of a connection, which has to be that of a callback to carry it. The address is part of it: a name
/// that has moved gets a new connection, and the guard has judged this very address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Destination {
    pub(super) host: String,
    pub(super) address: SocketAddr,
    /// `None` for plain HTTP, otherwise whether the server was told the name.
    pub(super) tls: Option<bool>,
}

#[derive(Debug)]
struct Idle {
    stream: Stream,
    since: Instant,
}

/// Connections that wait for the next callback.
#[derive(Debug)]
pub(super) struct Pool {
    idle: Mutex<Shelf>,
    timeout: Duration,
    per_destination: usize,
}

#[derive(Debug, Default)]
struct Shelf {
    streams: HashMap<Destination, Vec<Idle>>,
    count: usize,
    sweeping: bool,
}

impl Pool {
    pub(super) fn new(timeout: Duration, per_destination: usize) -> Self {
        Self { idle: Mutex::default(), timeout, per_destination }
    }

    /// Takes the connection that was used last, if one is still usable.
    pub(super) async fn take(&self, destination: &Destination) -> Option<Stream> {
        loop {
            let idle = self.pop(destination)?;
            if idle.since.elapsed() < self.timeout && idle.stream.is_idle().await {
                return Some(idle.stream);
            }
        }
    }

    /// Keeps a connection for the next callback.
    pub(super) fn put(self: &Arc<Self>, destination: Destination, stream: Stream) {
        let mut shelf = self.lock();
        if shelf.count >= MAX_IDLE {
            return;
        }
        let streams = shelf.streams.entry(destination).or_default();
        if streams.len() >= self.per_destination {
            return;
        }
        streams.push(Idle { stream, since: Instant::now() });
        shelf.count += 1;
        if !std::mem::replace(&mut shelf.sweeping, true) {
            tokio::spawn(sweep(Arc::downgrade(self), self.timeout));
        }
    }

    fn pop(&self, destination: &Destination) -> Option<Idle> {
        let mut shelf = self.lock();
        let idle = shelf.streams.get_mut(destination)?.pop()?;
        shelf.count -= 1;
        Some(idle)
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        // Nothing under this lock can leave the shelf half changed.
        sync::lock(&self.idle)
    }
}

/// Closes connections that nobody took in time, and ends when none is left.
async fn sweep(pool: std::sync::Weak<Pool>, timeout: Duration) {
    loop {
        tokio::time::sleep(timeout).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut shelf = pool.lock();
        for streams in shelf.streams.values_mut() {
            streams.retain(|idle| idle.since.elapsed() < timeout);
        }
        shelf.streams.retain(|_, streams| !streams.is_empty());
        shelf.count = shelf.streams.values().map(Vec::len).sum();
        if shelf.count == 0 {
            shelf.sweeping = false;
            return;
        }
    }
}
