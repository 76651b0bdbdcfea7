//! `GetBucketCallbackPolicy`: the named callbacks of a bucket.

use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::BucketDocument;

use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `GetBucketCallbackPolicy`.
pub(crate) async fn get_bucket_callback_policy(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let bucket = call.bucket_name()?.as_str();
    let found = call.app.store.bucket_document(bucket, BucketDocument::CallbackPolicy).await?;
    let document = found.ok_or_else(|| {
        Error::new(ErrorCode::BucketCallbackPolicyNotExist).with_detail("BucketName", bucket)
    })?;
    Ok(Reply::xml(String::from_utf8_lossy(&document).into_owned()))
}
