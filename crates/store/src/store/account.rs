//! Operations on the settings of the whole account.

use std::sync::Arc;

use bytes::Bytes;

use super::Store;
use crate::command::SetAccountDocument;
use crate::key::OF_ACCOUNT;
use crate::{AccountDocument, Error};

impl Store {
    /// Sets or, with `None`, removes a document of the account.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn set_account_document(
        &self,
        document: AccountDocument,
        content: Option<Vec<u8>>,
    ) -> Result<(), Error> {
        let command = SetAccountDocument { document: document as u8, content: content.map(Bytes::from) };
        self.parts.engine.commit(command, None).await
    }

    /// Looks up a document of the account as it was set; shared and kept at hand, so that asking on every request is cheap.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn account_document(&self, document: AccountDocument) -> Result<Option<Arc<[u8]>>, Error> {
        self.parts.settings.document(&self.parts.engine, OF_ACCOUNT, document as u8).await
    }
}
