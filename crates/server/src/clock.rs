//! The time by which things are old. A clock that is set forward while the server runs would make everything old at once, so
//! it counts no further than time has passed since the start.

use std::time::{Duration, Instant};

/// A clock that does not jump ahead.
#[derive(Debug)]
pub(crate) struct SteadyClock {
    begun_ms: i64,
    begun: Instant,
}

impl SteadyClock {
    /// Begins at this time, in milliseconds since 1970.
    pub(crate) fn start(now_ms: i64) -> Self {
        Self { begun_ms: now_ms, begun: Instant::now() }
    }

    /// Returns the time that counts where the clock says this one.
    pub(crate) fn now_ms(&self, clock_ms: i64) -> i64 {
        self.steady_ms(clock_ms, self.begun.elapsed())
    }

    fn steady_ms(&self, clock_ms: i64, elapsed: Duration) -> i64 {
        let elapsed_ms = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        clock_ms.min(self.begun_ms.saturating_add(elapsed_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 60 * 60 * 1000;
    const DAY_MS: i64 = 24 * HOUR_MS;

    #[test]
    fn clocks_that_jump_make_nothing_old() {
        let begun_ms = 1_700_000_000_000;
        let clock = SteadyClock { begun_ms, begun: Instant::now() };
        // What the clock says after an hour, and what is counted.
        let cases = [
            (begun_ms + HOUR_MS, begun_ms + HOUR_MS),
            (begun_ms + HOUR_MS - 500, begun_ms + HOUR_MS - 500),
            (begun_ms + 365 * DAY_MS, begun_ms + HOUR_MS),
            (begun_ms - DAY_MS, begun_ms - DAY_MS),
            (0, 0),
            (i64::MAX, begun_ms + HOUR_MS),
        ];
        for (clock_ms, expected) in cases {
            assert_eq!(clock.steady_ms(clock_ms, Duration::from_secs(3600)), expected, "{clock_ms}");
        }
        assert_eq!(clock.steady_ms(i64::MAX, Duration::MAX), i64::MAX);
    }
}
