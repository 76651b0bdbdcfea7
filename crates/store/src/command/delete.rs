//! Commands that delete objects.

use bytes::Bytes;

use super::object_version::{
    Keeping, delete_current, delete_version, find_version, get_object, reads_with_object,
};
use super::put::require_etag;
use crate::engine::{Command, FoundRows, Txn};
use crate::key;
use crate::record::StoredVersion;
use crate::{DeleteKey, Deleted, Error, SeenObject, VersionRef};

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

    fn reads_then(&self, found: &FoundRows<'_>, keys: &mut Vec<Bytes>) {
        for (key, _) in &self.keys {
            reads_with_object(found, (&self.bucket, &key.key), keys);
        }
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Vec<Deleted>, Error> {
        let keeping = Keeping::of(txn, &self.bucket, self.now_ms).await?;
        let mut deleted = Vec::with_capacity(self.keys.len());
        for (DeleteKey { key, version }, generation) in &self.keys {
            deleted.push(match version {
                Some(version) => self.delete_version(txn, &keeping, key, *version).await?,
                None => self.delete_object(txn, &keeping, key, *generation).await?,
            });
        }
        Ok(deleted)
    }
}

impl Delete {
    async fn delete_object<T: Txn>(
        &self,
        txn: &mut T,
        keeping: &Keeping,
        key: &str,
        generation: u64,
    ) -> Result<Deleted, Error> {
        let old = get_object(txn, &self.bucket, key).await?;
        if let Some(etag) = &self.if_match {
            require_etag(old.as_ref(), etag)?;
        }
        if old.as_ref().is_some_and(|old| !keeping.keeps_version(old) && keeping.retains(old)) {
            return Ok(Deleted { existed: true, is_retained: true, ..Deleted::default() });
        }
        let of = (self.bucket.as_str(), key);
        let marker = delete_current(txn, keeping, of, old.as_ref(), generation).await?;
        Ok(Deleted { existed: old.is_some(), marker, ..Deleted::default() })
    }

    async fn delete_version<T: Txn>(
        &self,
        txn: &mut T,
        keeping: &Keeping,
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
            Some((_, StoredVersion::Object(object))) if keeping.retains(&object) => {
                Ok(Deleted { existed: true, is_retained: true, ..Deleted::default() })
            }
            Some((place, found)) => delete_version(txn, keeping, (&self.bucket, key), place, found).await,
            None => Ok(Deleted::default()),
        }
    }
}

/// Deletes objects that are still those that were seen and that no retention policy keeps, telling for each whether it was. Where versions are kept, delete
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

    fn reads(&self, keys: &mut Vec<Bytes>) {
        keys.push(key::bucket(&self.bucket));
        keys.extend(self.objects.iter().map(|(seen, _)| key::object(&self.bucket, &seen.key)));
    }

    fn reads_then(&self, found: &FoundRows<'_>, keys: &mut Vec<Bytes>) {
        for (seen, _) in &self.objects {
            reads_with_object(found, (&self.bucket, &seen.key), keys);
        }
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Vec<bool>, Error> {
        let keeping = Keeping::of(txn, &self.bucket, self.now_ms).await?;
        let mut deleted = Vec::with_capacity(self.objects.len());
        for (seen, generation) in &self.objects {
            let found = get_object(txn, &self.bucket, &seen.key).await?;
            let same = found.filter(|object| {
                let may_go = keeping.keeps_version(object) || !keeping.retains(object);
                object.generation == seen.generation && may_go
            });
            if same.is_some() {
                let of = (self.bucket.as_str(), seen.key.as_str());
                delete_current(txn, &keeping, of, same.as_ref(), *generation).await?;
            }
            deleted.push(same.is_some());
        }
        Ok(deleted)
    }
}
