//! Commands that write an object, or its settings.

use std::sync::Arc;

use bytes::Bytes;

use super::data::{add_to_stat, came, gone, require_bucket, store_data};
use super::delivery::record;
use super::object_version::{
    Keeping, get_object, put_back, reads_with_object, replace_object, require_object,
};
use crate::engine::{Command, FoundRows, Txn};
use crate::extent::DataRef;
use crate::key;
use crate::record::{encode_object, hex_upper};
use crate::{
    Acl, Attributes, Error, ObjectFields, ObjectKind, PutObject, Restore, SeenObject, VersionRef, Versioning,
};

/// Writes an object.
#[derive(Debug)]
pub(crate) struct Put {
    pub(crate) put: PutObject,
    pub(crate) generation: u64,
}

impl Command for Put {
    type Output = ObjectFields;

    fn reads(&self, keys: &mut Vec<Bytes>) {
        keys.extend([key::bucket(&self.put.bucket), key::object(&self.put.bucket, &self.put.key)]);
        keys.extend(self.put.journal.iter().map(|journal| key::delivery(&journal.id)));
    }

    fn reads_then(&self, found: &FoundRows<'_>, keys: &mut Vec<Bytes>) {
        reads_with_object(found, (&self.put.bucket, &self.put.key), keys);
    }

    fn asks_time(&self) -> bool {
        self.put.journal.is_some()
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<ObjectFields, Error> {
        let put = &self.put;
        let keeping = Keeping::of(txn, &put.bucket, put.now_ms).await?;
        let old = get_object(txn, &put.bucket, &put.key).await?;
        if put.forbid_overwrite && old.is_some() && keeping.versioning == Versioning::Unset {
            return Err(Error::ObjectExists);
        }
        if let Some(etag) = &put.if_match {
            require_etag(old.as_ref(), etag)?;
        }
        let data = &put.data.new;
        let extents: Arc<[_]> = store_data(txn, data).into_iter().collect();
        let is_symlink = !put.attributes.symlink_target.is_empty();
        let object = ObjectFields {
            bucket: put.bucket.clone(),
            key: put.key.clone(),
            etag: put.etag.clone().unwrap_or_else(|| hex_upper(&data.md5)),
            size: data.size,
            crc64: data.crc64,
            md5: (!is_symlink).then_some(data.md5),
            last_modified_ms: put.now_ms,
            kind: if is_symlink { ObjectKind::Symlink } else { ObjectKind::Normal },
            attributes: Attributes { encryption: data.encryption.clone(), ..put.attributes.clone() },
            parts: 0,
            generation: self.generation,
            version_id: None,
            data: DataRef::Extents(extents),
        };
        let object = replace_object(txn, &keeping, old.as_ref(), object).await?;
        if let Some(journal) = &put.journal {
            record(txn, &put.bucket, &put.key, journal, put.now_ms).await?;
        }
        Ok(object)
    }
}

/// Fails unless there is an object of that ETag.
pub(super) fn require_etag(object: Option<&ObjectFields>, etag: &str) -> Result<(), Error> {
    match object {
        Some(object) if object.etag.eq_ignore_ascii_case(etag.trim_matches('"')) => Ok(()),
        _ => Err(Error::PreconditionFailed),
    }
}

/// Sets the ACL of an object or a version.
#[derive(Debug)]
pub(crate) struct SetObjectAcl {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version: VersionRef,
    pub(crate) acl: Acl,
    pub(crate) generation: u64,
}

impl Command for SetObjectAcl {
    type Output = ();

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        require_bucket(txn, &self.bucket).await?;
        let (place, mut object) = require_object(txn, (&self.bucket, &self.key), self.version).await?;
        object.attributes.acl = self.acl;
        object.generation = self.generation;
        put_back(txn, place, object);
        Ok(())
    }
}

/// Sets the tags of an object or a version.
#[derive(Debug)]
pub(crate) struct SetObjectTags {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version: VersionRef,
    pub(crate) tags: String,
    pub(crate) generation: u64,
}

impl Command for SetObjectTags {
    type Output = ();

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        require_bucket(txn, &self.bucket).await?;
        let (place, mut object) = require_object(txn, (&self.bucket, &self.key), self.version).await?;
        object.attributes.tags.clone_from(&self.tags);
        object.generation = self.generation;
        put_back(txn, place, object);
        Ok(())
    }
}

/// Sets when an archived object or version can be read, if it is still the one that was seen; tells whether it is.
#[derive(Debug)]
pub(crate) struct SetRestore {
    pub(crate) bucket: String,
    pub(crate) seen: SeenObject,
    pub(crate) version: VersionRef,
    pub(crate) restore: Option<Restore>,
    pub(crate) generation: u64,
}

impl Command for SetRestore {
    type Output = bool;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<bool, Error> {
        require_bucket(txn, &self.bucket).await?;
        let of = (self.bucket.as_str(), self.seen.key.as_str());
        let (place, mut object) = require_object(txn, of, self.version).await?;
        let is_same = object.generation == self.seen.generation;
        if is_same {
            object.attributes.restore = self.restore;
            object.generation = self.generation;
            put_back(txn, place, object);
        }
        Ok(is_same)
    }
}

/// Gives objects another class of storage if they are still those that were seen, telling for each whether it was. Their
/// content and their time stay what they are.
#[derive(Debug)]
pub(crate) struct SetStorageClass {
    pub(crate) bucket: String,
    pub(crate) objects: Vec<SeenObject>,
    pub(crate) class: String,
    pub(crate) generation: u64,
}

impl Command for SetStorageClass {
    type Output = Vec<bool>;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Vec<bool>, Error> {
        require_bucket(txn, &self.bucket).await?;
        let mut changed = Vec::with_capacity(self.objects.len());
        for seen in &self.objects {
            let found = get_object(txn, &self.bucket, &seen.key).await?;
            let same = found.filter(|object| object.generation == seen.generation);
            if let Some(old) = &same {
                let mut object = old.clone();
                object.attributes.storage_class.clone_from(&self.class);
                object.attributes.restore = None;
                object.generation = self.generation;
                txn.put(key::object(&self.bucket, &seen.key), encode_object(&object));
                add_to_stat(txn, &self.bucket, vec![gone(old, true), came(&object, true)]).await?;
            }
            changed.push(same.is_some());
        }
        Ok(changed)
    }
}
