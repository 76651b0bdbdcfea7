//! When a delivery is due: after a failure, when its outcome never became known, and after the server was killed.

use std::time::Duration;

use ossicle_store::{Delivery, DeliveryState};

use super::backoff::pause_ms;
use super::record::Record;
use super::{Callbacks, Settings};
use crate::app;
use crate::config::Redelivery;

/// A callback has no more URLs than this.
const MOST_URLS: u64 = 5;

/// For resolving, committing and a busy machine, besides the time of the URLs.
const MARGIN: Duration = Duration::from_secs(10);

impl Callbacks {
    /// When a failed delivery is due again: not at all when redelivery is off for its bucket, or when it has been tried
    /// too often or for too long.
    pub(crate) fn next_due(&self, record: &Record, state: DeliveryState) -> Option<i64> {
        let settings = &self.redelivery;
        if state != DeliveryState::Failed || !self.redelivers(&record.message.bucket) {
            return None;
        }
        let now_ms = app::now().unix_millis();
        let attempt = record.message.attempt;
        if attempt >= settings.max_attempts || now_ms - record.created_ms >= self.max_age_ms() {
            return None;
        }
        Some(now_ms + pause_ms(settings.first_delay_ms, settings.max_delay_ms, attempt, rand::random()))
    }

    /// How old a delivery may be that is tried again.
    pub(crate) fn max_age_ms(&self) -> i64 {
        i64::try_from(self.redelivery.max_age_hours.saturating_mul(3_600_000)).unwrap_or(i64::MAX)
    }

    /// When a delivery is due whose outcome never becomes known, so that no callback gets lost between commit and
    /// journal. It covers the longest first attempt; after a crash nobody waits for it, see [`Callbacks::is_orphan`].
    pub(crate) fn due_if_unreported(&self, bucket: &str, now_ms: i64) -> Option<i64> {
        self.redelivers(bucket).then(|| now_ms + self.settings.longest_attempt_ms())
    }

    /// Whether failed callbacks of this bucket are tried again.
    pub(crate) fn redelivers(&self, bucket: &str) -> bool {
        self.redelivery.covers(bucket)
    }

    /// Whether an earlier process had this delivery in hand when it ended: it was about to make the first attempt, or
    /// it had claimed it for another. A claim puts the due time further off than the pause after any failure would.
    pub(crate) fn is_orphan(&self, delivery: &Delivery) -> bool {
        if delivery.updated_ms >= self.started_ms {
            return false;
        }
        let Some(due_ms) = delivery.due_ms else { return false };
        let attempt = Record::from_payload(&delivery.payload).map_or(1, |record| record.message.attempt);
        let settings = &self.redelivery;
        let longest = pause_ms(settings.first_delay_ms, settings.max_delay_ms, attempt, u32::MAX);
        delivery.state == DeliveryState::Pending || due_ms - delivery.updated_ms > longest
    }
}

impl Settings {
    /// Returns how long an attempt may take with all its URLs: without an outcome it is not under way any more.
    pub(crate) fn longest_attempt_ms(&self) -> i64 {
        let timeout_ms = i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX / 16);
        let margin_ms = i64::try_from(MARGIN.as_millis()).unwrap_or(0);
        timeout_ms.saturating_mul(MOST_URLS as i64).saturating_add(margin_ms)
    }
}

impl Redelivery {
    fn covers(&self, bucket: &str) -> bool {
        self.enabled && (self.buckets.is_empty() || self.buckets.iter().any(|covered| covered == bucket))
    }
}
