//! What folders of earlier versions lack, made good once when they are opened.

use std::ops::Bound;

use bytes::Bytes;

use crate::blobs::Blobs;
use crate::command::{CountDeliveries, CountObjects, ENDED, NameStore, ReleaseJobs, ReleaseLeases};
use crate::engine::{Command, Engine, Query, Row, View};
use crate::id::IdSource;
use crate::key::{self, Tag};
use crate::record::{LEASED, are_old_counts, counts_classes, decode_job_lease};
use crate::{Error, OpenError};

/// Rows of the journal looked through at once.
const RELEASED_AT_ONCE: usize = 4096;

/// What is lacking.
struct Missing {
    delivery_counts: bool,
    /// Buckets that do not tell what they hold by class of storage.
    class_counts: Vec<String>,
}

/// Finds what is lacking.
struct FindMissing;

impl Query for FindMissing {
    type Output = Missing;

    async fn run(&self, view: &View) -> Result<Missing, Error> {
        // In folders of earlier versions pending deliveries need not be scheduled.
        let counts = view.get(&key::delivery_counts()).await?;
        let delivery_counts = counts.is_some_and(|row| are_old_counts(&row));
        let base = key::whole(Tag::Stat);
        let end = key::after_prefix(&base);
        let rows = view.scan(Bound::Included(&base), Bound::Excluded(&end), usize::MAX).await?;
        let old = rows.iter().filter(|(_, row)| !counts_classes(row));
        let class_counts =
            old.map(|(key, _)| key::text_after(key, &base).map(str::to_owned)).collect::<Result<_, _>>()?;
        Ok(Missing { delivery_counts, class_counts })
    }
}

/// Brings the rows of an earlier version up to date.
pub(super) fn upgrade(engine: &Engine) -> Result<(), OpenError> {
    let Missing { delivery_counts, class_counts } = engine.query_blocking(&FindMissing)?;
    if delivery_counts {
        tracing::info!("counting the deliveries of the journal, once");
        commit_at_opening(engine, CountDeliveries)?;
    }
    if !class_counts.is_empty() {
        tracing::info!(buckets = class_counts.len(), "counting objects by class of storage, once");
        commit_at_opening(engine, CountObjects { buckets: class_counts })?;
    }
    // What others share may be leased by one of them.
    if engine.is_shared() { Ok(()) } else { release_all(engine) }
}

/// Ends the leases of an earlier process.
fn release_all(engine: &Engine) -> Result<(), OpenError> {
    release_leases(engine)?;
    if engine.query_blocking(&AreJobsLeased)?
        && let Err(error) = commit_at_opening(engine, ReleaseJobs)
    {
        tracing::warn!(%error, "cannot end the leases of jobs of an earlier process");
    }
    Ok(())
}

/// Checks that blobs that nodes share are in a place of this store.
pub(super) fn check_in(engine: &Engine, ids: &IdSource, blobs: &Blobs) -> Result<(), OpenError> {
    if !blobs.is_shared() {
        return Ok(());
    }
    let id = commit_at_opening(engine, NameStore { id: ids.store() })?;
    blobs.check_in(&id)
}

/// Whether a job is leased.
struct AreJobsLeased;

impl Query for AreJobsLeased {
    type Output = bool;

    async fn run(&self, view: &View) -> Result<bool, Error> {
        let base = key::whole(Tag::JobLease);
        let end = key::after_prefix(&base);
        let rows = view.scan(Bound::Included(&base), Bound::Excluded(&end), usize::MAX).await?;
        // What cannot be read is for the check to tell.
        Ok(rows.iter().any(|(_, row)| decode_job_lease("", row).is_ok_and(|lease| lease.until_ms > ENDED)))
    }
}

/// Scheduled deliveries after one of them.
struct Scheduled {
    from: Bound<Bytes>,
}

impl Query for Scheduled {
    type Output = Vec<Row>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let end = key::after_prefix(&key::whole(Tag::DeliveryDue));
        let from = self.from.as_ref().map(AsRef::as_ref);
        view.scan(from, Bound::Excluded(&end), RELEASED_AT_ONCE).await
    }
}

/// Ends all leases: whoever held them had the lock of this folder, and is gone. Without it they would end by themselves, so
/// that a full disk does not keep the store from being opened.
fn release_leases(engine: &Engine) -> Result<(), OpenError> {
    let mut from = Bound::Included(key::whole(Tag::DeliveryDue));
    loop {
        let scheduled = engine.query_blocking(&Scheduled { from: from.clone() })?;
        let Some((last, _)) = scheduled.last() else { return Ok(()) };
        from = Bound::Excluded(last.clone());
        let leased = scheduled.into_iter().filter(|(_, value)| value == LEASED);
        let rows: Vec<_> = leased.map(|(key, _)| key).collect();
        if rows.is_empty() {
            continue;
        }
        tracing::info!(deliveries = rows.len(), "deliveries of an earlier process are free to be taken over");
        if let Err(error) = commit_at_opening(engine, ReleaseLeases { rows }) {
            tracing::warn!(%error, "cannot end the leases of an earlier process");
            return Ok(());
        }
    }
}

/// Commits while the store is being opened: a thread of an asynchronous runtime may do that, and must not block.
fn commit_at_opening<C: Command>(engine: &Engine, command: C) -> Result<C::Output, Error> {
    std::thread::scope(|scope| {
        scope.spawn(|| engine.commit_blocking(command)).join().unwrap_or(Err(Error::Closed))
    })
}
