//! Orphans: blobs that nothing refers to, of a process that died between writing one and the command that was to name it. Where
//! nodes share blobs, one of them looks for those of all, a listing at a time, and holds the lease of that job.

use std::collections::HashSet;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::grace::Grace;
use crate::command::AcquireJob;
use crate::data::Source;
use crate::engine::{Query, View};
use crate::id::DataId;
use crate::key;
use crate::{Error, StoreOptions};

/// Data files looked up at once.
const CANDIDATES: usize = 256;

/// The job whose lease is held.
const JOB: &str = "content-orphans";

/// The lease lasts longer than the pause between two listings by so much.
const LEASE_RESERVE: Duration = Duration::from_secs(60);

/// So often in the age of orphans it is looked for what was not finished.
const UNFINISHED_IN_AGE: u32 = 24;

/// The search for orphans among blobs that nodes share.
#[derive(Debug)]
pub(super) struct OrphanSearch {
    /// This process, as the lease's owner.
    owner: String,
    age: Duration,
    /// What was found, and waits for the grace time.
    found: Grace,
    /// Which blobs are listed next, from a random one on, and when.
    listing: u16,
    next_listing: Instant,
    next_unfinished: Instant,
}

impl OrphanSearch {
    pub(super) fn new(options: &StoreOptions) -> Self {
        let now = Instant::now();
        Self {
            owner: format!("{:016x}", rand::random::<u64>()),
            age: options.orphan_age,
            found: Grace::new(options.content_grace),
            listing: rand::random(),
            next_listing: now,
            next_unfinished: now,
        }
    }

    /// Looks through one listing if it is time for that and no other node does it, and removes what was found long ago.
    pub(super) async fn turn(&mut self, source: &Source, now: Instant) -> Result<(), Error> {
        if now < self.next_listing {
            return Ok(());
        }
        let listings = source.blobs.listings();
        let pause = self.age / u32::from(listings);
        self.next_listing = now + pause;
        if !self.has_lease(source, pause).await? {
            return Ok(());
        }
        let removed = self.remove_found(source).await;
        self.listing = (self.listing + 1) % listings;
        let found = find_orphans_of(source, self.listing, &|| true).await?;
        found.into_iter().for_each(|id| self.found.see(id, now));
        if now >= self.next_unfinished {
            self.next_unfinished = now + self.age / UNFINISHED_IN_AGE;
            let count = source.blobs.remove_unfinished().await?;
            if count > 0 {
                tracing::info!(blobs = count, "removed content that was never finished");
            }
        }
        removed
    }

    /// Takes the lease or keeps it.
    async fn has_lease(&self, source: &Source, pause: Duration) -> Result<bool, Error> {
        let now_ms = now_ms();
        let length = i64::try_from((pause * 2 + LEASE_RESERVE).as_millis()).unwrap_or(i64::MAX);
        let (job, owner) = (JOB.to_owned(), self.owner.clone());
        let acquire = AcquireJob { job, owner, now_ms, until_ms: now_ms.saturating_add(length) };
        Ok(source.engine.commit(acquire, None).await?.is_some())
    }

    /// Removes those of the orphans that were found some time ago, and still are some.
    async fn remove_found(&mut self, source: &Source) -> Result<(), Error> {
        for ids in self.found.take_passed(Instant::now()).chunks(CANDIDATES) {
            let known = source.engine.query(Known { ids: ids.to_vec() }).await?;
            let left: Vec<DataId> = ids.iter().filter(|id| !known.contains(id)).copied().collect();
            let count = left.len();
            source.blobs.remove(left).await.outcome?;
            tracing::info!(blobs = count, "removed content that nothing refers to");
        }
        Ok(())
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Those of some data files that rows name.
struct Known {
    ids: Vec<DataId>,
}

impl Query for Known {
    type Output = HashSet<DataId>;

    fn is_long(&self) -> bool {
        true
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let mut known = HashSet::new();
        for id in &self.ids {
            if view.get(&key::file(*id)).await?.is_some() || view.get(&key::reclaim(*id)).await?.is_some() {
                known.insert(*id);
            }
        }
        Ok(known)
    }
}

/// Finds the data files nothing refers to or is about to. Looking at millions takes a while, so it ends with
/// [`Error::Closed`] when `goes_on` says no.
pub(crate) async fn find_orphans(
    source: &Source,
    goes_on: &(dyn Fn() -> bool + Sync),
) -> Result<HashSet<DataId>, Error> {
    let mut orphans = HashSet::new();
    for listing in 0..source.blobs.listings() {
        orphans.extend(find_orphans_of(source, listing, goes_on).await?);
    }
    Ok(orphans)
}

/// Finds those among the blobs of one listing.
async fn find_orphans_of(
    source: &Source,
    listing: u16,
    goes_on: &(dyn Fn() -> bool + Sync),
) -> Result<HashSet<DataId>, Error> {
    // In this order: what is committed meanwhile leaves the unpublished blobs after it shows in the rows.
    let mut candidates = source.blobs.list(listing).await?;
    let unpublished = source.blobs.unpublished();
    candidates.retain(|id| !unpublished.contains(id));
    let mut orphans = HashSet::new();
    for ids in candidates.chunks(CANDIDATES) {
        if !goes_on() {
            return Err(Error::Closed);
        }
        let known = source.engine.query(Known { ids: ids.to_vec() }).await?;
        orphans.extend(ids.iter().filter(|id| !known.contains(id)));
    }
    Ok(orphans)
}
