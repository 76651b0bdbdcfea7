//! Uploads in progress across all buckets: to find those that nobody will finish.

use super::Store;
use crate::query::PendingUploadsAfter;
use crate::{Error, PendingPage, PendingUploads};

impl Store {
    /// Lists uploads in progress in order of bucket, key and upload id, those begun before a time. The work grows with the
    /// uploads that are looked at and with the parts of those that are returned, not with what else the store holds. What
    /// cannot be read is left out; [`Store::fsck`] reports it.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn pending_uploads(&self, which: &PendingUploads) -> Result<PendingPage, Error> {
        self.parts.engine.query(PendingUploadsAfter { which: which.clone() }).await
    }
}
