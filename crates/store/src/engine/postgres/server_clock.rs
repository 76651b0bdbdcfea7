//! The database's clock, by which leases go, as far as it is known without asking.

use std::sync::Mutex;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::lease_clock::ClockShift;
use crate::sync::lock;

/// What is known of the database's clock.
#[derive(Debug, Default)]
pub(super) struct ServerClock {
    known: Mutex<Option<(Instant, i64)>>,
    /// Leases go by the caller's clock instead: tests set theirs.
    #[cfg(test)]
    pub(super) callers: std::sync::atomic::AtomicBool,
}

impl ServerClock {
    /// Notes a time that the database has told just now.
    pub(super) fn told(&self, now_ms: i64) {
        *lock(&self.known) = Some((Instant::now(), now_ms));
    }

    /// Returns about the time there: late by as long as the last answer took.
    pub(super) fn now_ms(&self) -> Option<i64> {
        if self.is_callers() {
            return None;
        }
        let (told, now_ms) = (*lock(&self.known))?;
        Some(now_ms.saturating_add(i64::try_from(told.elapsed().as_millis()).unwrap_or(i64::MAX)))
    }

    /// Tells how far it is ahead of this machine's.
    pub(super) fn shift(&self) -> ClockShift {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let local_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        ClockShift::between(local_ms, self.now_ms().unwrap_or(local_ms))
    }

    /// Returns whether leases go by the caller's clock.
    #[cfg(test)]
    pub(super) fn is_callers(&self) -> bool {
        self.callers.load(std::sync::atomic::Ordering::Relaxed)
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "tests have a clock of their own")]
    pub(super) fn is_callers(&self) -> bool {
        false
    }
}
