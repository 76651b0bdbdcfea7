//! Commands on users.

use super::{Home, delete_keys_of, delete_policies_of, require_room};
use crate::command::version::count_up;
use crate::engine::{Command, Txn};
use crate::key;
use crate::record::{decode_user, encode_user};
use crate::{Error, IdentityChange, IdentityKind, MOST_USERS, PolicyOwner, PolicyOwnerKind, User};

const NO_SUCH_USER: Error = Error::NoSuchIdentity(IdentityKind::User);
use crate::version_row::VersionRow;

/// Creates a user.
#[derive(Debug)]
pub(crate) struct CreateUser {
    pub(crate) home: Home,
    pub(crate) user: User,
}

impl Command for CreateUser {
    type Output = ();

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        self.home.require(txn).await?;
        let key = key::user(&self.home.uid, &self.user.name);
        if txn.get(&key).await?.is_some() {
            return Err(Error::IdentityExists(IdentityKind::User));
        }
        require_room(txn, &key::user(&self.home.uid, ""), IdentityKind::User, MOST_USERS).await?;
        txn.put(key, encode_user(&self.user));
        count_up(txn, VersionRow::Identities).await
    }
}

/// Changes a user.
#[derive(Debug)]
pub(crate) struct ChangeUser {
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) change: IdentityChange,
}

impl Command for ChangeUser {
    type Output = User;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<User, Error> {
        let key = key::user(&self.account, &self.name);
        let row = txn.get(&key).await?.ok_or(NO_SUCH_USER)?;
        let mut user = decode_user(&self.account, &self.name, &row)?;
        user.status = self.change.status.unwrap_or(user.status);
        if let Some(comment) = &self.change.comment {
            user.comment.clone_from(comment);
        }
        txn.put(key, encode_user(&user));
        count_up(txn, VersionRow::Identities).await?;
        Ok(user)
    }
}

/// Deletes a user with its keys and policies.
#[derive(Debug)]
pub(crate) struct DeleteUser {
    pub(crate) account: String,
    pub(crate) name: String,
}

impl Command for DeleteUser {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let (account, name) = (self.account.clone(), self.name.clone());
        let key = key::user(&account, &name);
        txn.get(&key).await?.ok_or(NO_SUCH_USER)?;
        delete_keys_of(txn, &account, &name).await?;
        delete_policies_of(txn, &PolicyOwner { account, kind: PolicyOwnerKind::User, name }).await?;
        txn.delete(key);
        count_up(txn, VersionRow::Identities).await
    }
}
