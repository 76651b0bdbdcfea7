//! `DeleteBucketPublicAccessBlock`: allows public access to a bucket again; 204 also where it was not blocked.

use ossicle_protocol::Error;

use crate::call::Call;
use crate::failure;
use crate::http::reply::Reply;

/// Runs `DeleteBucketPublicAccessBlock`.
pub(crate) async fn delete_bucket_public_access_block(call: &Call) -> Result<Reply, Error> {
    let bucket = call.bucket_name()?.as_str();
    let set = call.app.store.set_bucket_public_access_block(bucket, false).await;
    set.map_err(failure::from_store)?;
    Ok(Reply::no_content())
}
