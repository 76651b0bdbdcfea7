//! `GetBucketLifecycle`: the lifecycle rules of a bucket.

use ossicle_protocol::{Error, ErrorCode};

use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `GetBucketLifecycle`.
pub(crate) async fn get_bucket_lifecycle(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let bucket = call.bucket_name()?.as_str();
    let rules = call.app.lifecycle_rules.of(&call.app.store, bucket).await?;
    let rules =
        rules.ok_or_else(|| Error::new(ErrorCode::NoSuchLifecycle).with_detail("BucketName", bucket))?;
    Ok(Reply::xml(rules.to_xml()))
}
