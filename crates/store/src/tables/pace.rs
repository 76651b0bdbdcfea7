//! How long looking a row up takes lately.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A mean of this many looks, of which newer ones count more.
const LOOKS: u64 = 32;

/// Looks take this long when they wait for the disk. From memory, the system's included, they take a few microseconds.
const SLOW: Duration = Duration::from_micros(20);

/// No look counts as longer. Where processors are short, a thread is made to wait in the midst of a look now and then:
/// that says nothing about the disk, and five such looks in thirty make no difference.
const LONGEST: Duration = Duration::from_micros(100);

/// The mean.
#[derive(Debug, Default)]
pub(super) struct Pace {
    nanoseconds: AtomicU64,
}

impl Pace {
    /// Does a look, and counts how long it takes.
    pub(super) fn of<T>(&self, look: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let found = look();
        self.record(started.elapsed());
        found
    }

    /// Threads that do so at once may forget each other's look, which makes no difference.
    fn record(&self, took: Duration) {
        let took = u64::try_from(took.min(LONGEST).as_nanos()).unwrap_or(u64::MAX);
        let mean = self.nanoseconds.load(Ordering::Relaxed);
        self.nanoseconds.store(mean - mean / LOOKS + took / LOOKS, Ordering::Relaxed);
    }

    /// Whether looks wait for the disk.
    pub(super) fn is_slow(&self) -> bool {
        u128::from(self.nanoseconds.load(Ordering::Relaxed)) > SLOW.as_nanos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_long_looks_are_slow_and_one_is_soon_forgotten() {
        let pace = Pace::default();
        assert!(!pace.is_slow());
        pace.record(Duration::from_secs(10));
        assert!(!pace.is_slow(), "one look says little");
        for _ in 0..100 {
            pace.record(Duration::from_micros(100));
        }
        assert!(pace.is_slow());
        for _ in 0..100 {
            pace.record(Duration::from_micros(5));
        }
        assert!(!pace.is_slow());
        for _ in 0..10 {
            pace.record(Duration::from_secs(10));
            for _ in 0..9 {
                pace.record(Duration::from_micros(5));
            }
            assert!(!pace.is_slow(), "hiccups");
        }
    }
}
