//! `GetBucketCallbackPolicy`: the named callbacks of a bucket.

use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::BucketDocument;

use crate::call::Call;
use crate::failure;
use crate::http::reply::Reply;

/// Runs `GetBucketCallbackPolicy`.
pub(crate) fn get_bucket_callback_policy(call: &Call) -> Result<Reply, Error> {
    let bucket = call.bucket_name()?.as_str();
    let found = call.app.store.bucket_document(bucket, BucketDocument::CallbackPolicy);
    let document = found.map_err(failure::from_store)?.ok_or_else(|| {
        Error::new(ErrorCode::BucketCallbackPolicyNotExist).with_detail("BucketName", bucket)
    })?;
    Ok(Reply::xml(String::from_utf8_lossy(&document).into_owned()))
}
