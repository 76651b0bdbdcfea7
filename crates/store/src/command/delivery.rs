//! Commands of the journal of deliveries.

use std::ops::Bound;

use bytes::Bytes;

use super::data::require_bucket;
use crate::counters::{Addition, DeliveryChange};
use crate::engine::{Command, Txn};
use crate::key::{self, Tag};
use crate::lease_clock::ClockShift;
use crate::queued_updates::QueuedUpdate;
use crate::record::{DeliveryIndex, LEASED, decode_counts, decode_delivery, encode_counts, encode_delivery};
use crate::{
    Delivery, DeliveryCounts, DeliveryState, Error, Lease, NewDelivery, RecordDelivery, UpdateDelivery,
};

/// Rows read at a time where all are counted.
const COUNTED_AT_ONCE: usize = 4096;

/// Records a delivery that is pending.
pub(super) async fn record<T: Txn>(
    txn: &mut T,
    bucket: &str,
    key: &str,
    new: &NewDelivery,
    now_ms: i64,
) -> Result<(), Error> {
    if txn.get(&key::delivery(&new.id)).await?.is_some() {
        return Err(Error::InvalidName { reason: "a delivery of that identifier exists" });
    }
    let shift = match (new.due_ms, new.lease) {
        (None, None) => ClockShift::default(),
        _ => ClockShift::within(txn, now_ms).await?,
    };
    let delivery = Delivery {
        id: new.id.clone(),
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        state: DeliveryState::Pending,
        created_ms: now_ms,
        updated_ms: now_ms,
        due_ms: new.due_ms.map(|ms| shift.kept(ms)),
        lease: new.lease.map(|lease| shift.kept_lease(lease)),
        attempts: 0,
        payload: new.payload.clone(),
    };
    write(txn, &delivery);
    let is_scheduled = delivery.scheduled_ms().is_some();
    add_counts(txn, vec![DeliveryChange { state: delivery.state, is_scheduled, by: 1 }]).await
}

fn write<T: Txn>(txn: &mut T, delivery: &Delivery) {
    txn.put(key::delivery(&delivery.id), encode_delivery(delivery));
    txn.put(key::delivery_time(delivery.created_ms, &delivery.id), DeliveryIndex::of(delivery).encode());
    if let Some(scheduled_ms) = delivery.scheduled_ms() {
        txn.put(key::delivery_due(scheduled_ms, &delivery.id), scheduled_value(delivery));
    }
}

/// Makes the value of a delivery's row in the order by due time.
pub(crate) fn scheduled_value(delivery: &Delivery) -> Bytes {
    Bytes::from_static(if delivery.lease.is_some() { LEASED } else { &[] })
}

async fn get<T: Txn>(txn: &mut T, id: &str) -> Result<Option<Delivery>, Error> {
    match txn.get(&key::delivery(id)).await? {
        Some(row) => decode_delivery(id, &row).map(Some),
        None => Ok(None),
    }
}

/// Writes a delivery that is there already, after `change`, and what follows from it.
async fn rewrite<T: Txn>(
    txn: &mut T,
    delivery: &mut Delivery,
    change: impl FnOnce(&mut Delivery),
) -> Result<(), Error> {
    let (state_before, scheduled_before) = (delivery.state, delivery.scheduled_ms());
    change(delivery);
    let (state, scheduled) = (delivery.state, delivery.scheduled_ms());
    if let Some(before_ms) = scheduled_before
        && scheduled != scheduled_before
    {
        txn.delete(key::delivery_due(before_ms, &delivery.id));
    }
    write(txn, delivery);
    if (state_before, scheduled_before.is_some()) == (state, scheduled.is_some()) {
        return Ok(());
    }
    let before = DeliveryChange { state: state_before, is_scheduled: scheduled_before.is_some(), by: -1 };
    let after = DeliveryChange { state, is_scheduled: scheduled.is_some(), by: 1 };
    add_counts(txn, vec![before, after]).await
}

/// Reads the row of the counts of deliveries; without one there are none.
pub(crate) fn counts_in(row: Option<&[u8]>) -> Result<DeliveryCounts, Error> {
    row.map_or(Ok(DeliveryCounts::default()), decode_counts)
}

async fn add_counts<T: Txn>(txn: &mut T, changes: Vec<DeliveryChange>) -> Result<(), Error> {
    txn.add(key::delivery_counts(), Addition::Deliveries(changes)).await
}

/// Records a delivery on its own.
#[derive(Debug)]
pub(crate) struct RecordDeliveryCommand {
    pub(crate) record: RecordDelivery,
}

impl Command for RecordDeliveryCommand {
    type Output = ();

    fn asks_time(&self) -> bool {
        true
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let RecordDelivery { bucket, key, delivery, now_ms } = &self.record;
        require_bucket(txn, bucket).await?;
        record(txn, bucket, key, delivery, *now_ms).await
    }
}

/// Records what became of a delivery.
#[derive(Debug)]
pub(crate) struct UpdateDeliveryCommand {
    pub(crate) update: Change,
}

/// A change, which readers see already if it is queued.
#[derive(Debug)]
pub(crate) enum Change {
    Own(UpdateDelivery),
    Queued(QueuedUpdate),
}

impl UpdateDeliveryCommand {
    fn update(&self) -> &UpdateDelivery {
        match &self.update {
            Change::Own(update) => update,
            Change::Queued(queued) => queued.update(),
        }
    }
}

impl Command for UpdateDeliveryCommand {
    type Output = ();
    const GROWS: bool = false;

    fn reads(&self, keys: &mut Vec<Bytes>) {
        keys.push(key::delivery(&self.update().id));
    }

    fn asks_time(&self) -> bool {
        self.update().due_ms.is_some()
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let update = self.update();
        let mut delivery = get(txn, &update.id).await?.ok_or(Error::NoSuchDelivery)?;
        if !update.is_of_holder(&delivery) {
            return Err(Error::LeaseLost);
        }
        // Nobody waited for a queued change before making the next one, and engines may swap the two.
        if matches!(self.update, Change::Queued(_)) && update.now_ms < delivery.updated_ms {
            return Ok(());
        }
        let due_ms = match update.due_ms {
            Some(due_ms) => Some(ClockShift::within(txn, update.now_ms).await?.kept(due_ms)),
            None => None,
        };
        rewrite(txn, &mut delivery, |delivery| {
            update.write_to(delivery);
            delivery.due_ms = due_ms;
        })
        .await
    }
}

/// Takes one delivery, due or not, unless somebody has it.
#[derive(Debug)]
pub(crate) struct ClaimDelivery {
    pub(crate) id: String,
    pub(crate) lease: Lease,
    pub(crate) now_ms: i64,
}

impl Command for ClaimDelivery {
    type Output = Delivery;

    fn reads(&self, keys: &mut Vec<Bytes>) {
        keys.push(key::delivery(&self.id));
    }

    fn asks_time(&self) -> bool {
        true
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Delivery, Error> {
        let mut delivery = get(txn, &self.id).await?.ok_or(Error::NoSuchDelivery)?;
        let shift = ClockShift::within(txn, self.now_ms).await?;
        if delivery.lease.is_some_and(|lease| lease.until_ms > shift.kept(self.now_ms)) {
            return Err(Error::DeliveryLeased);
        }
        let lease = shift.kept_lease(self.lease);
        rewrite(txn, &mut delivery, |delivery| delivery.lease = Some(lease)).await?;
        Ok(shift.delivery_of_caller(delivery))
    }
}

/// Puts off the end of a lease.
#[derive(Debug)]
pub(crate) struct RenewLease {
    pub(crate) id: String,
    pub(crate) lease: Lease,
    pub(crate) now_ms: i64,
}

impl Command for RenewLease {
    type Output = ();

    fn reads(&self, keys: &mut Vec<Bytes>) {
        keys.push(key::delivery(&self.id));
    }

    fn asks_time(&self) -> bool {
        true
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let mut delivery = get(txn, &self.id).await?.ok_or(Error::NoSuchDelivery)?;
        if delivery.lease.is_none_or(|held| held.claim != self.lease.claim) {
            return Err(Error::LeaseLost);
        }
        let lease = ClockShift::within(txn, self.now_ms).await?.kept_lease(self.lease);
        rewrite(txn, &mut delivery, |delivery| delivery.lease = Some(lease)).await
    }
}

/// Ends leases whose holders are gone: those in these rows of the order by due time.
#[derive(Debug)]
pub(crate) struct ReleaseLeases {
    pub(crate) rows: Vec<Bytes>,
}

impl Command for ReleaseLeases {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        for row in &self.rows {
            match get(txn, due_id(row)?).await? {
                Some(mut delivery) => rewrite(txn, &mut delivery, |delivery| delivery.lease = None).await?,
                None => txn.delete(row.clone()),
            }
        }
        Ok(())
    }
}

/// Takes due deliveries, those included whose lease has ended.
#[derive(Debug)]
pub(crate) struct ClaimDeliveries {
    /// A key that no due delivery comes before.
    pub(crate) from: Bytes,
    pub(crate) now_ms: i64,
    pub(crate) lease: Lease,
    pub(crate) limit: usize,
}

/// What a claim took.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) deliveries: Vec<Delivery>,
    /// A key that nothing due is left before.
    pub(crate) reached: Bytes,
}

impl Command for ClaimDeliveries {
    type Output = Claimed;

    fn asks_time(&self) -> bool {
        true
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Claimed, Error> {
        let shift = ClockShift::within(txn, self.now_ms).await?;
        let lease = shift.kept_lease(self.lease);
        let to = key::delivery_due_after(shift.kept(self.now_ms));
        let due = if self.from < to {
            txn.scan(Bound::Included(&self.from), Bound::Excluded(&to), self.limit).await?
        } else {
            Vec::new()
        };
        let reached = match due.last() {
            Some((last, _)) if due.len() == self.limit => last.clone(),
            _ => to,
        };
        let mut claimed = Vec::with_capacity(due.len());
        for (key, _) in due {
            let id = due_id(&key)?;
            match get(txn, id).await? {
                Some(mut delivery) if delivery.due_ms.is_some() => {
                    rewrite(txn, &mut delivery, |delivery| delivery.lease = Some(lease)).await?;
                    claimed.push(shift.delivery_of_caller(delivery));
                }
                // The process that had claimed it has ended, and no further attempt was planned.
                Some(mut delivery) => rewrite(txn, &mut delivery, |delivery| delivery.lease = None).await?,
                None => txn.delete(key),
            }
        }
        Ok(Claimed { deliveries: claimed, reached })
    }
}

/// Reads the identifier from a key of the order by due time.
pub(crate) fn due_id(key: &[u8]) -> Result<&str, Error> {
    key.get(9..)
        .and_then(|id| std::str::from_utf8(id).ok())
        .ok_or_else(|| Error::corrupt("a delivery's due time"))
}

/// Drops old deliveries, at most `limit` at a time, and tells how many.
#[derive(Debug)]
pub(crate) struct PruneDeliveries {
    pub(crate) before_ms: i64,
    pub(crate) drop_scheduled: bool,
    /// Look at the deliveries after this key of the order by time, so that those that are kept are passed once.
    pub(crate) after: Option<Bytes>,
    pub(crate) limit: usize,
}

/// What a step of pruning did.
#[derive(Debug)]
pub(crate) struct Pruned {
    pub(crate) dropped: u64,
    /// Where to go on, if there may be more.
    pub(crate) after: Option<Bytes>,
}

impl Command for PruneDeliveries {
    type Output = Pruned;
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Pruned, Error> {
        let end = key::after_prefix(&[Tag::DeliveryTime as u8]);
        let first = key::delivery_times(self.before_ms.saturating_sub(1));
        let from = match &self.after {
            Some(after) => Bound::Excluded(after.as_ref()),
            None => Bound::Included(first.as_ref()),
        };
        let old = txn.scan(from, Bound::Excluded(&end), self.limit).await?;
        let mut dropped = Vec::new();
        let last = old.last().map(|(key, _)| key.clone()).filter(|_| old.len() == self.limit);
        for (key, row) in old {
            let index = DeliveryIndex::decode(&row)?;
            let id = due_id(&key)?;
            if index.is_scheduled && !self.unschedule(txn, id).await? {
                continue;
            }
            txn.delete(key::delivery(id));
            txn.delete(key);
            dropped.push(index);
        }
        if !dropped.is_empty() {
            let gone = |index: &DeliveryIndex| DeliveryChange {
                state: index.state,
                is_scheduled: index.is_scheduled,
                by: -1,
            };
            add_counts(txn, dropped.iter().map(gone).collect()).await?;
        }
        Ok(Pruned { dropped: dropped.len() as u64, after: last })
    }
}

impl PruneDeliveries {
    /// Takes a delivery out of the order by due time, if it may be dropped though it is scheduled.
    async fn unschedule<T: Txn>(&self, txn: &mut T, id: &str) -> Result<bool, Error> {
        if !self.drop_scheduled {
            return Ok(false);
        }
        let Some(delivery) = get(txn, id).await? else { return Ok(true) };
        let may_hold_ms = txn.now_ms(self.before_ms).await?.min(self.before_ms);
        if delivery.lease.is_some_and(|lease| lease.until_ms >= may_hold_ms) {
            return Ok(false);
        }
        if let Some(scheduled_ms) = delivery.scheduled_ms() {
            txn.delete(key::delivery_due(scheduled_ms, id));
        }
        Ok(true)
    }
}

/// Counts all deliveries anew, and schedules those that are pending: in folders of earlier versions some are not.
#[derive(Debug)]
pub(crate) struct CountDeliveries;

impl Command for CountDeliveries {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let end = key::after_prefix(&[Tag::DeliveryTime as u8]);
        let mut from = Bound::Included(key::whole(Tag::DeliveryTime));
        let mut counts = DeliveryCounts::default();
        loop {
            let rows =
                txn.scan(from.as_ref().map(AsRef::as_ref), Bound::Excluded(&end), COUNTED_AT_ONCE).await?;
            for (key, row) in &rows {
                let index = DeliveryIndex::decode(row)?;
                let is_pending = index.state == DeliveryState::Pending;
                if is_pending {
                    schedule(txn, due_id(key)?).await?;
                }
                counts.change(index.state, index.is_scheduled || is_pending, 1);
            }
            match rows.into_iter().next_back() {
                Some((last, _)) => from = Bound::Excluded(last),
                None => break,
            }
        }
        txn.put(key::delivery_counts(), encode_counts(&counts));
        Ok(())
    }
}

/// Makes a delivery due at the time at which it was recorded.
async fn schedule<T: Txn>(txn: &mut T, id: &str) -> Result<(), Error> {
    let Some(mut delivery) = get(txn, id).await? else { return Ok(()) };
    if let Some(scheduled_ms) = delivery.scheduled_ms() {
        txn.delete(key::delivery_due(scheduled_ms, id));
    }
    (delivery.due_ms, delivery.lease) = (Some(delivery.created_ms), None);
    write(txn, &delivery);
    Ok(())
}
