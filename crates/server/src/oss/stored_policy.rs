//! The policy of a bucket as it is stored: the document that was set.

use ossicle_policy::{Policy, PolicyKind};
use ossicle_store::BucketDocument;

/// Where the store keeps it. The number is on disk.
pub(crate) const PLACE: BucketDocument = BucketDocument::numbered(6);

/// Reads a policy that is stored. One that cannot be read was not set by this server, or by another version of it: it denies
/// everything to everybody but the owner.
pub(crate) fn read_stored(document: &[u8]) -> Policy {
    let text = std::str::from_utf8(document).unwrap_or_default();
    Policy::parse(PolicyKind::Bucket, text).unwrap_or_else(|error| {
        tracing::error!("a stored bucket policy cannot be read and denies everything: {error}");
        Policy::unreadable(PolicyKind::Bucket)
    })
}
