//! Settings of the whole account.

/// A document kept verbatim for all buckets together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccountDocument {
    /// Whether public access to every bucket is blocked.
    PublicAccessBlock,
}
