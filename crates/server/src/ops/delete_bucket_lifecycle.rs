//! `DeleteBucketLifecycle`: removes the lifecycle rules of a bucket; 204 also when there are none.

use ossicle_store::BucketDocument;

use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `DeleteBucketLifecycle`.
pub(crate) async fn delete_bucket_lifecycle(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let bucket = call.bucket_name()?.as_str();
    call.app.store.set_bucket_document(bucket, BucketDocument::Lifecycle, None).await?;
    Ok(Reply::no_content())
}
