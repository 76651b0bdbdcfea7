//! The command that copies an object.

use std::sync::Arc;

use bytes::Bytes;

use super::data::{add_refs, require_bucket, store_data};
use super::object_version::{Keeping, get_object, reads_with_object, replace_object, require_object};
use crate::engine::{Command, FoundRows, Txn};
use crate::extent::DataRef;
use crate::key;
use crate::{Attributes, CopyAttributes, CopyObject, Error, ObjectFields, ObjectKind, Versioning};

/// Copies an object, sharing its content.
#[derive(Debug)]
pub(crate) struct Copy {
    pub(crate) copy: CopyObject,
    pub(crate) generation: u64,
}

impl Command for Copy {
    type Output = ObjectFields;

    fn reads(&self, keys: &mut Vec<Bytes>) {
        let CopyObject { source_bucket, source_key, bucket, key, .. } = &self.copy;
        keys.extend([key::bucket(source_bucket), key::bucket(bucket)]);
        keys.extend([key::object(source_bucket, source_key), key::object(bucket, key)]);
    }

    fn reads_then(&self, found: &FoundRows<'_>, keys: &mut Vec<Bytes>) {
        reads_with_object(found, (&self.copy.source_bucket, &self.copy.source_key), keys);
        reads_with_object(found, (&self.copy.bucket, &self.copy.key), keys);
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<ObjectFields, Error> {
        let copy = &self.copy;
        require_bucket(txn, &copy.source_bucket).await?;
        let keeping = Keeping::of(txn, &copy.bucket, copy.now_ms).await?;
        let of = (copy.source_bucket.as_str(), copy.source_key.as_str());
        let (_, source) = require_object(txn, of, copy.source_version).await?;
        if copy.source_generation.is_some_and(|generation| generation != source.generation) {
            return Err(Error::PreconditionFailed);
        }
        let old = get_object(txn, &copy.bucket, &copy.key).await?;
        if copy.forbid_overwrite && old.is_some() && keeping.versioning == Versioning::Unset {
            return Err(Error::ObjectExists);
        }
        let new = copy.data.as_ref().map(|data| &data.new);
        if new.is_some_and(|new| (new.size, new.crc64) != (source.size, source.crc64)) {
            return Err(Error::PreconditionFailed);
        }
        let mut object = ObjectFields {
            bucket: copy.bucket.clone(),
            key: copy.key.clone(),
            last_modified_ms: copy.now_ms,
            kind: match source.kind {
                ObjectKind::Appendable => ObjectKind::Normal,
                kind => kind,
            },
            attributes: attributes(&copy.attributes, &source.attributes),
            generation: self.generation,
            version_id: None,
            ..source
        };
        match new {
            Some(new) => {
                let extents: Arc<[_]> = store_data(txn, new).into_iter().collect();
                object.data = DataRef::Extents(extents);
                object.attributes.encryption.clone_from(&new.encryption);
            }
            // Referred to before the old content is released: an object may be copied onto itself.
            None => add_refs(txn, &object.data).await?,
        }
        replace_object(txn, &keeping, old.as_ref(), object).await
    }
}

fn attributes(wanted: &CopyAttributes, source: &Attributes) -> Attributes {
    // A copy is a link if its source is one, and never appendable.
    let (symlink_target, encryption) = (source.symlink_target.clone(), source.encryption.clone());
    match wanted {
        CopyAttributes::Replace(attributes) => Attributes {
            symlink_target,
            encryption,
            sealed_ms: None,
            restore: None,
            ..(**attributes).clone()
        },
        CopyAttributes::Keep { acl, storage_class } => {
            let storage_class = storage_class.clone();
            Attributes { acl: *acl, storage_class, sealed_ms: None, restore: None, ..source.clone() }
        }
    }
}
