//! `PutPublicAccessBlock`: blocks public access to all buckets of the account, present and future, or leaves it to each of
//! them again. While it is blocked, no bucket's own setting opens it.

use ossicle_protocol::xml::PublicAccessBlockConfiguration;
use ossicle_store::AccountDocument;

use crate::announced::check_document_md5;
use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `PutPublicAccessBlock`. The document is kept only while it blocks.
pub(crate) async fn put_public_access_block(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let body = body.read(PublicAccessBlockConfiguration::MAX_BODY).await?;
    check_document_md5(call, &body)?;
    let configuration = PublicAccessBlockConfiguration::parse(&body)?;
    let content = configuration.block_public_access.then(|| configuration.to_xml().into_bytes());
    call.app.store.set_account_document(AccountDocument::PublicAccessBlock, content).await?;
    Ok(Reply::ok())
}
