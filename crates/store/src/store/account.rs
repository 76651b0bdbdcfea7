//! Operations on the settings of the whole account.

use std::sync::Arc;

use bytes::Bytes;

use super::Store;
use crate::command::SetAccountDocument;
use crate::key::OF_ACCOUNT;
use crate::query::BucketDocumentOf;
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
        let number = document as u8;
        let look_up = || self.parts.engine.query(BucketDocumentOf { bucket: OF_ACCOUNT.to_owned(), number });
        self.parts.settings.document(OF_ACCOUNT, number, look_up).await
    }
}
