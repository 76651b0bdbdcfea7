//! The command that appends to an object.

use std::sync::Arc;

use bytes::Bytes;
use crc_fast::CrcAlgorithm;

use super::data::{add_to_stat, assemble, came, gone, require_bucket, store_data};
use super::delivery::record;
use super::object_version::{Keeping, get_object, replace_object};
use crate::engine::{Command, Txn};
use crate::extent::{DataRef, Extent};
use crate::id::DataId;
use crate::key;
use crate::record::encode_object;
use crate::{AppendObject, Attributes, Error, ObjectFields, ObjectKind};

/// Appends to an object, or begins one.
#[derive(Debug)]
pub(crate) struct Append {
    pub(crate) append: AppendObject,
    pub(crate) generation: u64,
    /// Names the manifest, should the object come to need one.
    pub(crate) manifest: DataId,
}

impl Command for Append {
    type Output = ObjectFields;

    fn reads(&self, keys: &mut Vec<Bytes>) {
        let AppendObject { bucket, key, journal, .. } = &self.append;
        keys.extend([key::bucket(bucket), key::object(bucket, key)]);
        keys.extend(journal.iter().map(|journal| key::delivery(&journal.id)));
    }

    fn asks_time(&self) -> bool {
        self.append.journal.is_some()
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<ObjectFields, Error> {
        let append = &self.append;
        let keeping = Keeping::of(txn, &append.bucket, append.now_ms).await?;
        let old = get_object(txn, &append.bucket, &append.key).await?;
        if old.as_ref().is_some_and(|old| !takes_appends(old)) {
            return Err(Error::NotAppendable);
        }
        let data = &append.data.new;
        let length = old.as_ref().map_or(0, |old| old.size);
        if append.position != length {
            return Err(Error::PositionMismatch { length });
        }
        let size = length.saturating_add(data.size);
        if size > append.max_size {
            return Err(Error::TooLarge { size });
        }
        // Another object has come since it was looked how this one is encrypted.
        if old.as_ref().is_some_and(|old| old.attributes.encryption != data.encryption) {
            return Err(Error::PreconditionFailed);
        }
        let added = store_data(txn, data);
        let mut object = old.clone().unwrap_or_else(|| self.begin());
        object.crc64 = crc_fast::checksum_combine(CrcAlgorithm::Crc64Xz, object.crc64, data.crc64, data.size);
        object.size = size;
        object.etag = format!("{:016X}{:016X}", object.crc64, object.size);
        object.last_modified_ms = append.now_ms;
        object.generation = self.generation;
        object.attributes.acl = append.acl.unwrap_or(object.attributes.acl);
        if let Some(extent) = added {
            object.data = self.extend(txn, &object, extent);
        }
        let object = match &old {
            // No version comes of it, wherever versions are kept.
            Some(old) => {
                keeping.check(old)?;
                txn.put(key::object(&append.bucket, &append.key), encode_object(&object));
                let changes = vec![gone(old, true), came(&object, true)];
                add_to_stat(txn, &append.bucket, changes).await?;
                object
            }
            None => replace_object(txn, &keeping, None, object).await?,
        };
        if let Some(journal) = &append.journal {
            record(txn, &append.bucket, &append.key, journal, append.now_ms).await?;
        }
        Ok(object)
    }
}

/// Returns whether data can be appended to the object.
fn takes_appends(object: &ObjectFields) -> bool {
    object.kind == ObjectKind::Appendable && object.attributes.sealed_ms.is_none()
}

/// Seals an appendable object of that length, or finds it sealed.
#[derive(Debug)]
pub(crate) struct Seal {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) position: u64,
    pub(crate) now_ms: i64,
    pub(crate) generation: u64,
}

impl Command for Seal {
    type Output = ObjectFields;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<ObjectFields, Error> {
        require_bucket(txn, &self.bucket).await?;
        let mut object = get_object(txn, &self.bucket, &self.key).await?.ok_or(Error::NoSuchObject)?;
        if object.kind != ObjectKind::Appendable {
            return Err(Error::NotAppendable);
        }
        if object.size != self.position {
            return Err(Error::PositionMismatch { length: object.size });
        }
        if object.attributes.sealed_ms.is_none() {
            object.attributes.sealed_ms = Some(self.now_ms);
            object.generation = self.generation;
            txn.put(key::object(&self.bucket, &self.key), encode_object(&object));
        }
        Ok(object)
    }
}

impl Append {
    fn begin(&self) -> ObjectFields {
        let append = &self.append;
        ObjectFields {
            bucket: append.bucket.clone(),
            key: append.key.clone(),
            etag: String::new(),
            size: 0,
            crc64: 0,
            md5: None,
            last_modified_ms: append.now_ms,
            kind: ObjectKind::Appendable,
            attributes: Attributes {
                encryption: append.data.new.encryption.clone(),
                ..append.attributes.clone()
            },
            parts: 0,
            generation: self.generation,
            version_id: None,
            data: DataRef::Extents(Arc::new([])),
        }
    }

    /// `object` has its new size already.
    fn extend<T: Txn>(&self, txn: &mut T, object: &ObjectFields, extent: Extent) -> DataRef {
        match &object.data {
            DataRef::Extents(extents) => {
                let extents: Vec<_> = extents.iter().copied().chain([extent]).collect();
                assemble(txn, &extents, self.manifest)
            }
            // A copy of the object may share the manifest; it reads no further than its own size.
            DataRef::Manifest(id) => {
                txn.put(key::manifest_end(*id, object.size), extent.to_row());
                DataRef::Manifest(*id)
            }
        }
    }
}
