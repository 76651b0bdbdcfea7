//! Commands on roles.

use super::{Home, delete_policies_of, require_room};
use crate::command::version::count_up;
use crate::engine::{Command, Txn};
use crate::key;
use crate::record::{decode_role, encode_role};
use crate::{Error, IdentityKind, MOST_ROLES, PolicyOwner, PolicyOwnerKind, Role, RoleChange};

const NO_SUCH_ROLE: Error = Error::NoSuchIdentity(IdentityKind::Role);
use crate::version_row::VersionRow;

/// Creates a role.
#[derive(Debug)]
pub(crate) struct CreateRole {
    pub(crate) home: Home,
    pub(crate) role: Role,
}

impl Command for CreateRole {
    type Output = ();

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        self.home.require(txn).await?;
        let key = key::role(&self.home.uid, &self.role.name);
        if txn.get(&key).await?.is_some() {
            return Err(Error::IdentityExists(IdentityKind::Role));
        }
        require_room(txn, &key::role(&self.home.uid, ""), IdentityKind::Role, MOST_ROLES).await?;
        txn.put(key, encode_role(&self.role));
        count_up(txn, VersionRow::Identities).await
    }
}

/// Changes a role.
#[derive(Debug)]
pub(crate) struct ChangeRole {
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) change: RoleChange,
}

impl Command for ChangeRole {
    type Output = Role;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Role, Error> {
        let key = key::role(&self.account, &self.name);
        let row = txn.get(&key).await?.ok_or(NO_SUCH_ROLE)?;
        let mut role = decode_role(&self.account, &self.name, &row)?;
        if let Some(trust_policy) = &self.change.trust_policy {
            role.trust_policy.clone_from(trust_policy);
        }
        if let Some(comment) = &self.change.comment {
            role.comment.clone_from(comment);
        }
        role.max_session_s = self.change.max_session_s.unwrap_or(role.max_session_s);
        txn.put(key, encode_role(&role));
        count_up(txn, VersionRow::Identities).await?;
        Ok(role)
    }
}

/// Deletes a role with its policies.
#[derive(Debug)]
pub(crate) struct DeleteRole {
    pub(crate) account: String,
    pub(crate) name: String,
}

impl Command for DeleteRole {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let (account, name) = (self.account.clone(), self.name.clone());
        let key = key::role(&account, &name);
        txn.get(&key).await?.ok_or(NO_SUCH_ROLE)?;
        delete_policies_of(txn, &PolicyOwner { account, kind: PolicyOwnerKind::Role, name }).await?;
        txn.delete(key);
        count_up(txn, VersionRow::Identities).await
    }
}
