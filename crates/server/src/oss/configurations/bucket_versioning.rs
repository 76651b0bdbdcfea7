//! Whether a bucket keeps versions of its objects. It is kept with the bucket itself.

use ossicle_protocol::configurations::{VersioningConfiguration, VersioningStatus};
use ossicle_store::{Bucket, Versioning};

use super::Configuration;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

impl Configuration for VersioningConfiguration {
    async fn load(call: &Call) -> Result<Option<Self>, Failure> {
        Ok(Some(Self { status: status_of(call.bucket()?) }))
    }

    async fn save(call: &Call, new: Option<&Self>) -> Result<(), Failure> {
        let versioning = match new.and_then(|new| new.status) {
            None => Versioning::Unset,
            Some(VersioningStatus::Enabled) => Versioning::Enabled,
            Some(VersioningStatus::Suspended) => Versioning::Suspended,
        };
        Ok(call.app.store.set_bucket_versioning(call.bucket_name()?.as_str(), versioning).await?)
    }
}

/// Returns what versioning was set to, if it ever was.
pub(crate) fn status_of(bucket: &Bucket) -> Option<VersioningStatus> {
    match bucket.versioning {
        Versioning::Unset => None,
        Versioning::Enabled => Some(VersioningStatus::Enabled),
        Versioning::Suspended => Some(VersioningStatus::Suspended),
    }
}
