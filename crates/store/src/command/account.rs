//! Commands on the settings of a whole account.

use bytes::Bytes;

use super::Home;
use super::version::count_up;
use crate::Error;
use crate::engine::{Command, Txn};
use crate::key;
use crate::version_row::VersionRow;

/// Sets or removes a document of an account.
#[derive(Debug)]
pub(crate) struct SetAccountDocument {
    pub(crate) home: Home,
    pub(crate) document: u8,
    pub(crate) content: Option<Bytes>,
}

impl Command for SetAccountDocument {
    type Output = ();

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        self.home.require(txn).await?;
        let key = key::document(&self.home.in_place_of_bucket(), self.document);
        match &self.content {
            Some(content) => txn.put(key, content.clone()),
            None => txn.delete(key),
        }
        count_up(txn, VersionRow::Settings).await
    }
}
