//! Commands on accounts, users, roles, access keys and policies. Each of them counts their version up.

mod access_key;
mod account;
mod policy;
mod role;
mod user;

pub(crate) use access_key::{ChangeAccessKey, CreateAccessKey, DeleteAccessKey, Rotate};
pub(crate) use account::{ChangeAccount, CreateAccount, DeleteAccount};
pub(crate) use policy::{DeletePolicy, PutPolicy};
pub(crate) use role::{ChangeRole, CreateRole, DeleteRole};
pub(crate) use user::{ChangeUser, CreateUser, DeleteUser};

use super::data::scan_prefix;
use crate::engine::Txn;
use crate::{Error, IdentityKind, PolicyOwner, key};

/// The account that something is made for.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    pub(crate) uid: String,
    /// Whether it has to have a row.
    pub(crate) has_row: bool,
}

impl Home {
    /// Returns what stands in the place of a bucket's name for the account's documents.
    pub(crate) fn in_place_of_bucket(&self) -> String {
        key::of_account(self.has_row.then_some(&self.uid))
    }

    /// Fails unless the account exists.
    pub(crate) async fn require<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        if self.has_row && txn.get(&key::account(&self.uid)).await?.is_none() {
            return Err(Error::NoSuchIdentity(IdentityKind::Account));
        }
        Ok(())
    }
}

/// Fails where there is no room for one more row with this prefix.
async fn require_room<T: Txn>(
    txn: &mut T,
    prefix: &[u8],
    kind: IdentityKind,
    most: usize,
) -> Result<(), Error> {
    if scan_prefix(txn, prefix, most).await?.len() >= most {
        return Err(Error::TooManyIdentities { kind, most });
    }
    Ok(())
}

async fn delete_policies_of<T: Txn>(txn: &mut T, owner: &PolicyOwner) -> Result<(), Error> {
    for (key, _) in scan_prefix(txn, &key::policy(owner, ""), usize::MAX).await? {
        txn.delete(key);
    }
    Ok(())
}

/// Deletes the keys of a user, or those of the account's own if the user is empty.
async fn delete_keys_of<T: Txn>(txn: &mut T, account: &str, user: &str) -> Result<(), Error> {
    let prefix = key::key_of_owner(account, user, "");
    for (key, _) in scan_prefix(txn, &prefix, usize::MAX).await? {
        txn.delete(key::access_key(key::text_after(&key, &prefix)?));
        txn.delete(key);
    }
    Ok(())
}
