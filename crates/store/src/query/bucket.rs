//! Reads of buckets, their documents and their counters.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use crate::engine::{Query, View};
use crate::key::{self, Tag};
use crate::record::{decode_bucket, decode_stat};
use crate::{Bucket, BucketPage, BucketStat, Error, ListBuckets};

/// More rows than this are looked at on a blocking thread.
pub(super) const FEW: usize = 64;

/// A bucket.
pub(crate) struct BucketOf {
    pub(crate) name: String,
    /// The account without a row, which has every bucket that no other account has.
    pub(crate) account: Option<String>,
}

impl Query for BucketOf {
    type Output = Option<Arc<Bucket>>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let Some(row) = view.get(&key::bucket(&self.name)).await? else { return Ok(None) };
        let mut bucket = decode_bucket(&self.name, &row)?;
        if let Some(account) = &self.account
            && bucket.owner != *account
            && (bucket.owner.is_empty() || view.get(&key::account(&bucket.owner)).await?.is_none())
        {
            bucket.owner.clone_from(account);
        }
        Ok(Some(Arc::new(bucket)))
    }
}

/// A document of a bucket.
pub(crate) struct BucketDocumentOf {
    pub(crate) bucket: String,
    pub(crate) number: u8,
}

impl Query for BucketDocumentOf {
    type Output = Option<Arc<[u8]>>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let row = view.get(&key::document(&self.bucket, self.number)).await?;
        Ok(row.map(|row| Arc::from(row.as_ref())))
    }
}

/// All documents of a bucket, with their numbers.
pub(crate) struct BucketDocumentsOf {
    pub(crate) bucket: String,
}

impl Query for BucketDocumentsOf {
    type Output = Vec<(u8, Arc<[u8]>)>;

    fn looks_once(&self) -> bool {
        true
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let first = key::documents(&self.bucket);
        let end = key::after_prefix(&first);
        let rows = view.scan(Bound::Included(&first), Bound::Excluded(&end), usize::MAX).await?;
        let document = |(key, row): (Bytes, Bytes)| Some((*key.last()?, Arc::from(row.as_ref())));
        Ok(rows.into_iter().filter_map(document).collect())
    }
}

/// How much a bucket holds.
pub(crate) struct BucketStatOf {
    pub(crate) bucket: String,
}

impl Query for BucketStatOf {
    type Output = BucketStat;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        require_bucket(view, &self.bucket).await?;
        match view.get(&key::stat(&self.bucket)).await? {
            Some(row) => decode_stat(&row),
            None => Ok(BucketStat::default()),
        }
    }
}

/// Buckets in order of their names.
pub(crate) struct Buckets {
    pub(crate) which: ListBuckets,
    /// Whether those without an owner, or with one that is no account, belong to the one that is asked for.
    pub(crate) of_no_row: bool,
}

/// Rows that are read at once when not all of them are asked for.
const ROWS: usize = 1000;

impl Query for Buckets {
    type Output = BucketPage;

    fn is_long(&self) -> bool {
        self.which.max > FEW || self.which.owner.is_some()
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let which = &self.which;
        let base = key::whole(Tag::Bucket);
        let first = key::bucket(&which.prefix);
        let marker = key::bucket(&which.marker);
        let from = if marker >= first && !which.marker.is_empty() {
            Bound::Excluded(marker)
        } else {
            Bound::Included(first.clone())
        };
        let wanted = which.max.saturating_add(1);
        let mut pages = view.pages(from, key::after_prefix(&first), wanted.min(ROWS));
        let mut buckets = Vec::new();
        let mut accounts = HashMap::new();
        while buckets.len() < wanted {
            let rows = pages.next().await?;
            if rows.is_empty() {
                break;
            }
            for (key, row) in &rows {
                let bucket = decode_bucket(key::text_after(key, &base)?, row)?;
                if self.is_asked_for(&bucket, view, &mut accounts).await? {
                    buckets.push(bucket);
                }
            }
        }
        let truncated = buckets.len() > which.max;
        buckets.truncate(which.max);
        let next_marker = buckets.last().filter(|_| truncated).map(|bucket| bucket.name.clone());
        Ok(BucketPage { buckets, next_marker })
    }
}

impl Buckets {
    async fn is_asked_for(
        &self,
        bucket: &Bucket,
        view: &View,
        accounts: &mut HashMap<String, bool>,
    ) -> Result<bool, Error> {
        let Some(owner) = &self.which.owner else { return Ok(true) };
        if bucket.owner == *owner || !self.of_no_row || bucket.owner.is_empty() {
            return Ok(bucket.owner == *owner || self.of_no_row);
        }
        let has_row = match accounts.get(&bucket.owner) {
            Some(has_row) => *has_row,
            None => view.get(&key::account(&bucket.owner)).await?.is_some(),
        };
        accounts.insert(bucket.owner.clone(), has_row);
        Ok(!has_row)
    }
}

/// Refuses where there is no bucket of that name.
pub(super) async fn require_bucket(view: &View, name: &str) -> Result<(), Error> {
    key::check_bucket(name).map_err(|_| Error::NoSuchBucket)?;
    match view.get(&key::bucket(name)).await? {
        Some(_) => Ok(()),
        None => Err(Error::NoSuchBucket),
    }
}
