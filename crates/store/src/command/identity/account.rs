//! Commands on accounts.

use std::ops::Bound;

use bytes::Bytes;

use super::delete_keys_of;
use crate::command::data::scan_prefix;
use crate::command::version::count_up;
use crate::engine::{Command, Txn};
use crate::key::{self, Tag};
use crate::record::{decode_account, decode_bucket, encode_account};
use crate::version_row::VersionRow;
use crate::{Account, Error, IdentityChange, IdentityKind};

/// Buckets that are looked at in one go.
const BUCKETS_AT_ONCE: usize = 1000;

const NO_SUCH_ACCOUNT: Error = Error::NoSuchIdentity(IdentityKind::Account);

/// Creates an account.
#[derive(Debug)]
pub(crate) struct CreateAccount {
    pub(crate) account: Account,
}

impl Command for CreateAccount {
    type Output = ();

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let Account { uid, name, .. } = &self.account;
        let (key, by_name) = (key::account(uid), key::account_name(name));
        if txn.get(&key).await?.is_some() || txn.get(&by_name).await?.is_some() {
            return Err(Error::IdentityExists(IdentityKind::Account));
        }
        // Buckets of an account that had no row, which has another id since, stay with it.
        if owns_a_bucket(txn, uid).await? {
            return Err(Error::AccountInUse { has: "buckets" });
        }
        txn.put(key, encode_account(&self.account));
        txn.put(by_name, Bytes::copy_from_slice(uid.as_bytes()));
        count_up(txn, VersionRow::Identities).await
    }
}

/// Changes an account.
#[derive(Debug)]
pub(crate) struct ChangeAccount {
    pub(crate) uid: String,
    pub(crate) change: IdentityChange,
}

impl Command for ChangeAccount {
    type Output = Account;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Account, Error> {
        let mut account = get(txn, &self.uid).await?;
        account.status = self.change.status.unwrap_or(account.status);
        if let Some(comment) = &self.change.comment {
            account.comment.clone_from(comment);
        }
        txn.put(key::account(&self.uid), encode_account(&account));
        count_up(txn, VersionRow::Identities).await?;
        Ok(account)
    }
}

/// Deletes an account that has no bucket, user or role, with its own keys and documents.
#[derive(Debug)]
pub(crate) struct DeleteAccount {
    pub(crate) uid: String,
}

impl Command for DeleteAccount {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let account = get(txn, &self.uid).await?;
        for (prefix, has) in [(key::user(&self.uid, ""), "users"), (key::role(&self.uid, ""), "roles")] {
            if !scan_prefix(txn, &prefix, 1).await?.is_empty() {
                return Err(Error::AccountInUse { has });
            }
        }
        if owns_a_bucket(txn, &self.uid).await? {
            return Err(Error::AccountInUse { has: "buckets" });
        }
        delete_keys_of(txn, &self.uid, "").await?;
        let documents = key::documents(&key::of_account(Some(&self.uid)));
        for (document, _) in scan_prefix(txn, &documents, usize::MAX).await? {
            txn.delete(document);
        }
        count_up(txn, VersionRow::Settings).await?;
        txn.delete(key::account_name(&account.name));
        txn.delete(key::account(&self.uid));
        count_up(txn, VersionRow::Identities).await
    }
}

async fn get<T: Txn>(txn: &mut T, uid: &str) -> Result<Account, Error> {
    let row = txn.get(&key::account(uid)).await?.ok_or(NO_SUCH_ACCOUNT)?;
    decode_account(uid, &row)
}

async fn owns_a_bucket<T: Txn>(txn: &mut T, uid: &str) -> Result<bool, Error> {
    let base = key::whole(Tag::Bucket);
    let end = key::after_prefix(&base);
    let mut from = Bound::Included(base.clone());
    loop {
        let rows = txn.scan(from.as_ref().map(AsRef::as_ref), Bound::Excluded(&end), BUCKETS_AT_ONCE).await?;
        for (key, row) in &rows {
            if decode_bucket(key::text_after(key, &base)?, row)?.owner == uid {
                return Ok(true);
            }
        }
        match rows.into_iter().next_back() {
            Some((last, _)) => from = Bound::Excluded(last),
            None => return Ok(false),
        }
    }
}
