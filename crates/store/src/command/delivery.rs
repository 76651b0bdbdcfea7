//! Commands of the journal of deliveries.

use std::ops::Bound;

use super::data::require_bucket;
use crate::codec::{Decoder, Encoder};
use crate::key::{self, Tag};
use crate::record::{DeliveryIndex, decode_delivery, encode_delivery};
use crate::txn::{Command, Txn};
use crate::{Delivery, DeliveryState, Error, NewDelivery, RecordDelivery, UpdateDelivery};

/// The row that counts the deliveries.
const COUNT: &str = "deliveries";

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
    change_count(txn, 1).await
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

/// How many deliveries the row of the count says there are.
pub(crate) fn decode_count(row: Option<&[u8]>) -> Result<u64, Error> {
    let Some(row) = row else { return Ok(0) };
    let mut from = Decoder::new(row, "how many deliveries there are");
    let count = from.u64()?;
    from.end()?;
    Ok(count)
}

async fn change_count<T: Txn>(txn: &mut T, by: i64) -> Result<(), Error> {
    let key = key::store(COUNT);
    let count = decode_count(txn.get(&key).await?.as_deref())?;
    let mut out = Encoder::with_capacity(8);
    out.u64(count.saturating_add_signed(by));
    txn.put(key, out.finish());
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
    pub(crate) update: UpdateDelivery,
}

impl Command for UpdateDeliveryCommand {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let update = &self.update;
        let mut delivery = get(txn, &update.id).await?.ok_or(Error::NoSuchDelivery)?;
        set_due(txn, &mut delivery, update.due_ms);
        delivery.state = update.state;
        delivery.attempts = update.attempts;
        delivery.updated_ms = update.now_ms;
        if let Some(payload) = &update.payload {
            delivery.payload.clone_from(payload);
        }
        write(txn, &delivery);
        Ok(())
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
        let mut dropped = 0;
        let last = old.last().map(|(key, _)| key.clone()).filter(|_| old.len() == self.limit);
        for (key, row) in old {
            if !DeliveryIndex::decode(&row)?.is_due_some_day {
                txn.delete(key::delivery(due_id(&key)?));
                txn.delete(key);
                dropped += 1;
            }
        }
        if dropped > 0 {
            change_count(txn, -i64::try_from(dropped).unwrap_or(i64::MAX)).await?;
        }
        Ok(Pruned { dropped, after: last })
    }
}
