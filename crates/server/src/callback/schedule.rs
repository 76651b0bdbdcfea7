//! The rules by which deliveries are tried again.

use ossicle_store::DeliveryState;

use super::Callbacks;
use super::backoff::pause_ms;
use super::record::Record;
use crate::app;
use crate::config::Redelivery;

impl Callbacks {
    /// Returns when a failed delivery is due again: never when redelivery is off for its bucket, or when it has been tried
    /// too often or for too long.
    pub(crate) fn next_due(&self, record: &Record, state: DeliveryState) -> Option<i64> {
        let settings = &self.redelivery;
        if state != DeliveryState::Failed || !self.redelivers(&record.message.bucket) {
            return None;
        }
        let now_ms = app::now().unix_millis();
        let attempt = record.message.attempt;
        if attempt >= settings.max_attempts || self.is_too_old(record, now_ms) {
            return None;
        }
        Some(now_ms + pause_ms(settings.first_delay_ms, settings.max_delay_ms, attempt, rand::random()))
    }

    /// Returns whether a delivery is older than those that are tried again.
    pub(crate) fn is_too_old(&self, record: &Record, now_ms: i64) -> bool {
        let max_age_ms = self.redelivery.max_age_hours.saturating_mul(3_600_000);
        now_ms - record.created_ms >= i64::try_from(max_age_ms).unwrap_or(i64::MAX)
    }

    /// Returns whether failed callbacks of this bucket are tried again.
    pub(crate) fn redelivers(&self, bucket: &str) -> bool {
        self.redelivery.covers(bucket)
    }
}

impl Redelivery {
    fn covers(&self, bucket: &str) -> bool {
        self.enabled && (self.buckets.is_empty() || self.buckets.iter().any(|covered| covered == bucket))
    }
}
