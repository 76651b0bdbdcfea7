//! Commands that delete objects.

use bytes::Bytes;

use super::object_version::{delete_current, delete_version, find_version, get_object, versioning_of};
use super::put::require_etag;
use crate::engine::{Command, Txn};
use crate::key;
use crate::record::StoredVersion;
use crate::{DeleteKey, Deleted, Error, SeenObject, VersionRef, Versioning};

/// Deletes objects and versions, telling for each what that did.
#[derive(Debug)]
pub(crate) struct Delete {
    pub(crate) bucket: String,
    /// Each with the number of the delete marker that may come of it.
    pub(crate) keys: Vec<(DeleteKey, u64)>,
    /// Every one must have this ETag.
    pub(crate) if_match: Option<String>,
    pub(crate) now_ms: i64,
}

impl Command for Delete {
    type Output = Vec<Deleted>;
    const GROWS: bool = false;

    fn reads(&self, keys: &mut Vec<Bytes>) {
        keys.push(key::bucket(&self.bucket));
        keys.extend(self.keys.iter().map(|(key, _)| key::object(&self.bucket, &key.key)));
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Vec<Deleted>, Error> {
        let versioning = versioning_of(txn, &self.bucket).await?;
        let mut deleted = Vec::with_capacity(self.keys.len());
        for (DeleteKey { key, version }, generation) in &self.keys {
            deleted.push(match version {
                Some(version) => self.delete_version(txn, key, *version).await?,
                None => self.delete_object(txn, versioning, key, *generation).await?,
            });
        }
        Ok(deleted)
    }
}

impl Delete {
    async fn delete_object<T: Txn>(
        &self,
        txn: &mut T,
        versioning: Versioning,
        key: &str,
        generation: u64,
    ) -> Result<Deleted, Error> {
        let old = get_object(txn, &self.bucket, key).await?;
        if let Some(etag) = &self.if_match {
            require_etag(old.as_ref(), etag)?;
        }
        let (of, when) = ((self.bucket.as_str(), key), (generation, self.now_ms));
        let marker = delete_current(txn, versioning, of, old.as_ref(), when).await?;
        Ok(Deleted { existed: old.is_some(), marker, removed_marker: None })
    }

    async fn delete_version<T: Txn>(
        &self,
        txn: &mut T,
        key: &str,
        version: VersionRef,
    ) -> Result<Deleted, Error> {
        let found = find_version(txn, (&self.bucket, key), version).await?;
        if let Some(etag) = &self.if_match {
            let object = match &found {
                Some((_, StoredVersion::Object(object))) => Some(object.as_ref()),
                _ => None,
            };
            require_etag(object, etag)?;
        }
        match found {
            Some((place, found)) => delete_version(txn, (&self.bucket, key), place, found).await,
            None => Ok(Deleted::default()),
        }
    }
}

/// Deletes objects that are still those that were seen, telling for each whether it was. Where versions are kept, delete
/// markers come in their place.
#[derive(Debug)]
pub(crate) struct DeleteSeen {
    pub(crate) bucket: String,
    /// Each with the number of the delete marker that may come of it.
    pub(crate) objects: Vec<(SeenObject, u64)>,
    pub(crate) now_ms: i64,
}

impl Command for DeleteSeen {
    type Output = Vec<bool>;
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Vec<bool>, Error> {
        let versioning = versioning_of(txn, &self.bucket).await?;
        let mut deleted = Vec::with_capacity(self.objects.len());
        for (seen, generation) in &self.objects {
            let found = get_object(txn, &self.bucket, &seen.key).await?;
            let same = found.filter(|object| object.generation == seen.generation);
            if same.is_some() {
                let (of, when) = ((self.bucket.as_str(), seen.key.as_str()), (*generation, self.now_ms));
                delete_current(txn, versioning, of, same.as_ref(), when).await?;
            }
            deleted.push(same.is_some());
        }
        Ok(deleted)
    }
}
