//! Whether public access to all buckets of the account is blocked, present and future. While it is, no bucket's own setting
//! opens it; `acl` sees to that.

use ossicle_protocol::configurations::PublicAccessBlockConfiguration;
use ossicle_protocol::inputs::Input;
use ossicle_protocol::xml::Document;
use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::AccountDocument;

use super::Configuration;
use crate::access::acl::is_blocked;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// The document of the account, which is the same as that of a bucket.
pub(crate) struct OfAccount(PublicAccessBlockConfiguration);

impl Document for OfAccount {
    const MAX_BODY: usize = PublicAccessBlockConfiguration::MAX_BODY;

    const ELEMENTS: &'static [Input] = PublicAccessBlockConfiguration::ELEMENTS;

    fn parse(body: &[u8]) -> Result<Self, Error> {
        PublicAccessBlockConfiguration::parse(body).map(Self)
    }

    fn to_xml(&self) -> String {
        self.0.to_xml()
    }

    fn unset() -> Result<Self, ErrorCode> {
        PublicAccessBlockConfiguration::unset().map(Self)
    }
}

impl Configuration for OfAccount {
    async fn load(call: &Call) -> Result<Option<Self>, Failure> {
        let block_public_access = is_blocked(&call.app.store, call.owner(), false).await?;
        Ok(Some(Self(PublicAccessBlockConfiguration { block_public_access })))
    }

    /// Stores the document, which is kept only while it blocks.
    async fn save(call: &Call, new: Option<&Self>) -> Result<(), Failure> {
        let document = new.filter(|new| new.0.block_public_access).map(|new| new.to_xml().into_bytes());
        Ok(call
            .app
            .store
            .set_account_document(call.owner(), AccountDocument::PublicAccessBlock, document)
            .await?)
    }
}
