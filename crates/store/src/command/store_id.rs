//! The command that gives a store its id.

use crate::Error;
use crate::engine::{Command, Txn};
use crate::key;
use crate::record::{decode_store_id, encode_store_id};

/// Returns the id of the store, which is the one given if it had none.
#[derive(Debug)]
pub(crate) struct NameStore {
    pub(crate) id: [u8; 16],
}

impl Command for NameStore {
    type Output = String;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<String, Error> {
        let id = match txn.get(&key::store_id()).await? {
            Some(row) => decode_store_id(&row)?,
            None => {
                txn.put(key::store_id(), encode_store_id(self.id));
                self.id
            }
        };
        Ok(format!("{:032x}", u128::from_be_bytes(id)))
    }
}
