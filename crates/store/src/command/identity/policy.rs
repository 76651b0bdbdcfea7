//! Commands on the policies of users and roles.

use super::require_room;
use crate::command::version::count_up;
use crate::engine::{Command, Txn};
use crate::key;
use crate::record::{decode_policy, encode_policy};
use crate::version_row::VersionRow;
use crate::{AttachedPolicy, Error, IdentityKind, MOST_POLICIES, PolicyOwner, PolicyOwnerKind};

/// Attaches a policy to its owner, or sets the document of the one of that name.
#[derive(Debug)]
pub(crate) struct PutPolicy {
    pub(crate) owner: PolicyOwner,
    pub(crate) name: String,
    pub(crate) document: Vec<u8>,
    pub(crate) now_ms: i64,
}

impl Command for PutPolicy {
    type Output = AttachedPolicy;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<AttachedPolicy, Error> {
        require_owner(txn, &self.owner).await?;
        let key = key::policy(&self.owner, &self.name);
        let before = match txn.get(&key).await? {
            Some(row) => decode_policy(&self.name, &row)?,
            None => {
                let prefix = key::policy(&self.owner, "");
                require_room(txn, &prefix, IdentityKind::Policy, MOST_POLICIES).await?;
                let name = self.name.clone();
                AttachedPolicy { name, created_ms: self.now_ms, ..AttachedPolicy::default() }
            }
        };
        let policy = AttachedPolicy { document: self.document.clone(), updated_ms: self.now_ms, ..before };
        txn.put(key, encode_policy(&policy));
        count_up(txn, VersionRow::Identities).await?;
        Ok(policy)
    }
}

/// Takes a policy from its owner.
#[derive(Debug)]
pub(crate) struct DeletePolicy {
    pub(crate) owner: PolicyOwner,
    pub(crate) name: String,
}

impl Command for DeletePolicy {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        require_owner(txn, &self.owner).await?;
        let key = key::policy(&self.owner, &self.name);
        if txn.get(&key).await?.is_none() {
            return Err(Error::NoSuchIdentity(IdentityKind::Policy));
        }
        txn.delete(key);
        count_up(txn, VersionRow::Identities).await
    }
}

async fn require_owner<T: Txn>(txn: &mut T, owner: &PolicyOwner) -> Result<(), Error> {
    let PolicyOwner { account, kind, name } = owner;
    let (key, kind) = match kind {
        PolicyOwnerKind::User => (key::user(account, name), IdentityKind::User),
        PolicyOwnerKind::Role => (key::role(account, name), IdentityKind::Role),
    };
    if txn.get(&key).await?.is_some() { Ok(()) } else { Err(Error::NoSuchIdentity(kind)) }
}
