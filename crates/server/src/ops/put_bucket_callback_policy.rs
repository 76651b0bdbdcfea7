//! `PutBucketCallbackPolicy`: replaces the named callbacks of a bucket. Their text is kept as it came and read when an
//! upload names one.

use ossicle_protocol::xml::BucketCallbackPolicy;
use ossicle_store::BucketDocument;

use crate::announced::check_document_md5;
use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `PutBucketCallbackPolicy`.
pub(crate) async fn put_bucket_callback_policy(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let body = body.read(BucketCallbackPolicy::MAX_BODY).await?;
    check_document_md5(call, &body)?;
    let policy = BucketCallbackPolicy::parse(&body)?.to_xml().into_bytes();
    let bucket = call.bucket_name()?.as_str();
    call.app.store.set_bucket_document(bucket, BucketDocument::CallbackPolicy, Some(policy)).await?;
    Ok(Reply::ok())
}
