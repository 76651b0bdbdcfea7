//! Commands of the server's secrets, which are sealed before they come here.

use bytes::Bytes;

use crate::Error;
use crate::engine::{Command, Txn};
use crate::key;
use crate::record::{decode_secret, encode_secret};

/// Keeps a sealed secret, unless there is one of that name already. The output is the one that is kept.
#[derive(Debug)]
pub(crate) struct PutSecretIfAbsent {
    pub(crate) name: String,
    pub(crate) sealed: Bytes,
}

impl Command for PutSecretIfAbsent {
    type Output = Bytes;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Bytes, Error> {
        let key = key::secret(&self.name);
        if let Some(row) = txn.get(&key).await? {
            return decode_secret(&row);
        }
        txn.put(key, encode_secret(&self.sealed));
        Ok(self.sealed.clone())
    }
}
