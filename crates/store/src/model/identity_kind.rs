//! What errors name: an account, or what belongs to one.

use std::fmt;

/// What there is one of, or is not, among accounts and what belongs to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityKind {
    /// An account.
    Account,
    /// A user.
    User,
    /// A role.
    Role,
    /// An access key.
    AccessKey,
    /// A policy.
    Policy,
}

impl fmt::Display for IdentityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account => "account",
            Self::User => "user",
            Self::Role => "role",
            Self::AccessKey => "access key",
            Self::Policy => "policy",
        })
    }
}
