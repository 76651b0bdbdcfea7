//! The kinds of policies: what each is attached to, and how long it may be.

use std::fmt;

/// What a policy is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// A RAM user or role.
    Ram,
    /// A session of a role, which it narrows.
    Session,
    /// A role: it says who may assume it.
    Trust,
    /// A bucket.
    Bucket,
}

impl PolicyKind {
    /// Returns how many characters a document of this kind may have.
    #[must_use]
    pub fn max_characters(self) -> usize {
        match self {
            Self::Ram => 6144,
            Self::Session => 2048,
            Self::Trust => 4096,
            Self::Bucket => 16 * 1024,
        }
    }

    pub(crate) fn has_principals(self) -> bool {
        matches!(self, Self::Trust | Self::Bucket)
    }
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ram => "RAM policy",
            Self::Session => "session policy",
            Self::Trust => "trust policy",
            Self::Bucket => "bucket policy",
        })
    }
}
