//! `PutBucketCors`: sets the rules by which browsers may use a bucket.

use ossicle_protocol::CorsRules;
use ossicle_store::BucketDocument;

use crate::announced::check_document_md5;
use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `PutBucketCors`.
pub(crate) async fn put_bucket_cors(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let body = body.read(CorsRules::MAX_BODY).await?;
    check_document_md5(call, &body)?;
    let rules = CorsRules::parse(&body)?.to_xml().into_bytes();
    let bucket = call.bucket_name()?.as_str();
    let store = &call.app.store;
    store.set_bucket_document(bucket, BucketDocument::Cors, Some(rules)).await?;
    Ok(Reply::ok())
}
