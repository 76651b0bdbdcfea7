//! `GetBucketInfo`: everything about a bucket in one document.

use ossicle_protocol::Timestamp;
use ossicle_protocol::configurations::{
    AccessMonitorConfiguration, TransferAccelerationConfiguration, VersioningStatus,
};
use ossicle_protocol::xml::BucketInfo;

use crate::access::acl::bucket_acl;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::configurations::bucket_versioning;
use crate::oss::endpoints::Endpoints;
use crate::oss::failure::Failure;
use crate::oss::kept;
use crate::oss::resource_group;

/// Runs `GetBucketInfo`.
pub(crate) async fn get_bucket_info(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let bucket = call.bucket()?;
    let endpoints = Endpoints::of(&call.app);
    let store = &call.app.store;
    let monitor = kept::read::<AccessMonitorConfiguration>(store, &bucket.name).await?.unwrap_or_default();
    let acceleration = kept::read::<TransferAccelerationConfiguration>(store, &bucket.name).await?;
    let accelerated = acceleration.is_some_and(|acceleration| acceleration.enabled);
    let document = BucketInfo {
        access_monitor: monitor.status(),
        block_public_access: bucket.block_public_access,
        comment: &bucket.comment,
        creation_date: Timestamp::from_unix_millis(bucket.created_ms),
        data_redundancy_type: &bucket.redundancy,
        extranet_endpoint: &endpoints.extranet,
        intranet_endpoint: &endpoints.intranet,
        location: &endpoints.location,
        name: &bucket.name,
        resource_group_id: resource_group::DEFAULT,
        storage_class: &bucket.storage_class,
        transfer_acceleration: if accelerated { "Enabled" } else { "Disabled" },
        versioning: bucket_versioning::status_of(bucket).map(VersioningStatus::as_str),
        owner: call.owner(),
        acl: bucket_acl(bucket),
        encryption: call.settings()?.encryption()?.map(|rule| &rule.sse),
    };
    Ok(Reply::xml(document.to_xml()))
}
