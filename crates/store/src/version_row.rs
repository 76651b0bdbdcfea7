//! Version rows: a number for each kind of rows that is kept at hand outside of the engine, counted up by every command that
//! changes such rows, in the same transaction. What is at hand is valid while the number is the one it was looked up with,
//! whoever changes the rows.

use bytes::Bytes;

use crate::key;

/// The kinds of rows that have a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VersionRow {
    /// Buckets, their documents and those of accounts.
    Settings,
    /// Accounts, users, roles, access keys and policies.
    Identities,
}

impl VersionRow {
    pub(crate) const ALL: [Self; 2] = [Self::Settings, Self::Identities];

    pub(crate) fn key(self) -> Bytes {
        key::store(match self {
            Self::Settings => "version:settings",
            Self::Identities => "version:identities",
        })
    }
}
