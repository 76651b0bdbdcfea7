//! Counting again at one state what others change all the time: what a bucket holds, and the deliveries. A count that was wrong
//! when it was made in slices says nothing.

use std::ops::Bound;

use bytes::Bytes;

use super::findings::{Finding, FindingKind};
use super::survey::{count, in_words};
use crate::command::counts_in;
use crate::engine::{Query, Row, View};
use crate::key::{self, Tag};
use crate::record::{StoredVersion, decode_delivery, decode_object, decode_stat};
use crate::{BucketStat, DeliveryCounts, Error};

/// Rows read at once.
const ROWS: usize = 1000;

/// No more rows are read at one state: a database keeps what is deleted meanwhile.
const MOST_ROWS: usize = 1_000_000;

/// What is counted again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Recount {
    /// What the bucket of this name holds.
    Bucket(String),
    /// All deliveries.
    Deliveries,
}

/// What counting again came to.
#[derive(Debug)]
pub(super) enum Recounted {
    Right,
    Wrong(Finding),
    /// There is too much of it to be counted at one state.
    TooMany,
}

impl Query for Recount {
    type Output = Recounted;

    fn is_long(&self) -> bool {
        true
    }

    async fn run(&self, view: &View) -> Result<Recounted, Error> {
        match self {
            Self::Bucket(name) => recount_bucket(view, name).await,
            Self::Deliveries => recount_deliveries(view).await,
        }
    }
}

impl std::fmt::Display for Recount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bucket(name) => write!(f, "the bucket {name}"),
            Self::Deliveries => f.write_str("the deliveries"),
        }
    }
}

async fn recount_bucket(view: &View, name: &str) -> Result<Recounted, Error> {
    let said = view.get(&key::stat(name)).await?;
    let said = said.as_deref().map(decode_stat).transpose()?;
    let is_there = view.get(&key::bucket(name)).await?.is_some();
    let words = match (is_there, said) {
        (false, None) => return Ok(Recounted::Right),
        (false, Some(_)) => {
            return Ok(wrong(FindingKind::DanglingRow, format!("counts of no bucket, {name}")));
        }
        (true, None) => format!("the bucket {name} has no counts"),
        (true, Some(said)) => {
            let mut counted = BucketStat::default();
            let mut left = MOST_ROWS;
            let is_whole = count_objects(view, name, &mut counted, &mut left).await?;
            if !is_whole {
                return Ok(Recounted::TooMany);
            }
            if counted == said {
                return Ok(Recounted::Right);
            }
            format!("the bucket {name} holds {counted:?}, and is said to hold {said:?}")
        }
    };
    Ok(wrong(FindingKind::WrongCount, words))
}

/// Counts what a bucket holds; tells whether it came to an end.
async fn count_objects(
    view: &View,
    name: &str,
    stat: &mut BucketStat,
    left: &mut usize,
) -> Result<bool, Error> {
    let objects = each(view, key::object(name, ""), left, |key, row| {
        let (bucket, name) = key::split(key, Tag::Object, 0)?;
        let object = decode_object(&bucket, &name, row)?;
        stat.add(object.kind, &object.attributes.storage_class, object.size, true);
        Ok(())
    });
    if !objects.await? {
        return Ok(false);
    }
    let versions = each(view, key::versions(name, ""), left, |key, row| {
        let (bucket, name) = key::split(key, Tag::Version, key::VERSION_SUFFIX)?;
        count(stat, &StoredVersion::decode(&bucket, &name, key::number_of_version(key)?, row)?);
        Ok(())
    });
    if !versions.await? {
        return Ok(false);
    }
    let uploads = each(view, key::uploads(name, ""), left, |_, _| {
        stat.uploads += 1;
        Ok(())
    });
    uploads.await
}

async fn recount_deliveries(view: &View) -> Result<Recounted, Error> {
    let mut counted = DeliveryCounts::default();
    let mut left = MOST_ROWS;
    let is_whole = each(view, key::whole(Tag::Delivery), &mut left, |key, row| {
        let delivery = decode_delivery(key::text_after(key, &[Tag::Delivery as u8])?, row)?;
        counted.change(delivery.state, delivery.scheduled_ms().is_some(), 1);
        Ok(())
    });
    if !is_whole.await? {
        return Ok(Recounted::TooMany);
    }
    let said = counts_in(view.get(&key::delivery_counts()).await?.as_deref())?;
    if said == counted {
        return Ok(Recounted::Right);
    }
    let words = format!("there are {} deliveries, said to be {}", in_words(&counted), in_words(&said));
    Ok(wrong(FindingKind::WrongCount, words))
}

/// Looks at rows whose keys begin so, until nothing is left; tells whether those were all. What cannot be read is a finding
/// already.
async fn each(
    view: &View,
    prefix: Bytes,
    left: &mut usize,
    mut look: impl FnMut(&Bytes, &Bytes) -> Result<(), Error>,
) -> Result<bool, Error> {
    let end = key::after_prefix(&prefix);
    let mut pages = view.pages(Bound::Included(prefix), end, ROWS);
    loop {
        let rows: Vec<Row> = pages.next().await?;
        if rows.is_empty() {
            return Ok(true);
        }
        for (key, row) in &rows {
            match look(key, row) {
                Err(Error::Corrupt { .. } | Error::LaterVersion { .. }) => {}
                outcome => outcome?,
            }
        }
        *left = left.saturating_sub(rows.len());
        if *left == 0 {
            return Ok(false);
        }
    }
}

fn wrong(kind: FindingKind, what: String) -> Recounted {
    Recounted::Wrong(Finding { kind, what, repaired: false })
}
