//! Commands on buckets.

use std::ops::Bound;

use bytes::Bytes;

use super::Home;
use super::data::{require_bucket, scan_prefix};
use super::version::count_up;
use crate::engine::{Command, Txn};
use crate::key;
use crate::record::{decode_bucket, decode_object, encode_bucket, encode_stat};
use crate::version_row::VersionRow;
use crate::{
    Acl, Bucket, BucketStat, CreateBucket, Error, Retention, RetentionChange, RetentionRefusal, Versioning,
};

/// Rows that are looked at in one go.
const COUNTED_AT_ONCE: usize = 1000;

/// Creates a bucket unless it exists.
#[derive(Debug)]
pub(crate) struct CreateBucketCommand {
    pub(crate) bucket: Bucket,
    /// The owner's account, if there is an owner.
    pub(crate) owner: Option<Home>,
}

impl Command for CreateBucketCommand {
    type Output = CreateBucket;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<CreateBucket, Error> {
        let name = &self.bucket.name;
        if let Some(row) = txn.get(&key::bucket(name)).await? {
            return Ok(CreateBucket::Existed(decode_bucket(name, &row)?));
        }
        if let Some(owner) = &self.owner {
            owner.require(txn).await?;
        }
        txn.put(key::bucket(name), encode_bucket(&self.bucket));
        txn.put(key::stat(name), encode_stat(&BucketStat::default()));
        count_up(txn, VersionRow::Settings).await?;
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
        let versions = key::versions(&self.name, "");
        for rows in [&objects, &versions] {
            if !scan_prefix(txn, rows, 1).await?.is_empty() {
                return Err(Error::BucketNotEmpty);
            }
        }
        if !scan_prefix(txn, &uploads, 1).await?.is_empty() {
            return Err(Error::BucketHasUploads);
        }
        for (document, _) in scan_prefix(txn, &key::documents(&self.name), usize::MAX).await? {
            txn.delete(document);
        }
        txn.delete(key::stat(&self.name));
        txn.delete(key::bucket(&self.name));
        count_up(txn, VersionRow::Settings).await
    }
}

/// Counts what buckets hold anew: folders of earlier versions do not tell classes of storage apart.
#[derive(Debug)]
pub(crate) struct CountObjects {
    pub(crate) buckets: Vec<String>,
}

impl Command for CountObjects {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        for bucket in &self.buckets {
            let mut stat = BucketStat::default();
            let objects = key::object(bucket, "");
            // fsck reports damaged rows; they must not keep the folder from being opened.
            each_row(txn, &objects, |key, row| {
                let name = key::text_after(key, &objects);
                if let Ok(object) = name.and_then(|name| decode_object(bucket, name, row)) {
                    stat.add(object.kind, &object.attributes.storage_class, object.size, true);
                }
            })
            .await?;
            each_row(txn, &key::uploads(bucket, ""), |_, _| stat.uploads += 1).await?;
            txn.put(key::stat(bucket), encode_stat(&stat));
        }
        Ok(())
    }
}

/// Looks at every row whose key begins with the prefix, a few at a time.
async fn each_row<T: Txn>(
    txn: &mut T,
    prefix: &[u8],
    mut look: impl FnMut(&[u8], &[u8]),
) -> Result<(), Error> {
    let end = key::after_prefix(prefix);
    let mut from = Bound::Included(Bytes::copy_from_slice(prefix));
    loop {
        let rows = txn.scan(from.as_ref().map(AsRef::as_ref), Bound::Excluded(&end), COUNTED_AT_ONCE).await?;
        for (key, row) in &rows {
            look(key, row);
        }
        match rows.into_iter().next_back() {
            Some((last, _)) => from = Bound::Excluded(last),
            None => return Ok(()),
        }
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
    /// Which can be suspended, but is never unset again.
    Versioning(Versioning),
    /// At this time.
    Retention(RetentionChange, i64),
}

impl Command for ChangeBucket {
    type Output = ();

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let key = key::bucket(&self.name);
        let row = txn.get(&key).await?.ok_or(Error::NoSuchBucket)?;
        let mut bucket = decode_bucket(&self.name, &row)?;
        match &self.change {
            BucketChange::Acl(acl) => bucket.acl = *acl,
            BucketChange::BlockPublicAccess(block) => bucket.block_public_access = *block,
            BucketChange::Versioning(Versioning::Unset) if bucket.versioning != Versioning::Unset => {
                return Err(Error::PreconditionFailed);
            }
            BucketChange::Versioning(versioning) => bucket.versioning = *versioning,
            BucketChange::Retention(change, now_ms) => {
                bucket.retention =
                    changed(bucket.retention.take(), change, *now_ms).map_err(Error::Retention)?;
            }
        }
        txn.put(key, encode_bucket(&bucket));
        count_up(txn, VersionRow::Settings).await
    }
}

/// Returns what a change makes of a retention policy.
fn changed(
    present: Option<Retention>,
    change: &RetentionChange,
    now_ms: i64,
) -> Result<Option<Retention>, RetentionRefusal> {
    use RetentionRefusal::{Exists, Locked, Missing, NotExtended};
    let present = present.filter(|policy| policy.is_in_force(now_ms));
    let named = |id: &String| present.clone().filter(|policy| policy.id == *id).ok_or(Missing);
    match change {
        RetentionChange::Begin { .. } if present.is_some() => Err(Exists),
        RetentionChange::Begin { id, days } => {
            let (id, days) = (id.clone(), *days);
            Ok(Some(Retention { id, days, created_ms: now_ms, is_locked: false }))
        }
        RetentionChange::Abort => match present {
            None => Err(Missing),
            Some(policy) if policy.is_locked => Err(Locked),
            Some(_) => Ok(None),
        },
        RetentionChange::Lock { id } => match named(id)? {
            policy if policy.is_locked => Err(Locked),
            policy => Ok(Some(Retention { is_locked: true, ..policy })),
        },
        RetentionChange::Extend { id, days } => match named(id)? {
            policy if policy.is_locked && *days > policy.days => {
                Ok(Some(Retention { days: *days, ..policy }))
            }
            _ => Err(NotExtended),
        },
    }
}

/// Sets or removes a document of a bucket.
#[derive(Debug)]
pub(crate) struct SetBucketDocument {
    pub(crate) name: String,
    pub(crate) document: u8,
    /// Only if this is what there is now, none included.
    pub(crate) instead_of: Option<Option<Bytes>>,
    pub(crate) content: Option<Bytes>,
}

impl Command for SetBucketDocument {
    type Output = ();

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        require_bucket(txn, &self.name).await?;
        let key = key::document(&self.name, self.document);
        if let Some(expected) = &self.instead_of
            && txn.get(&key).await? != *expected
        {
            return Err(Error::PreconditionFailed);
        }
        match &self.content {
            Some(content) => txn.put(key, content.clone()),
            None => txn.delete(key),
        }
        count_up(txn, VersionRow::Settings).await
    }
}
