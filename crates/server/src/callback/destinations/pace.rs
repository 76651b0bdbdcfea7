//! The pace at which redelivery gets through the backlog of one application server.

use std::time::Duration;

/// The longest that a delivery is put off at once; the destination may recover sooner than its backlog suggests.
const MAX_PUT_OFF_MS: i64 = 30_000;

/// The duration of attempts, and the backlog that waits in the journal.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// The sliding average of what an attempt takes.
    attempt_us: u64,
    /// The time at which the deliveries that were put off would be done at that pace.
    backlog_ends_us: i64,
}

impl Pace {
    /// Takes the duration of an attempt into the average.
    pub(super) fn record(&mut self, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.attempt_us = (self.attempt_us / 8 * 7).saturating_add(took_us / 8);
    }

    /// Returns when a delivery that the queue has no room for is due again. Those put off are spaced at twice the pace
    /// at which attempts have been ending, so that they do not come back together, and the queue does not run empty
    /// either.
    pub(super) fn put_off(&mut self, now_ms: i64, slots: usize) -> i64 {
        let pace_us = i64::try_from(self.attempt_us / (2 * slots.max(1) as u64)).unwrap_or(i64::MAX).max(1);
        let earliest_us = now_ms * 1000;
        let next_us = self.backlog_ends_us.max(earliest_us).saturating_add(pace_us);
        self.backlog_ends_us = next_us.min(earliest_us + MAX_PUT_OFF_MS * 1000);
        self.backlog_ends_us / 1000 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_off_is_spaced_by_the_average_attempt_and_bounded() {
        let mut pace = Pace::default();
        pace.record(Duration::from_secs(8));
        // An average of one second over two slots.
        assert_eq!([0, 0, 0].map(|now_ms| pace.put_off(now_ms, 2)), [251, 501, 751]);
        let last = (0..200).map(|_| pace.put_off(0, 2)).last();
        assert_eq!(last, Some(MAX_PUT_OFF_MS + 1));
    }
}
