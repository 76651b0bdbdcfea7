//! Accounts, their users and roles, the access keys of accounts and users, and the policies of users and roles.

use super::object::UnknownFields;

/// Most users of an account.
pub const MOST_USERS: usize = 5000;
/// Most roles of an account.
pub const MOST_ROLES: usize = 1000;
/// Most access keys of an account's own.
pub const MOST_ACCOUNT_KEYS: usize = 5;
/// Most access keys of a user.
pub const MOST_USER_KEYS: usize = 2;
/// Most policies of a user or a role.
pub const MOST_POLICIES: usize = 10;
/// The longest policy document, in characters.
pub const LONGEST_POLICY: usize = 6144;

/// Whether an account, a user or an access key counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdentityStatus {
    /// It does.
    #[default]
    Active,
    /// It does not, until it is made active again.
    Disabled,
}

/// An account: the owner of buckets, users and roles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// Its id, in digits.
    pub uid: String,
    /// Its name, which no other account has.
    pub name: String,
    /// Whether its keys, and those of its users and roles, count.
    pub status: IdentityStatus,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// Free text.
    pub comment: String,
    /// What a later version keeps with it.
    pub unknown: UnknownFields,
}

/// A user of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct User {
    /// The account's id.
    pub account: String,
    /// The name, which no other user of the account has.
    pub name: String,
    /// The id, which no other user ever has.
    pub id: String,
    /// Whether the user's keys count.
    pub status: IdentityStatus,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// Free text.
    pub comment: String,
    /// What a later version keeps with it.
    pub unknown: UnknownFields,
}

/// A role of an account, which others may take for a time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Role {
    /// The account's id.
    pub account: String,
    /// The name, which no other role of the account has.
    pub name: String,
    /// The id, which no other role ever has: not even one of the same name that is made later.
    pub id: String,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// The document that says who may take the role.
    pub trust_policy: Vec<u8>,
    /// The longest time for which the role is taken, in seconds.
    pub max_session_s: u32,
    /// Free text.
    pub comment: String,
    /// What a later version keeps with it.
    pub unknown: UnknownFields,
}

/// An access key of an account or of a user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessKey {
    /// Its id, which no other key has.
    pub id: String,
    /// The account's id.
    pub account: String,
    /// The user's name; empty for a key of the account itself.
    pub user: String,
    /// Whether it counts.
    pub status: IdentityStatus,
    /// The secret, sealed by the caller.
    pub sealed_secret: Vec<u8>,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// When another key was made to take its place.
    pub rotated_ms: Option<i64>,
    /// From when on it does not count any more.
    pub ends_ms: Option<i64>,
    /// Free text.
    pub comment: String,
    /// What a later version keeps with it.
    pub unknown: UnknownFields,
}

impl AccessKey {
    /// Tells whether it counts at this time.
    #[must_use]
    pub fn is_active(&self, now_ms: i64) -> bool {
        self.status == IdentityStatus::Active && self.ends_ms.is_none_or(|end| now_ms < end)
    }
}

/// A user or a role, to attach policies to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyOwner {
    /// The account's id.
    pub account: String,
    /// Which of them it is.
    pub kind: PolicyOwnerKind,
    /// Its name.
    pub name: String,
}

/// Who has policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum PolicyOwnerKind {
    /// A user.
    User = 1,
    /// A role.
    Role = 2,
}

/// A policy that is attached to a user or a role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttachedPolicy {
    /// Its name, which no other policy of the same owner has.
    pub name: String,
    /// The document as it was set.
    pub document: Vec<u8>,
    /// When it was attached, in milliseconds since 1970.
    pub created_ms: i64,
    /// When its document was set last.
    pub updated_ms: i64,
    /// What a later version keeps with it.
    pub unknown: UnknownFields,
}

/// An access key with everything that tells whose it is, from one state of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAccessKey {
    /// The key.
    pub key: AccessKey,
    /// The account; none if it has no row, as the configured one.
    pub account: Option<Account>,
    /// The user, if it is a user's.
    pub user: Option<User>,
    /// The user's policies.
    pub policies: Vec<AttachedPolicy>,
}

/// A role with its policies, from one state of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRole {
    /// The role.
    pub role: Role,
    /// The account; none if it has no row, as the configured one.
    pub account: Option<Account>,
    /// Its policies.
    pub policies: Vec<AttachedPolicy>,
}

/// Changes of an account, a user or an access key. What is none stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdentityChange {
    /// Whether it counts. A key that is made active again has no end any more.
    pub status: Option<IdentityStatus>,
    /// Free text.
    pub comment: Option<String>,
}

/// Changes of a role. What is none stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleChange {
    /// The document that says who may take the role.
    pub trust_policy: Option<Vec<u8>>,
    /// The longest time for which the role is taken, in seconds.
    pub max_session_s: Option<u32>,
    /// Free text.
    pub comment: Option<String>,
}

/// A key to take the place of another of the same owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotateAccessKey {
    /// The key that ends.
    pub old: String,
    /// When it ends.
    pub ends_ms: i64,
    /// The new key's id.
    pub id: String,
    /// The new key's secret, sealed by the caller.
    pub sealed_secret: Vec<u8>,
    /// The time now.
    pub now_ms: i64,
}
