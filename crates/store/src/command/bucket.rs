//! Commands on buckets.

use bytes::Bytes;

use super::data::{require_bucket, scan_prefix};
use crate::key;
use crate::record::{decode_bucket, encode_bucket, encode_stat};
use crate::txn::{Command, Txn};
use crate::{Acl, Bucket, BucketStat, CreateBucket, Error};

/// Creates a bucket unless it exists.
#[derive(Debug)]
pub(crate) struct CreateBucketCommand {
    pub(crate) bucket: Bucket,
}

impl Command for CreateBucketCommand {
    type Output = CreateBucket;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<CreateBucket, Error> {
        let name = &self.bucket.name;
        if let Some(row) = txn.get(&key::bucket(name)).await? {
            return Ok(CreateBucket::Existed(decode_bucket(name, &row)?));
        }
        txn.put(key::bucket(name), encode_bucket(&self.bucket));
        txn.put(key::stat(name), encode_stat(&BucketStat::default()));
        Ok(CreateBucket::Created(self.bucket.clone()))
    }
}

/// Deletes an empty bucket.
#[derive(Debug)]
pub(crate) struct DeleteBucket {
    pub(crate) name: String,
}

impl Command for DeleteBucket {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        require_bucket(txn, &self.name).await?;
        let objects = key::object(&self.name, "");
        let uploads = key::uploads(&self.name, "");
        if !scan_prefix(txn, &objects, 1).await?.is_empty() {
            return Err(Error::BucketNotEmpty);
        }
        if !scan_prefix(txn, &uploads, 1).await?.is_empty() {
            return Err(Error::BucketHasUploads);
        }
        for (document, _) in scan_prefix(txn, &key::documents(&self.name), usize::MAX).await? {
            txn.delete(document);
        }
        txn.delete(key::stat(&self.name));
        txn.delete(key::bucket(&self.name));
        Ok(())
    }
}

/// Changes one property of a bucket.
#[derive(Debug)]
pub(crate) struct ChangeBucket {
    pub(crate) name: String,
    pub(crate) change: BucketChange,
}

/// What is changed of a bucket.
#[derive(Debug)]
pub(crate) enum BucketChange {
    Acl(Acl),
    BlockPublicAccess(bool),
}

impl Command for ChangeBucket {
    type Output = ();

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let key = key::bucket(&self.name);
        let row = txn.get(&key).await?.ok_or(Error::NoSuchBucket)?;
        let mut bucket = decode_bucket(&self.name, &row)?;
        match self.change {
            BucketChange::Acl(acl) => bucket.acl = acl,
            BucketChange::BlockPublicAccess(block) => bucket.block_public_access = block,
        }
        txn.put(key, encode_bucket(&bucket));
        Ok(())
    }
}

/// Sets or removes a document of a bucket.
#[derive(Debug)]
pub(crate) struct SetBucketDocument {
    pub(crate) name: String,
    pub(crate) document: u8,
    pub(crate) content: Option<Bytes>,
}

impl Command for SetBucketDocument {
    type Output = ();

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        require_bucket(txn, &self.name).await?;
        let key = key::document(&self.name, self.document);
        match &self.content {
            Some(content) => txn.put(key, content.clone()),
            None => txn.delete(key),
        }
        Ok(())
    }
}
