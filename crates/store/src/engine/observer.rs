//! What the store keeps at hand of the rows and has to hear about when they change.

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::write_batch::WriteBatch;
use crate::due_low_watermark::DueLowWatermark;
use crate::key::Tag;

/// Told of every commit, after its rows became visible and before anybody learns that it happened.
#[derive(Debug, Clone)]
pub(crate) struct CommitObserver {
    /// Counted up after every commit that changes settings of buckets.
    pub(crate) settings_epoch: Arc<AtomicU64>,
    pub(crate) due: Arc<DueLowWatermark>,
}

impl CommitObserver {
    pub(crate) fn committed(&self, batch: &WriteBatch) {
        self.due.applied(batch);
        if [Tag::Bucket, Tag::Document].into_iter().any(|tag| has_rows_of(batch, tag)) {
            self.settings_epoch.fetch_add(1, Ordering::AcqRel);
        }
    }
}

fn has_rows_of(batch: &WriteBatch, tag: Tag) -> bool {
    let from = [tag as u8];
    let bounds = (Bound::Included(from.as_slice()), Bound::Unbounded);
    let first = batch.range::<[u8], _>(bounds).next();
    first.is_some_and(|(key, _)| key.first() == Some(&(tag as u8)))
}
