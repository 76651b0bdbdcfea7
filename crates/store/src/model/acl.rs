//! Who may do what with a bucket or an object.

/// Who may do what with a bucket or an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Acl {
    /// For an object: as its bucket. For a bucket: private.
    #[default]
    Default,
    /// Nobody but the owner.
    Private,
    /// Anyone reads.
    PublicRead,
    /// Anyone reads and writes.
    PublicReadWrite,
    /// Anyone with an account reads; buckets only.
    AuthenticatedRead,
}
