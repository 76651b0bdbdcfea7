//! Settings of the whole account.

/// A document kept verbatim for all buckets together, by its number in the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum AccountDocument {
    /// Whether public access to every bucket is blocked.
    PublicAccessBlock = 1,
}
