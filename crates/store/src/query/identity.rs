//! Reads of accounts, users, roles, access keys and policies.

use std::ops::Bound;

use super::bucket::FEW;
use crate::engine::{Query, View};
use crate::key::{self, IdentityTable};
use crate::record::{decode_access_key, decode_account, decode_policy, decode_role, decode_user};
use crate::{
    AccessKey, Account, AttachedPolicy, Error, KnownAccessKey, KnownRole, PolicyOwner, PolicyOwnerKind, Role,
    User,
};

/// An access key with whom it belongs to.
pub(crate) struct KnownAccessKeyOf {
    pub(crate) id: String,
}

impl Query for KnownAccessKeyOf {
    type Output = Option<KnownAccessKey>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let Some(row) = view.get(&key::access_key(&self.id)).await? else { return Ok(None) };
        let key = decode_access_key(&self.id, &row)?;
        let account = account(view, &key.account).await?;
        if key.user.is_empty() {
            return Ok(Some(KnownAccessKey { key, account, user: None, policies: Vec::new() }));
        }
        // Deleting a user deletes the keys, so there is one.
        let Some(user) = user(view, &key.account, &key.user).await? else { return Ok(None) };
        let owner = PolicyOwner {
            account: user.account.clone(),
            kind: PolicyOwnerKind::User,
            name: user.name.clone(),
        };
        let policies = policies(view, &owner).await?;
        Ok(Some(KnownAccessKey { key, account, user: Some(user), policies }))
    }
}

/// A role with its policies.
pub(crate) struct KnownRoleOf {
    pub(crate) account: String,
    pub(crate) name: String,
}

impl Query for KnownRoleOf {
    type Output = Option<KnownRole>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let Some(row) = view.get(&key::role(&self.account, &self.name)).await? else { return Ok(None) };
        let role = decode_role(&self.account, &self.name, &row)?;
        let owner = PolicyOwner {
            account: self.account.clone(),
            kind: PolicyOwnerKind::Role,
            name: self.name.clone(),
        };
        let (account, policies) = (account(view, &self.account).await?, policies(view, &owner).await?);
        Ok(Some(KnownRole { role, account, policies }))
    }
}

/// An account.
pub(crate) struct AccountOf {
    pub(crate) uid: String,
}

impl Query for AccountOf {
    type Output = Option<Account>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        account(view, &self.uid).await
    }
}

/// Accounts in order of their ids.
pub(crate) struct Accounts {
    pub(crate) after: String,
    pub(crate) max: usize,
}

impl Query for Accounts {
    type Output = Vec<Account>;

    fn is_long(&self) -> bool {
        self.max > FEW
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let base = key::identities(IdentityTable::Account);
        let rows = after(view, &base, &key::account(&self.after), self.max).await?;
        rows.iter().map(|(uid, row)| decode_account(uid, row)).collect()
    }
}

/// A user.
pub(crate) struct UserOf {
    pub(crate) account: String,
    pub(crate) name: String,
}

impl Query for UserOf {
    type Output = Option<User>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        user(view, &self.account, &self.name).await
    }
}

/// Users of an account in order of their names.
pub(crate) struct Users {
    pub(crate) account: String,
    pub(crate) after: String,
    pub(crate) max: usize,
}

impl Query for Users {
    type Output = Vec<User>;

    fn is_long(&self) -> bool {
        self.max > FEW
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let base = key::user(&self.account, "");
        let rows = after(view, &base, &key::user(&self.account, &self.after), self.max).await?;
        rows.iter().map(|(name, row)| decode_user(&self.account, name, row)).collect()
    }
}

/// Roles of an account in order of their names.
pub(crate) struct Roles {
    pub(crate) account: String,
    pub(crate) after: String,
    pub(crate) max: usize,
}

impl Query for Roles {
    type Output = Vec<Role>;

    fn is_long(&self) -> bool {
        self.max > FEW
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let base = key::role(&self.account, "");
        let rows = after(view, &base, &key::role(&self.account, &self.after), self.max).await?;
        rows.iter().map(|(name, row)| decode_role(&self.account, name, row)).collect()
    }
}

/// One of all access keys, if there are any.
pub(crate) struct AnyAccessKey;

impl Query for AnyAccessKey {
    type Output = Option<AccessKey>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let base = key::identities(IdentityTable::AccessKey);
        let first = after(view, &base, &base, 1).await?;
        first.first().map(|(id, row)| decode_access_key(id, row)).transpose()
    }
}

/// The access keys of a user, or of the account's own if the user is empty.
pub(crate) struct AccessKeys {
    pub(crate) account: String,
    pub(crate) user: String,
}

impl Query for AccessKeys {
    type Output = Vec<AccessKey>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let base = key::key_of_owner(&self.account, &self.user, "");
        let mut keys = Vec::new();
        for (id, _) in after(view, &base, &base, usize::MAX).await? {
            let row = view.get(&key::access_key(&id)).await?;
            keys.extend(row.map(|row| decode_access_key(&id, &row)).transpose()?);
        }
        Ok(keys)
    }
}

/// The policies of a user or a role.
pub(crate) struct Policies {
    pub(crate) owner: PolicyOwner,
}

impl Query for Policies {
    type Output = Vec<AttachedPolicy>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        policies(view, &self.owner).await
    }
}

async fn account(view: &View, uid: &str) -> Result<Option<Account>, Error> {
    let row = view.get(&key::account(uid)).await?;
    row.map(|row| decode_account(uid, &row)).transpose()
}

async fn user(view: &View, account: &str, name: &str) -> Result<Option<User>, Error> {
    let row = view.get(&key::user(account, name)).await?;
    row.map(|row| decode_user(account, name, &row)).transpose()
}

async fn policies(view: &View, owner: &PolicyOwner) -> Result<Vec<AttachedPolicy>, Error> {
    let base = key::policy(owner, "");
    let rows = after(view, &base, &base, usize::MAX).await?;
    rows.iter().map(|(name, row)| decode_policy(name, row)).collect()
}

/// Returns rows whose keys begin with `base` and come after `last`, each with the rest of its key.
async fn after(
    view: &View,
    base: &[u8],
    last: &[u8],
    max: usize,
) -> Result<Vec<(String, bytes::Bytes)>, Error> {
    let end = key::after_prefix(base);
    let rows = view.scan(Bound::Excluded(last), Bound::Excluded(&end), max).await?;
    let named = rows.into_iter().map(|(key, row)| Ok((key::text_after(&key, base)?.to_owned(), row)));
    named.collect()
}
