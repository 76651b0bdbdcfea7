//! `GetBucketPublicAccessBlock`: whether public access to a bucket is blocked.

use ossicle_protocol::xml::PublicAccessBlockConfiguration;

use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `GetBucketPublicAccessBlock`.
pub(crate) async fn get_bucket_public_access_block(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let block_public_access = call.bucket()?.block_public_access;
    Ok(Reply::xml(PublicAccessBlockConfiguration { block_public_access }.to_xml()))
}
