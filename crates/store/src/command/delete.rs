//! Commands that delete objects.

use bytes::Bytes;

use super::data::{count, get_object, release_refs, require_bucket};
use super::put::require_etag;
use crate::engine::{Command, Txn};
use crate::key;
use crate::{Error, ObjectFields, SeenObject};

/// Deletes objects, telling for each whether there was one.
#[derive(Debug)]
pub(crate) struct Delete {
    pub(crate) bucket: String,
    pub(crate) keys: Vec<String>,
    /// Every one must have this ETag.
    pub(crate) if_match: Option<String>,
}

impl Command for Delete {
    type Output = Vec<bool>;
    const GROWS: bool = false;

    fn reads(&self, keys: &mut Vec<Bytes>) {
        keys.push(key::bucket(&self.bucket));
        keys.extend(self.keys.iter().map(|key| key::object(&self.bucket, key)));
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Vec<bool>, Error> {
        require_bucket(txn, &self.bucket).await?;
        let mut existed = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            let old = get_object(txn, &self.bucket, key).await?;
            if let Some(etag) = &self.if_match {
                require_etag(old.as_ref(), etag)?;
            }
            if let Some(old) = &old {
                remove(txn, old).await?;
            }
            existed.push(old.is_some());
        }
        Ok(existed)
    }
}

/// Deletes objects that are still those that were seen, telling for each whether it was.
#[derive(Debug)]
pub(crate) struct DeleteSeen {
    pub(crate) bucket: String,
    pub(crate) objects: Vec<SeenObject>,
}

impl Command for DeleteSeen {
    type Output = Vec<bool>;
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Vec<bool>, Error> {
        require_bucket(txn, &self.bucket).await?;
        let mut deleted = Vec::with_capacity(self.objects.len());
        for seen in &self.objects {
            let found = get_object(txn, &self.bucket, &seen.key).await?;
            let same = found.filter(|object| object.generation == seen.generation);
            if let Some(object) = &same {
                remove(txn, object).await?;
            }
            deleted.push(same.is_some());
        }
        Ok(deleted)
    }
}

async fn remove<T: Txn>(txn: &mut T, object: &ObjectFields) -> Result<(), Error> {
    release_refs(txn, &object.data).await?;
    txn.delete(key::object(&object.bucket, &object.key));
    count(txn, &object.bucket, Some(object), None).await
}
