//! What the store keeps at hand of the rows and has to hear about when they change.

use std::sync::Arc;

use super::write_batch::WriteBatch;
use crate::due_low_watermark::DueLowWatermark;

/// Told of every commit, after its rows became visible and before anybody learns that it happened.
#[derive(Debug, Clone)]
pub(crate) struct CommitObserver {
    pub(crate) due: Arc<DueLowWatermark>,
}

impl CommitObserver {
    pub(crate) fn committed(&self, batch: &WriteBatch) {
        self.due.applied(batch);
    }
}
