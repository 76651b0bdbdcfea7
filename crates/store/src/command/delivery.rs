//! Commands of the journal of deliveries.

use std::ops::Bound;

use super::data::require_bucket;
use crate::key::{self, Tag};
use crate::queued_updates::QueuedUpdate;
use crate::record::{DeliveryIndex, decode_counts, decode_delivery, encode_counts, encode_delivery};
use crate::txn::{Command, Txn};
use crate::{Delivery, DeliveryCounts, DeliveryState, Error, NewDelivery, RecordDelivery, UpdateDelivery};

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
    let delivery = Delivery {
        id: new.id.clone(),
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        state: DeliveryState::Pending,
        created_ms: now_ms,
        updated_ms: now_ms,
        due_ms: new.due_ms,
        attempts: 0,
        payload: new.payload.clone(),
    };
    write(txn, &delivery);
    change_counts(txn, |counts| count(counts, &delivery, 1)).await
}

fn write<T: Txn>(txn: &mut T, delivery: &Delivery) {
    txn.put(key::delivery(&delivery.id), encode_delivery(delivery));
    txn.put(key::delivery_time(delivery.created_ms, &delivery.id), DeliveryIndex::of(delivery).encode());
    if let Some(due_ms) = delivery.due_ms {
        txn.put(key::delivery_due(due_ms, &delivery.id), bytes::Bytes::new());
    }
}

async fn get<T: Txn>(txn: &mut T, id: &str) -> Result<Option<Delivery>, Error> {
    match txn.get(&key::delivery(id)).await? {
        Some(row) => decode_delivery(id, &row).map(Some),
        None => Ok(None),
    }
}

fn set_due<T: Txn>(txn: &mut T, delivery: &mut Delivery, due_ms: Option<i64>) {
    if delivery.due_ms != due_ms {
        if let Some(old) = delivery.due_ms {
            txn.delete(key::delivery_due(old, &delivery.id));
        }
        delivery.due_ms = due_ms;
    }
}

fn count(counts: &mut DeliveryCounts, delivery: &Delivery, by: i64) {
    counts.change(delivery.state, delivery.due_ms.is_some(), by);
}

/// How many deliveries the row of the counts says there are.
pub(crate) fn counts_in(row: Option<&[u8]>) -> Result<DeliveryCounts, Error> {
    row.map_or(Ok(DeliveryCounts::default()), decode_counts)
}

async fn change_counts<T: Txn>(txn: &mut T, change: impl FnOnce(&mut DeliveryCounts)) -> Result<(), Error> {
    let key = key::delivery_counts();
    let mut counts = counts_in(txn.get(&key).await?.as_deref())?;
    change(&mut counts);
    txn.put(key, encode_counts(&counts));
    Ok(())
}

/// Records a delivery on its own.
#[derive(Debug)]
pub(crate) struct RecordDeliveryCommand {
    pub(crate) record: RecordDelivery,
}

impl Command for RecordDeliveryCommand {
    type Output = ();

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

impl Command for UpdateDeliveryCommand {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let update = match &self.update {
            Change::Own(update) => update,
            Change::Queued(queued) => queued.update(),
        };
        let mut delivery = get(txn, &update.id).await?.ok_or(Error::NoSuchDelivery)?;
        let before = (delivery.state, delivery.due_ms.is_some());
        set_due(txn, &mut delivery, update.due_ms);
        delivery.state = update.state;
        delivery.attempts = update.attempts;
        delivery.updated_ms = update.now_ms;
        if let Some(payload) = &update.payload {
            delivery.payload.clone_from(payload);
        }
        write(txn, &delivery);
        let after = (delivery.state, delivery.due_ms.is_some());
        if before == after {
            return Ok(());
        }
        change_counts(txn, |counts| {
            counts.change(before.0, before.1, -1);
            counts.change(after.0, after.1, 1);
        })
        .await
    }
}

/// Takes due deliveries and puts them off.
#[derive(Debug)]
pub(crate) struct ClaimDeliveries {
    /// A key that no due delivery comes before.
    pub(crate) from: bytes::Bytes,
    pub(crate) now_ms: i64,
    pub(crate) until_ms: i64,
    pub(crate) limit: usize,
}

/// What a claim took.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) deliveries: Vec<Delivery>,
    /// A key that nothing due is left before.
    pub(crate) reached: bytes::Bytes,
}

impl Command for ClaimDeliveries {
    type Output = Claimed;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Claimed, Error> {
        let to = key::delivery_due_after(self.now_ms);
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
                Some(mut delivery) => {
                    set_due(txn, &mut delivery, Some(self.until_ms));
                    write(txn, &delivery);
                    claimed.push(delivery);
                }
                None => txn.delete(key),
            }
        }
        Ok(Claimed { deliveries: claimed, reached })
    }
}

/// The identifier in a key of the order by due time.
pub(crate) fn due_id(key: &[u8]) -> Result<&str, Error> {
    key.get(9..)
        .and_then(|id| std::str::from_utf8(id).ok())
        .ok_or_else(|| Error::corrupt("a delivery's due time"))
}

/// Drops old deliveries, at most `limit` at a time, and tells how many.
#[derive(Debug)]
pub(crate) struct PruneDeliveries {
    pub(crate) before_ms: i64,
    /// Look at the deliveries after this key of the order by time, so that those that are kept are passed once.
    pub(crate) after: Option<bytes::Bytes>,
    pub(crate) limit: usize,
}

/// What a step of pruning did.
#[derive(Debug)]
pub(crate) struct Pruned {
    pub(crate) dropped: u64,
    /// Where to go on, if there may be more.
    pub(crate) after: Option<bytes::Bytes>,
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
            if !index.is_due_some_day {
                txn.delete(key::delivery(due_id(&key)?));
                txn.delete(key);
                dropped.push(index.state);
            }
        }
        if !dropped.is_empty() {
            let forget = |counts: &mut DeliveryCounts| {
                dropped.iter().for_each(|state| counts.change(*state, false, -1));
            };
            change_counts(txn, forget).await?;
        }
        Ok(Pruned { dropped: dropped.len() as u64, after: last })
    }
}

/// Counts all deliveries anew: folders of earlier versions have only their sum.
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
            for (_, row) in &rows {
                let index = DeliveryIndex::decode(row)?;
                counts.change(index.state, index.is_due_some_day, 1);
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
