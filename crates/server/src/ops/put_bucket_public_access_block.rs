//! `PutBucketPublicAccessBlock`: blocks public access to a bucket or allows it again. While it is blocked, what the ACLs
//! of the bucket and its objects allow everybody does not count, and no such ACL can be set.

use ossicle_protocol::xml::PublicAccessBlockConfiguration;

use crate::announced::check_document_md5;
use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `PutBucketPublicAccessBlock`.
pub(crate) async fn put_bucket_public_access_block(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let body = body.read(PublicAccessBlockConfiguration::MAX_BODY).await?;
    check_document_md5(call, &body)?;
    let block = PublicAccessBlockConfiguration::parse(&body)?.block_public_access;
    let bucket = call.bucket_name()?.as_str();
    call.app.store.set_bucket_public_access_block(bucket, block).await?;
    Ok(Reply::ok())
}
