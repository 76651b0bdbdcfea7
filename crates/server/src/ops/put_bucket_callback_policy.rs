//! `PutBucketCallbackPolicy`: replaces the named callbacks of a bucket. Their text is kept as it came and read when an
//! upload names one.

use ossicle_protocol::Error;
use ossicle_protocol::xml::BucketCallbackPolicy;
use ossicle_store::BucketDocument;

use crate::announced::check_document_md5;
use crate::call::Call;
use crate::failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `PutBucketCallbackPolicy`.
pub(crate) async fn put_bucket_callback_policy(call: &Call, body: RequestBody) -> Result<Reply, Error> {
    let body = body.read_document(BucketCallbackPolicy::MAX_BODY).await?;
    check_document_md5(call, &body)?;
    let policy = BucketCallbackPolicy::parse(&body)?.to_xml().into_bytes();
    let bucket = call.bucket_name()?.as_str();
    let set = call.app.store.set_bucket_document(bucket, BucketDocument::CallbackPolicy, Some(policy)).await;
    set.map_err(failure::from_store)?;
    Ok(Reply::ok())
}
