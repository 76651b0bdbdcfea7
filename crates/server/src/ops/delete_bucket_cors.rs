//! `DeleteBucketCors`: removes the CORS rules of a bucket; 204 also when there are none.

use ossicle_protocol::Error;
use ossicle_store::BucketDocument;

use crate::call::Call;
use crate::failure;
use crate::http::reply::Reply;

/// Runs `DeleteBucketCors`.
pub(crate) async fn delete_bucket_cors(call: &Call) -> Result<Reply, Error> {
    let bucket = call.bucket_name()?.as_str();
    let removed = call.app.store.set_bucket_document(bucket, BucketDocument::Cors, None).await;
    removed.map_err(failure::from_store)?;
    Ok(Reply::no_content())
}
