//! Whether looking a row up waits for the disk lately.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A look that takes longer has waited for the disk. From memory, the system's included, it takes a few microseconds, with
/// millions of rows some twenty.
const WAITED: Duration = Duration::from_micros(50);

/// About so many looks are remembered, the newer ones better.
const LOOKS: u64 = 64;

/// What one of [`LOOKS`] weighs.
const ONE: u64 = 1 << 20;

/// This much of what is remembered has to have waited. Where processors are short, a thread is made to wait in the midst
/// of a look now and then, which says nothing about the disk.
const SHARE: u64 = LOOKS * ONE / 8;

/// The looks that waited.
#[derive(Debug, Default)]
pub(super) struct LookupLatency {
    waited: AtomicU64,
}

impl LookupLatency {
    /// Does a look, and counts how long it takes.
    pub(super) fn of<T>(&self, look: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let found = look();
        self.record(started.elapsed());
        found
    }

    /// Threads that do so at once may forget each other's look, which makes no difference.
    fn record(&self, took: Duration) {
        let waited = self.waited.load(Ordering::Relaxed);
        let new = if took > WAITED { ONE } else { 0 };
        self.waited.store(waited - waited / LOOKS + new, Ordering::Relaxed);
    }

    /// Tells whether looks wait for the disk.
    pub(super) fn is_slow(&self) -> bool {
        self.waited.load(Ordering::Relaxed) > SHARE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM_MEMORY: Duration = Duration::from_micros(20);
    const FROM_DISK: Duration = Duration::from_micros(100);

    fn record(latency: &LookupLatency, took: Duration, times: usize) {
        for _ in 0..times {
            latency.record(took);
        }
    }

    #[test]
    fn many_waiting_looks_are_slow_and_are_forgotten() {
        let latency = LookupLatency::default();
        assert!(!latency.is_slow());
        record(&latency, FROM_DISK, 20);
        assert!(latency.is_slow());
        record(&latency, FROM_MEMORY, 200);
        assert!(!latency.is_slow());
    }

    #[test]
    fn every_fourth_look_that_waits_is_enough_and_every_twentieth_is_not() {
        let latency = LookupLatency::default();
        for _ in 0..100 {
            record(&latency, FROM_DISK, 1);
            record(&latency, FROM_MEMORY, 3);
        }
        assert!(latency.is_slow());
        let latency = LookupLatency::default();
        for _ in 0..100 {
            record(&latency, Duration::from_secs(10), 1);
            record(&latency, FROM_MEMORY, 19);
            assert!(!latency.is_slow());
        }
    }
}
