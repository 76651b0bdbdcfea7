//! What rules look at of an object in its bucket.

use ossicle_protocol::{Candidate, StorageClass, Tags, Timestamp};
use ossicle_store::{Bucket, ObjectFields, ObjectKind};

use crate::oss::attributes::storage_class_of;

/// Returns what rules look at; the tags are those of the object.
pub(super) fn candidate<'a>(bucket: &Bucket, object: &'a ObjectFields, tags: &'a Tags) -> Candidate<'a> {
    Candidate {
        key: &object.key,
        size: object.size,
        tags,
        modified: Timestamp::from_unix_millis(object.last_modified_ms),
        class: StorageClass::parse(storage_class_of(bucket, &object.attributes.storage_class))
            .unwrap_or_default(),
        appendable: object.kind == ObjectKind::Appendable && object.attributes.sealed_ms.is_none(),
    }
}
