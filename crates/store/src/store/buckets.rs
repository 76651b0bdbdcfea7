//! Operations on buckets.

use std::sync::Arc;

use bytes::Bytes;

use super::Store;
use crate::command::{BucketChange, ChangeBucket, CreateBucketCommand, DeleteBucket, SetBucketDocument};
use crate::key;
use crate::query::{BucketDocumentsOf, BucketStatOf, Buckets};
use crate::{
    Acl, Bucket, BucketDocument, BucketPage, BucketStat, CreateBucket, Error, ListBuckets, RetentionChange,
    Versioning,
};

impl Store {
    /// Creates a bucket unless there is one of that name. One without an owner belongs to the account that has no row.
    ///
    /// # Errors
    /// [`Error::NoSuchIdentity`] without the owner's account, [`Error::InvalidName`] and failures of the disk.
    pub async fn create_bucket(&self, bucket: Bucket) -> Result<CreateBucket, Error> {
        key::check_bucket(&bucket.name)?;
        let owner = if bucket.owner.is_empty() { None } else { Some(self.home(&bucket.owner)?) };
        let name = bucket.name.clone();
        let created = self.parts.engine.commit(CreateBucketCommand { bucket, owner }, None).await?;
        match (created, self.bucket(&name).await?) {
            // As every other look-up tells whose it is.
            (CreateBucket::Existed(_), Some(bucket)) => Ok(CreateBucket::Existed((*bucket).clone())),
            (created, _) => Ok(created),
        }
    }

    /// Deletes an empty bucket with its documents.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`]; [`Error::BucketNotEmpty`] if there are objects or versions, [`Error::BucketHasUploads`] if there
    /// are uploads in progress.
    pub async fn delete_bucket(&self, name: &str) -> Result<(), Error> {
        key::check_bucket(name).map_err(|_| Error::NoSuchBucket)?;
        self.parts.engine.commit(DeleteBucket { name: name.to_owned() }, None).await
    }

    /// Looks up the bucket of that name, with its owner: the account that has no row has all buckets that no other account has.
    /// Kept at hand, so that asking on every request is cheap.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn bucket(&self, name: &str) -> Result<Option<Arc<Bucket>>, Error> {
        if key::check_bucket(name).is_err() {
            return Ok(None);
        }
        self.parts.settings.bucket(&self.parts.engine, self.parts.account.as_deref(), name).await
    }

    /// Lists buckets in order of their names.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn list_buckets(&self, which: &ListBuckets) -> Result<BucketPage, Error> {
        let of_no_row = which.owner == self.parts.account;
        self.parts.engine.query(Buckets { which: which.clone(), of_no_row }).await
    }

    /// Changes the retention policy of a bucket.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::Retention`].
    pub async fn change_retention(
        &self,
        bucket: &str,
        change: RetentionChange,
        now_ms: i64,
    ) -> Result<(), Error> {
        self.change_bucket(bucket, BucketChange::Retention(change, now_ms)).await
    }

    /// Sets who may do what with a bucket.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn set_bucket_acl(&self, name: &str, acl: Acl) -> Result<(), Error> {
        self.change_bucket(name, BucketChange::Acl(acl)).await
    }

    /// Sets whether what the ACLs of a bucket and its objects allow to everybody does not count.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn set_bucket_public_access_block(&self, name: &str, block: bool) -> Result<(), Error> {
        self.change_bucket(name, BucketChange::BlockPublicAccess(block)).await
    }

    /// Sets whether the versions of a bucket's objects are kept.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`]; [`Error::PreconditionFailed`] if that was set before and is to be unset.
    pub async fn set_bucket_versioning(&self, name: &str, versioning: Versioning) -> Result<(), Error> {
        self.change_bucket(name, BucketChange::Versioning(versioning)).await
    }

    async fn change_bucket(&self, name: &str, change: BucketChange) -> Result<(), Error> {
        key::check_bucket(name).map_err(|_| Error::NoSuchBucket)?;
        self.parts.engine.commit(ChangeBucket { name: name.to_owned(), change }, None).await
    }

    /// Sets or, with `None`, removes a document of a bucket.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn set_bucket_document(
        &self,
        name: &str,
        document: BucketDocument,
        content: Option<Vec<u8>>,
    ) -> Result<(), Error> {
        key::check_bucket(name).map_err(|_| Error::NoSuchBucket)?;
        let command = SetBucketDocument {
            name: name.to_owned(),
            document: document.number(),
            instead_of: None,
            content: content.map(Bytes::from),
        };
        self.parts.engine.commit(command, None).await
    }

    /// Sets or removes a document of a bucket, but only if the present one is the one given.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`]; [`Error::PreconditionFailed`] if it is another.
    pub async fn replace_bucket_document(
        &self,
        name: &str,
        document: BucketDocument,
        instead_of: Option<&[u8]>,
        content: Option<Vec<u8>>,
    ) -> Result<(), Error> {
        key::check_bucket(name).map_err(|_| Error::NoSuchBucket)?;
        let command = SetBucketDocument {
            name: name.to_owned(),
            document: document.number(),
            instead_of: Some(instead_of.map(Bytes::copy_from_slice)),
            content: content.map(Bytes::from),
        };
        self.parts.engine.commit(command, None).await
    }

    /// Looks up a document of a bucket as it was set; shared and kept at hand, so that asking on every request is cheap.
    ///
    /// # Errors
    /// Failures of the disk. A bucket that does not exist has no documents.
    pub async fn bucket_document(
        &self,
        name: &str,
        document: BucketDocument,
    ) -> Result<Option<Arc<[u8]>>, Error> {
        if key::check_bucket(name).is_err() {
            return Ok(None);
        }
        self.parts.settings.document(&self.parts.engine, name, document.number()).await
    }

    /// Looks up all documents of a bucket at once, as they are now.
    ///
    /// # Errors
    /// Failures of the disk. A bucket that does not exist has no documents.
    pub async fn bucket_documents(&self, name: &str) -> Result<Vec<(BucketDocument, Arc<[u8]>)>, Error> {
        if key::check_bucket(name).is_err() {
            return Ok(Vec::new());
        }
        let found = self.parts.engine.query(BucketDocumentsOf { bucket: name.to_owned() }).await?;
        Ok(found.into_iter().map(|(number, document)| (BucketDocument::numbered(number), document)).collect())
    }

    /// Tells how much a bucket holds.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn bucket_stat(&self, name: &str) -> Result<BucketStat, Error> {
        self.parts.engine.query(BucketStatOf { bucket: name.to_owned() }).await
    }
}
