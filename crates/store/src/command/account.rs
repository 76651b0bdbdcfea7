//! Commands on the settings of the whole account.

use bytes::Bytes;

use super::version::count_up;
use crate::Error;
use crate::engine::{Command, Txn};
use crate::key;
use crate::version_row::VersionRow;

/// Sets or removes a document of the account.
#[derive(Debug)]
pub(crate) struct SetAccountDocument {
    pub(crate) document: u8,
    pub(crate) content: Option<Bytes>,
}

impl Command for SetAccountDocument {
    type Output = ();

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let key = key::document(key::OF_ACCOUNT, self.document);
        match &self.content {
            Some(content) => txn.put(key, content.clone()),
            None => txn.delete(key),
        }
        count_up(txn, VersionRow::Settings).await
    }
}
