//! `DeleteBucketPublicAccessBlock`: allows public access to a bucket again; 204 also where it was not blocked.

use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `DeleteBucketPublicAccessBlock`.
pub(crate) async fn delete_bucket_public_access_block(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let bucket = call.bucket_name()?.as_str();
    call.app.store.set_bucket_public_access_block(bucket, false).await?;
    Ok(Reply::no_content())
}
