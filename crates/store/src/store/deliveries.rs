//! Operations on the journal of deliveries.

use std::ops::Bound;

use super::Store;
use super::objects::check_names;
use crate::command::{
    Change, ClaimDeliveries, ClaimDelivery, PruneDeliveries, RecordDeliveryCommand, RenewLease,
    UpdateDeliveryCommand, counts_in, due_id,
};
use crate::key::{self, Tag};
use crate::record::{DeliveryIndex, decode_delivery};
use crate::snapshot::Snapshot;
use crate::{
    Delivery, DeliveryCounts, DeliveryFilter, DeliveryPage, DeliveryState, Error, Lease, Prune,
    RecordDelivery, UpdateDelivery,
};

/// Rows looked at for one page at most: with a filter that hardly anything passes, a page may come out short.
const LOOKED_AT: usize = 20_000;

/// Rows looked up at once.
const LOOK: usize = 256;

/// Deliveries dropped in one commit.
const PRUNED_AT_ONCE: usize = 1000;

impl Store {
    /// Records a delivery on its own, for a callback asked for an object that exists.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn record_delivery(&self, record: RecordDelivery) -> Result<(), Error> {
        check_names(&record.bucket, &record.key)?;
        key::check_delivery(&record.delivery.id)?;
        self.parts.committer.commit(RecordDeliveryCommand { record }, None).await
    }

    /// Records what became of a delivery, and ends its lease.
    ///
    /// # Errors
    /// [`Error::NoSuchDelivery`]; [`Error::LeaseLost`] when the delivery is not claimed as the change says.
    pub async fn update_delivery(&self, update: UpdateDelivery) -> Result<(), Error> {
        self.parts.committer.commit(UpdateDeliveryCommand { update: Change::Own(update) }, None).await
    }

    /// The same, but the change gathers with others and hardly ever costs a sync of its own. Readers of the journal see
    /// it at once. The future tells when it is durable; dropping it changes nothing.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Closed`]; the future's are those of [`Store::update_delivery`] and failures of the disk.
    pub fn queue_update_of_delivery(
        &self,
        update: UpdateDelivery,
    ) -> Result<impl Future<Output = Result<(), Error>> + use<>, Error> {
        let queued = self.parts.queued_updates.add(update);
        self.parts.committer.commit_lazily(UpdateDeliveryCommand { update: Change::Queued(queued) })
    }

    /// A delivery.
    ///
    /// # Errors
    /// Failures of the disk.
    pub fn delivery(&self, id: &str) -> Result<Option<Delivery>, Error> {
        let queued = self.parts.queued_updates.get(id);
        let row = self.parts.tables.get_newest(&key::delivery(id))?;
        let delivery = row.map(|row| decode_delivery(id, &row)).transpose()?;
        Ok(delivery.map(|delivery| changed(delivery, queued.as_deref())))
    }

    /// Deliveries, newest first. A page may hold fewer than `limit` and still have a cursor.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for a cursor that did not come from here, and failures of the disk.
    pub fn deliveries(
        &self,
        filter: &DeliveryFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<DeliveryPage, Error> {
        let queued = self.parts.queued_updates.all();
        let snapshot = self.snapshot();
        let mut from = match (cursor, filter.before_ms) {
            (Some(cursor), _) => Bound::Excluded(parse_cursor(cursor)?),
            (None, Some(before)) => Bound::Included(key::delivery_times(before.saturating_sub(1))),
            (None, None) => Bound::Included(key::whole(Tag::DeliveryTime)),
        };
        let end = match filter.since_ms {
            Some(since) => key::delivery_times(since.saturating_sub(1)),
            None => key::after_prefix(&[Tag::DeliveryTime as u8]),
        };
        let mut page = DeliveryPage::default();
        let mut looked_at = 0;
        while page.deliveries.len() < limit {
            let look_from = from.as_ref().map(AsRef::as_ref);
            let rows = snapshot.scan(look_from, Bound::Excluded(&end), LOOK)?;
            looked_at += rows.len();
            let is_last = rows.len() < LOOK;
            for (key, row) in rows {
                if page.deliveries.len() == limit {
                    page.cursor = Some(cursor_text(&from));
                    return Ok(page);
                }
                let id = due_id(&key)?;
                let (index, queued) = (DeliveryIndex::decode(&row)?, queued.get(id));
                if queued.is_some() || passes(filter, &index.bucket, index.state) {
                    let delivery = get(&snapshot, id)?;
                    let delivery = delivery.map(|delivery| changed(delivery, queued.map(AsRef::as_ref)));
                    page.deliveries
                        .extend(delivery.filter(|delivery| passes(filter, &delivery.bucket, delivery.state)));
                }
                from = Bound::Excluded(key);
            }
            if is_last {
                return Ok(page);
            }
            if looked_at >= LOOKED_AT {
                break;
            }
        }
        page.cursor = (limit > 0).then(|| cursor_text(&from));
        Ok(page)
    }

    /// How many deliveries there are. They are counted as they change, so that asking costs the reading of one row.
    ///
    /// # Errors
    /// Failures of the disk.
    pub fn delivery_counts(&self) -> Result<DeliveryCounts, Error> {
        let queued = self.parts.queued_updates.all();
        let snapshot = self.snapshot();
        let mut counts = counts_in(snapshot.get(&key::delivery_counts())?.as_deref())?;
        for (id, update) in &queued {
            if let Some(before) = get(&snapshot, id)? {
                counts.change(before.state, before.scheduled_ms().is_some(), -1);
                let after = changed(before, Some(update));
                counts.change(after.state, after.scheduled_ms().is_some(), 1);
            }
        }
        Ok(counts)
    }

    /// Since when the delivery has been due that has been due longest, and how many are due, as far as `most`. Both
    /// include those whose lease has ended without an outcome.
    ///
    /// # Errors
    /// Failures of the disk.
    pub fn backlog(&self, now_ms: i64, most: usize) -> Result<(Option<i64>, usize), Error> {
        let from = self.parts.due.get();
        let queued = self.parts.queued_updates.all();
        let snapshot = self.snapshot();
        let to = key::delivery_due_after(now_ms);
        // Each change that waits may take one of them away.
        let look = most.saturating_add(queued.len());
        let mut due = Vec::new();
        for key in snapshot.keys(Bound::Included(&from), Bound::Excluded(&to), look)? {
            if !queued.contains_key(due_id(&key)?) {
                due.push(key::time_of_due(&key)?);
            }
        }
        for (id, update) in &queued {
            let delivery = get(&snapshot, id)?.map(|delivery| changed(delivery, Some(update)));
            let scheduled_ms = delivery.and_then(|delivery| delivery.scheduled_ms());
            due.extend(scheduled_ms.filter(|scheduled_ms| *scheduled_ms <= now_ms));
        }
        Ok((due.iter().copied().min(), due.len().min(most)))
    }

    /// Deliveries that are due, the longest due first.
    ///
    /// # Errors
    /// Failures of the disk.
    pub fn due_deliveries(&self, now_ms: i64, limit: usize) -> Result<Vec<Delivery>, Error> {
        let from = self.parts.due.get();
        let queued = self.parts.queued_updates.all();
        let snapshot = self.snapshot();
        let to = key::delivery_due_after(now_ms);
        let rows = snapshot.scan(Bound::Included(&from), Bound::Excluded(&to), limit)?;
        let mut due = Vec::with_capacity(rows.len());
        for (key, _) in rows {
            let id = due_id(&key)?;
            let delivery = get(&snapshot, id)?;
            let delivery = delivery.map(|delivery| changed(delivery, queued.get(id).map(AsRef::as_ref)));
            due.extend(delivery.filter(|delivery| delivery.scheduled_ms().is_some_and(|at| at <= now_ms)));
        }
        Ok(due)
    }

    /// Claims deliveries that are due, or whose lease has ended without an outcome, so that of several workers one gets
    /// each.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn claim_due_deliveries(
        &self,
        now_ms: i64,
        lease: Lease,
        limit: usize,
    ) -> Result<Vec<Delivery>, Error> {
        let _alone = self.parts.due.claiming.lock().await;
        let from = self.parts.due.begin();
        let to = key::delivery_due_after(now_ms);
        if self.snapshot().keys(Bound::Included(&from), Bound::Excluded(&to), 1)?.is_empty() {
            self.parts.due.rise(to);
            return Ok(Vec::new());
        }
        let command = ClaimDeliveries { from, now_ms, lease, limit };
        let claimed = self.parts.committer.commit(command, None).await?;
        self.parts.due.rise(claimed.reached);
        Ok(claimed.deliveries)
    }

    /// Claims one delivery, due or not.
    ///
    /// # Errors
    /// [`Error::NoSuchDelivery`]; [`Error::DeliveryLeased`] when somebody has it.
    pub async fn claim_delivery(&self, id: &str, now_ms: i64, lease: Lease) -> Result<Delivery, Error> {
        let id = id.to_owned();
        self.parts.committer.commit(ClaimDelivery { id, lease, now_ms }, None).await
    }

    /// Puts off the end of a lease.
    ///
    /// # Errors
    /// [`Error::NoSuchDelivery`]; [`Error::LeaseLost`] when the claim of `lease` does not have the delivery.
    pub async fn renew_lease(&self, id: &str, lease: Lease) -> Result<(), Error> {
        self.parts.committer.commit(RenewLease { id: id.to_owned(), lease }, None).await
    }

    /// Drops old deliveries and tells how many.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn prune_deliveries(&self, prune: Prune) -> Result<u64, Error> {
        // A full journal is gone through, on a thread that may take its time.
        let store = self.clone();
        let newest = tokio::task::spawn_blocking(move || store.time_to_keep(prune.keep_max));
        let before_ms = prune.before_ms.max(newest.await.unwrap_or(Err(Error::Closed))?);
        let mut dropped = 0;
        let mut after = None;
        loop {
            let command = PruneDeliveries {
                before_ms,
                drop_scheduled: prune.drop_scheduled,
                after,
                limit: PRUNED_AT_ONCE,
            };
            let pruned = self.parts.committer.commit(command, None).await?;
            dropped += pruned.dropped;
            match pruned.after {
                Some(key) => after = Some(key),
                None => return Ok(dropped),
            }
        }
    }

    /// The time such that at most about `keep_max` deliveries are as new; all that share it are kept.
    fn time_to_keep(&self, keep_max: u64) -> Result<i64, Error> {
        if self.delivery_counts()?.total() <= keep_max {
            return Ok(i64::MIN);
        }
        let snapshot = self.snapshot();
        let end = key::after_prefix(&[Tag::DeliveryTime as u8]);
        let mut from = Bound::Included(key::whole(Tag::DeliveryTime));
        let mut left = keep_max;
        while left > 0 {
            let look = usize::try_from(left).unwrap_or(LOOK).min(LOOK);
            let look_from = from.as_ref().map(AsRef::as_ref);
            let rows = snapshot.scan(look_from, Bound::Excluded(&end), look)?;
            let Some((last, _)) = rows.last() else { return Ok(i64::MIN) };
            left -= rows.len() as u64;
            from = Bound::Excluded(last.clone());
        }
        match from {
            Bound::Excluded(last) => key::time_of_delivery(&last),
            _ => Ok(i64::MAX),
        }
    }
}

fn get(snapshot: &Snapshot, id: &str) -> Result<Option<Delivery>, Error> {
    snapshot.get(&key::delivery(id))?.map(|row| decode_delivery(id, &row)).transpose()
}

fn passes(filter: &DeliveryFilter, bucket: &str, state: DeliveryState) -> bool {
    filter.bucket.as_deref().is_none_or(|wanted| wanted == bucket)
        && (filter.states.is_empty() || filter.states.contains(&state))
}

/// The delivery with a change that waits for its commit.
fn changed(mut delivery: Delivery, queued: Option<&UpdateDelivery>) -> Delivery {
    if let Some(update) = queued {
        update.apply(&mut delivery);
    }
    delivery
}

/// The key of the last delivery that was looked at, without its tag, in hexadecimal.
fn cursor_text(from: &Bound<bytes::Bytes>) -> String {
    match from {
        Bound::Included(key) | Bound::Excluded(key) => {
            crate::record::hex_upper(key.get(1..).unwrap_or_default())
        }
        Bound::Unbounded => String::new(),
    }
}

fn parse_cursor(cursor: &str) -> Result<bytes::Bytes, Error> {
    let bad = Error::InvalidName { reason: "the cursor did not come from a listing" };
    if !cursor.len().is_multiple_of(2) || cursor.len() > 512 || !cursor.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return Err(bad);
    }
    let mut key = vec![Tag::DeliveryTime as u8];
    for at in (0..cursor.len()).step_by(2) {
        let byte = cursor.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        key.push(byte.ok_or_else(|| bad.clone())?);
    }
    Ok(bytes::Bytes::from(key))
}
