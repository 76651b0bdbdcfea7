//! Commands on access keys.

use bytes::Bytes;

use super::{Home, require_room};
use crate::command::data::scan_prefix;
use crate::command::version::count_up;
use crate::engine::{Command, Txn};
use crate::key;
use crate::record::{decode_access_key, encode_access_key};
use crate::{
    AccessKey, Error, IdentityChange, IdentityKind, IdentityStatus, MOST_ACCOUNT_KEYS, MOST_USER_KEYS,
    RotateAccessKey,
};

const KIND: IdentityKind = IdentityKind::AccessKey;
use crate::version_row::VersionRow;

/// Creates an access key.
#[derive(Debug)]
pub(crate) struct CreateAccessKey {
    pub(crate) home: Home,
    pub(crate) key: AccessKey,
}

impl Command for CreateAccessKey {
    type Output = ();

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        self.home.require(txn).await?;
        let AccessKey { account, user, .. } = &self.key;
        if !user.is_empty() && txn.get(&key::user(account, user)).await?.is_none() {
            return Err(Error::NoSuchIdentity(IdentityKind::User));
        }
        insert(txn, &self.key).await?;
        count_up(txn, VersionRow::Identities).await
    }
}

/// Makes a key in the place of another, which ends. Keys of the same owner that have ended before make room.
#[derive(Debug)]
pub(crate) struct Rotate {
    pub(crate) rotate: RotateAccessKey,
}

impl Command for Rotate {
    type Output = AccessKey;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<AccessKey, Error> {
        let RotateAccessKey { old, ends_ms, id, sealed_secret, now_ms } = &self.rotate;
        let old = get(txn, old).await?;
        let prefix = key::key_of_owner(&old.account, &old.user, "");
        for (row, _) in scan_prefix(txn, &prefix, usize::MAX).await? {
            let key = get(txn, key::text_after(&row, &prefix)?).await?;
            if key.id != old.id && key.ends_ms.is_some_and(|end| end <= *now_ms) {
                delete(txn, &key);
            }
        }
        let new = AccessKey {
            id: id.clone(),
            account: old.account.clone(),
            user: old.user.clone(),
            status: IdentityStatus::Active,
            sealed_secret: sealed_secret.clone(),
            created_ms: *now_ms,
            comment: old.comment.clone(),
            ..AccessKey::default()
        };
        insert(txn, &new).await?;
        let ends_ms = Some(old.ends_ms.map_or(*ends_ms, |end| end.min(*ends_ms)));
        let old = AccessKey { rotated_ms: Some(*now_ms), ends_ms, ..old };
        txn.put(key::access_key(&old.id), encode_access_key(&old));
        count_up(txn, VersionRow::Identities).await?;
        Ok(new)
    }
}

/// Changes an access key.
#[derive(Debug)]
pub(crate) struct ChangeAccessKey {
    pub(crate) id: String,
    pub(crate) change: IdentityChange,
}

impl Command for ChangeAccessKey {
    type Output = AccessKey;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<AccessKey, Error> {
        let mut key = get(txn, &self.id).await?;
        if let Some(comment) = &self.change.comment {
            key.comment.clone_from(comment);
        }
        if let Some(status) = self.change.status {
            key.status = status;
            if status == IdentityStatus::Active {
                key.ends_ms = None;
            }
        }
        txn.put(key::access_key(&self.id), encode_access_key(&key));
        count_up(txn, VersionRow::Identities).await?;
        Ok(key)
    }
}

/// Deletes an access key.
#[derive(Debug)]
pub(crate) struct DeleteAccessKey {
    pub(crate) id: String,
}

impl Command for DeleteAccessKey {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let key = get(txn, &self.id).await?;
        delete(txn, &key);
        count_up(txn, VersionRow::Identities).await
    }
}

async fn get<T: Txn>(txn: &mut T, id: &str) -> Result<AccessKey, Error> {
    let row = txn.get(&key::access_key(id)).await?.ok_or(Error::NoSuchIdentity(KIND))?;
    decode_access_key(id, &row)
}

async fn insert<T: Txn>(txn: &mut T, key: &AccessKey) -> Result<(), Error> {
    let AccessKey { id, account, user, .. } = key;
    let place = key::access_key(id);
    if txn.get(&place).await?.is_some() {
        return Err(Error::IdentityExists(KIND));
    }
    let most = if user.is_empty() { MOST_ACCOUNT_KEYS } else { MOST_USER_KEYS };
    require_room(txn, &key::key_of_owner(account, user, ""), KIND, most).await?;
    txn.put(place, encode_access_key(key));
    txn.put(key::key_of_owner(account, user, id), Bytes::new());
    Ok(())
}

fn delete<T: Txn>(txn: &mut T, key: &AccessKey) {
    txn.delete(key::access_key(&key.id));
    txn.delete(key::key_of_owner(&key.account, &key.user, &key.id));
}
