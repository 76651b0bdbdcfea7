//! Whether the store takes writes, and the figures it shows.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

use crate::Error;
use crate::sync::lock;

/// Whether a store takes writes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// It does.
    Good,
    /// Writes fail for now, such as for lack of space; they resume by themselves.
    Impaired {
        /// Why.
        reason: String,
    },
    /// Writes are refused until the store is opened again.
    Poisoned {
        /// The failure that led to it.
        reason: String,
    },
}

/// Figures for dashboards. Counters start at 0 when the store is opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figures {
    /// Batches that were committed.
    pub commits: u64,
    /// Changes in them.
    pub commands: u64,
    /// Bytes written to the log.
    pub log_bytes: u64,
    /// Time spent syncing the log, in microseconds.
    pub sync_us: u64,
    /// Exchanges with the metadata database, of commits and of queries.
    pub round_trips: u64,
    /// Batches that the metadata database refused as they conflicted with another, and that were run again.
    pub conflicts: u64,
}

/// What went wrong, shared by all that write.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    poison: OnceLock<String>,
    impaired: Mutex<Option<Error>>,
}

impl Condition {
    /// Refuses writes from now on.
    pub(crate) fn poison(&self, cause: &str) {
        tracing::error!(cause, "the store refuses writes until it is opened again");
        let _ = self.poison.set(cause.to_owned());
    }

    /// Fails if writes are refused.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.poison.get() {
            Some(cause) => Err(Error::Poisoned { cause: cause.clone() }),
            None => Ok(()),
        }
    }

    /// Fails if writes are refused, or if there is no space and the write needs some.
    pub(crate) fn check_space(&self, grows: bool) -> Result<(), Error> {
        self.check()?;
        match self.impaired() {
            Some(full @ Error::DiskFull) if grows => Err(full),
            _ => Ok(()),
        }
    }

    /// Remembers how the latest attempt to make room for writes went.
    pub(crate) fn set_impaired(&self, error: Option<Error>) {
        let mut impaired = lock(&self.impaired);
        if let (None, Some(error)) = (&*impaired, &error) {
            tracing::warn!(%error, "the store cannot write for now");
        }
        *impaired = error;
    }

    pub(crate) fn impaired(&self) -> Option<Error> {
        lock(&self.impaired).clone()
    }

    pub(crate) fn health(&self) -> Health {
        match (self.poison.get(), self.impaired()) {
            (Some(reason), _) => Health::Poisoned { reason: reason.clone() },
            (None, Some(error)) => Health::Impaired { reason: error.to_string() },
            (None, None) => Health::Good,
        }
    }
}

/// Counters behind [`Figures`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) commands: AtomicU64,
    pub(crate) log_bytes: AtomicU64,
    pub(crate) sync_us: AtomicU64,
    pub(crate) round_trips: AtomicU64,
    pub(crate) conflicts: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn figures(&self) -> Figures {
        Figures {
            commits: self.commits.load(Ordering::Relaxed),
            commands: self.commands.load(Ordering::Relaxed),
            log_bytes: self.log_bytes.load(Ordering::Relaxed),
            sync_us: self.sync_us.load(Ordering::Relaxed),
            round_trips: self.round_trips.load(Ordering::Relaxed),
            conflicts: self.conflicts.load(Ordering::Relaxed),
        }
    }
}
