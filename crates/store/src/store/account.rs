//! Operations on the settings of a whole account.

use std::sync::Arc;

use bytes::Bytes;

use super::Store;
use crate::command::SetAccountDocument;
use crate::{AccountDocument, Error};

impl Store {
    /// Sets or, with `None`, removes a document of an account.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`] without the account, and failures of the disk.
    pub async fn set_account_document(
        &self,
        account: &str,
        document: AccountDocument,
        content: Option<Vec<u8>>,
    ) -> Result<(), Error> {
        let home = self.home(account)?;
        let command =
            SetAccountDocument { home, document: document as u8, content: content.map(Bytes::from) };
        self.parts.engine.commit(command, None).await
    }

    /// Looks up a document of an account as it was set; shared and kept at hand, so that asking on every request is cheap.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn account_document(
        &self,
        account: &str,
        document: AccountDocument,
    ) -> Result<Option<Arc<[u8]>>, Error> {
        let name = self.home(account)?.in_place_of_bucket();
        self.parts.settings.document(&self.parts.engine, &name, document as u8).await
    }
}
