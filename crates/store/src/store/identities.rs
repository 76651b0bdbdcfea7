//! Operations on accounts, users, roles, access keys and policies. Names are checked before anything is looked up; secrets are
//! sealed, and documents checked, by the caller.

use super::Store;
use crate::command::{
    ChangeAccessKey, ChangeAccount, ChangeRole, ChangeUser, CreateAccessKey, CreateAccount, CreateRole,
    CreateUser, DeleteAccessKey, DeleteAccount, DeletePolicy, DeleteRole, DeleteUser, Home, PutPolicy,
    Rotate,
};
use crate::key::check_identity;
use crate::query::{
    AccessKeys, AccountOf, Accounts, AnyAccessKey, KnownAccessKeyOf, KnownRoleOf, Policies, Roles, UserOf,
    Users, VersionOf,
};
use crate::version_row::VersionRow;
use crate::{
    AccessKey, Account, AttachedPolicy, Error, IdentityChange, IdentityKind, KnownAccessKey, KnownRole,
    PolicyOwner, Role, RoleChange, RotateAccessKey, User,
};

impl Store {
    /// Returns a number that is another after every change of accounts, users, roles, access keys and policies.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn identity_version(&self) -> Result<u64, Error> {
        match self.identity_version_at_hand() {
            Some(version) => Ok(version),
            None => self.parts.engine.query(VersionOf(VersionRow::Identities)).await,
        }
    }

    /// Returns that number if it is known without a look: where no other process changes the store.
    #[must_use]
    pub fn identity_version_at_hand(&self) -> Option<u64> {
        self.parts.engine.version_at_hand(VersionRow::Identities)
    }

    /// Creates an account.
    ///
    /// # Errors
    /// [`Error::IdentityExists`] if its id or its name is taken, and [`Error::InvalidName`].
    pub async fn create_account(&self, account: Account) -> Result<(), Error> {
        check_identity(&account.uid)?;
        check_identity(&account.name)?;
        if self.parts.account.as_ref() == Some(&account.uid) {
            return Err(Error::IdentityExists(IdentityKind::Account));
        }
        self.parts.engine.commit(CreateAccount { account }, None).await
    }

    /// Looks up an account that has a row.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn account(&self, uid: &str) -> Result<Option<Account>, Error> {
        self.parts.engine.query(AccountOf { uid: uid.to_owned() }).await
    }

    /// Lists accounts in order of their ids, after one of them.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn accounts(&self, after: &str, max: usize) -> Result<Vec<Account>, Error> {
        self.parts.engine.query(Accounts { after: after.to_owned(), max }).await
    }

    /// Changes an account.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`].
    pub async fn change_account(&self, uid: &str, change: IdentityChange) -> Result<Account, Error> {
        self.parts.engine.commit(ChangeAccount { uid: uid.to_owned(), change }, None).await
    }

    /// Deletes an account with its own access keys and documents.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`]; [`Error::AccountInUse`] while it has buckets, users or roles.
    pub async fn delete_account(&self, uid: &str) -> Result<(), Error> {
        self.parts.engine.commit(DeleteAccount { uid: uid.to_owned() }, None).await
    }

    /// Creates a user.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`] without the account, [`Error::IdentityExists`] if the name is taken,
    /// [`Error::TooManyIdentities`] and [`Error::InvalidName`].
    pub async fn create_user(&self, user: User) -> Result<(), Error> {
        check_identity(&user.name)?;
        let home = self.home(&user.account)?;
        self.parts.engine.commit(CreateUser { home, user }, None).await
    }

    /// Looks up a user.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn user(&self, account: &str, name: &str) -> Result<Option<User>, Error> {
        let (account, name) = (account.to_owned(), name.to_owned());
        self.parts.engine.query(UserOf { account, name }).await
    }

    /// Lists users of an account in order of their names, after one of them.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn users(&self, account: &str, after: &str, max: usize) -> Result<Vec<User>, Error> {
        let (account, after) = (account.to_owned(), after.to_owned());
        self.parts.engine.query(Users { account, after, max }).await
    }

    /// Changes a user.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`].
    pub async fn change_user(
        &self,
        account: &str,
        name: &str,
        change: IdentityChange,
    ) -> Result<User, Error> {
        let (account, name) = (account.to_owned(), name.to_owned());
        self.parts.engine.commit(ChangeUser { account, name, change }, None).await
    }

    /// Deletes a user with its access keys and policies.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`].
    pub async fn delete_user(&self, account: &str, name: &str) -> Result<(), Error> {
        let (account, name) = (account.to_owned(), name.to_owned());
        self.parts.engine.commit(DeleteUser { account, name }, None).await
    }

    /// Creates a role.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`] without the account, [`Error::IdentityExists`] if the name is taken,
    /// [`Error::TooManyIdentities`] and [`Error::InvalidName`].
    pub async fn create_role(&self, role: Role) -> Result<(), Error> {
        check_identity(&role.name)?;
        let home = self.home(&role.account)?;
        self.parts.engine.commit(CreateRole { home, role }, None).await
    }

    /// Looks up a role with its policies.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn known_role(&self, account: &str, name: &str) -> Result<Option<KnownRole>, Error> {
        let (account, name) = (account.to_owned(), name.to_owned());
        self.parts.engine.query(KnownRoleOf { account, name }).await
    }

    /// Lists roles of an account in order of their names, after one of them.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn roles(&self, account: &str, after: &str, max: usize) -> Result<Vec<Role>, Error> {
        let (account, after) = (account.to_owned(), after.to_owned());
        self.parts.engine.query(Roles { account, after, max }).await
    }

    /// Changes a role.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`].
    pub async fn change_role(&self, account: &str, name: &str, change: RoleChange) -> Result<Role, Error> {
        let (account, name) = (account.to_owned(), name.to_owned());
        self.parts.engine.commit(ChangeRole { account, name, change }, None).await
    }

    /// Deletes a role with its policies.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`].
    pub async fn delete_role(&self, account: &str, name: &str) -> Result<(), Error> {
        let (account, name) = (account.to_owned(), name.to_owned());
        self.parts.engine.commit(DeleteRole { account, name }, None).await
    }

    /// Creates an access key of an account or a user.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`] without the account or the user, [`Error::IdentityExists`] if the id is taken,
    /// [`Error::TooManyIdentities`] and [`Error::InvalidName`].
    pub async fn create_access_key(&self, key: AccessKey) -> Result<(), Error> {
        check_identity(&key.id)?;
        let home = self.home(&key.account)?;
        self.parts.engine.commit(CreateAccessKey { home, key }, None).await
    }

    /// Looks up an access key with whom it belongs to, and what that is allowed.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn known_access_key(&self, id: &str) -> Result<Option<KnownAccessKey>, Error> {
        if check_identity(id).is_err() {
            return Ok(None);
        }
        self.parts.engine.query(KnownAccessKeyOf { id: id.to_owned() }).await
    }

    /// Returns one of all access keys, if there are any: to see whether its secret can be opened.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn any_access_key(&self) -> Result<Option<AccessKey>, Error> {
        self.parts.engine.query(AnyAccessKey).await
    }

    /// Lists the access keys of a user, or of the account's own if the user is empty.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn access_keys(&self, account: &str, user: &str) -> Result<Vec<AccessKey>, Error> {
        let (account, user) = (account.to_owned(), user.to_owned());
        self.parts.engine.query(AccessKeys { account, user }).await
    }

    /// Changes an access key.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`].
    pub async fn change_access_key(&self, id: &str, change: IdentityChange) -> Result<AccessKey, Error> {
        self.parts.engine.commit(ChangeAccessKey { id: id.to_owned(), change }, None).await
    }

    /// Makes a new access key in the place of another, which ends at a time. Other keys of the same owner that have ended
    /// already are deleted.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`], [`Error::IdentityExists`] if the new id is taken, and [`Error::TooManyIdentities`].
    pub async fn rotate_access_key(&self, rotate: RotateAccessKey) -> Result<AccessKey, Error> {
        check_identity(&rotate.id)?;
        self.parts.engine.commit(Rotate { rotate }, None).await
    }

    /// Deletes an access key.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`].
    pub async fn delete_access_key(&self, id: &str) -> Result<(), Error> {
        self.parts.engine.commit(DeleteAccessKey { id: id.to_owned() }, None).await
    }

    /// Attaches a policy to a user or a role, or sets the document of the one of that name.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`], [`Error::TooManyIdentities`] and [`Error::InvalidName`].
    pub async fn put_policy(
        &self,
        owner: PolicyOwner,
        name: &str,
        document: Vec<u8>,
        now_ms: i64,
    ) -> Result<AttachedPolicy, Error> {
        check_identity(name)?;
        let command = PutPolicy { owner, name: name.to_owned(), document, now_ms };
        self.parts.engine.commit(command, None).await
    }

    /// Lists the policies of a user or a role in order of their names.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn policies(&self, owner: PolicyOwner) -> Result<Vec<AttachedPolicy>, Error> {
        self.parts.engine.query(Policies { owner }).await
    }

    /// Takes a policy from a user or a role.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`].
    pub async fn delete_policy(&self, owner: PolicyOwner, name: &str) -> Result<(), Error> {
        self.parts.engine.commit(DeletePolicy { owner, name: name.to_owned() }, None).await
    }

    /// Returns what a command has to know of the account that it makes something for.
    pub(super) fn home(&self, account: &str) -> Result<Home, Error> {
        let has_row = self.parts.account.as_ref().is_some_and(|configured| configured != account);
        if has_row {
            check_identity(account)?;
        }
        Ok(Home { uid: account.to_owned(), has_row })
    }
}
