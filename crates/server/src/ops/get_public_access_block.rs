//! `GetPublicAccessBlock`: whether public access to all buckets of the account is blocked.

use ossicle_protocol::xml::PublicAccessBlockConfiguration;

use crate::acl::is_blocked;
use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `GetPublicAccessBlock`.
pub(crate) async fn get_public_access_block(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let block_public_access = is_blocked(&call.app.store, false).await?;
    Ok(Reply::xml(PublicAccessBlockConfiguration { block_public_access }.to_xml()))
}
