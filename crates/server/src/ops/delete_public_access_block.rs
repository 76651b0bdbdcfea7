//! `DeletePublicAccessBlock`: leaves public access to each bucket again; 204 also where it was not blocked.

use ossicle_store::AccountDocument;

use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `DeletePublicAccessBlock`.
pub(crate) async fn delete_public_access_block(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    call.app.store.set_account_document(AccountDocument::PublicAccessBlock, None).await?;
    Ok(Reply::no_content())
}
