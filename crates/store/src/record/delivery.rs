//! Records of the journal of deliveries.

use bytes::Bytes;

use super::{VERSION, expect_version};
use crate::codec::{Decoder, Encoder};
use crate::{ClaimId, Delivery, DeliveryCounts, DeliveryState, Error, Lease};

/// The version of a delivery that may have a lease. The first one had none.
const DELIVERY_VERSION: u8 = 2;

/// The version of the counts of a journal in which every pending delivery is scheduled. In that of the first version some
/// are not.
const COUNTS_VERSION: u8 = 2;

const IS_DUE: u8 = 1;
const IS_LEASED: u8 = 2;

/// The value of a row of the order by time of those that are leased; that of the others is empty.
pub(crate) const LEASED: &[u8] = &[1];

pub(crate) fn encode_delivery(delivery: &Delivery) -> Bytes {
    let mut out = Encoder::with_capacity(64 + delivery.payload.len());
    out.u8(DELIVERY_VERSION);
    out.u8(state_to_u8(delivery.state));
    out.i64(delivery.created_ms);
    out.i64(delivery.updated_ms);
    let is_due = if delivery.due_ms.is_some() { IS_DUE } else { 0 };
    let is_leased = if delivery.lease.is_some() { IS_LEASED } else { 0 };
    out.u8(is_due | is_leased);
    out.i64(delivery.due_ms.unwrap_or(0));
    if let Some(lease) = delivery.lease {
        out.u64(lease.claim.number());
        out.i64(lease.until_ms);
    }
    out.u32(delivery.attempts);
    out.text(&delivery.bucket);
    out.text(&delivery.key);
    out.block(&delivery.payload);
    out.finish()
}

pub(crate) fn decode_delivery(id: &str, row: &[u8]) -> Result<Delivery, Error> {
    let mut from = Decoder::new(row, "a delivery");
    let version = from.u8()?;
    let state = state_from_u8(&mut from)?;
    let (created_ms, updated_ms) = (from.i64()?, from.i64()?);
    let (flags, due_ms) = (from.u8()?, from.i64()?);
    let known_flags = match version {
        VERSION => IS_DUE,
        DELIVERY_VERSION => IS_DUE | IS_LEASED,
        _ => return Err(from.fail()),
    };
    if flags & !known_flags != 0 {
        return Err(from.fail());
    }
    let lease = match flags & IS_LEASED {
        0 => None,
        _ => Some(Lease { claim: ClaimId::new(from.u64()?), until_ms: from.i64()? }),
    };
    let delivery = Delivery {
        id: id.to_owned(),
        state,
        created_ms,
        updated_ms,
        due_ms: (flags & IS_DUE != 0).then_some(due_ms),
        lease,
        attempts: from.u32()?,
        bucket: from.text()?,
        key: from.text()?,
        payload: from.block()?.to_vec(),
    };
    from.end()?;
    Ok(delivery)
}

/// What the order by time keeps of a delivery, enough to filter without reading the delivery itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeliveryIndex {
    pub(crate) state: DeliveryState,
    pub(crate) is_scheduled: bool,
    pub(crate) bucket: String,
}

impl DeliveryIndex {
    pub(crate) fn of(delivery: &Delivery) -> Self {
        Self {
            state: delivery.state,
            is_scheduled: delivery.scheduled_ms().is_some(),
            bucket: delivery.bucket.clone(),
        }
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut out = Encoder::with_capacity(16 + self.bucket.len());
        out.u8(VERSION);
        out.u8(state_to_u8(self.state));
        out.u8(u8::from(self.is_scheduled));
        out.text(&self.bucket);
        out.finish()
    }

    pub(crate) fn decode(row: &[u8]) -> Result<Self, Error> {
        let mut from = Decoder::new(row, "a delivery by time");
        expect_version(&mut from)?;
        let state = state_from_u8(&mut from)?;
        let index = Self { state, is_scheduled: from.u8()? != 0, bucket: from.text()? };
        from.end()?;
        Ok(index)
    }
}

pub(crate) fn encode_counts(counts: &DeliveryCounts) -> Bytes {
    let mut out = Encoder::with_capacity(41);
    out.u8(COUNTS_VERSION);
    for count in [counts.pending, counts.delivered, counts.failed, counts.abandoned, counts.scheduled] {
        out.u64(count);
    }
    out.finish()
}

/// Returns whether the counts are of a version in which pending deliveries need not be scheduled, or of the first one of
/// all, which is the bare sum.
pub(crate) fn are_old_counts(row: &[u8]) -> bool {
    row.len() == size_of::<u64>() || row.first() == Some(&VERSION)
}

pub(crate) fn decode_counts(row: &[u8]) -> Result<DeliveryCounts, Error> {
    let mut from = Decoder::new(row, "how many deliveries there are");
    if from.u8()? != COUNTS_VERSION {
        return Err(from.fail());
    }
    let counts = DeliveryCounts {
        pending: from.u64()?,
        delivered: from.u64()?,
        failed: from.u64()?,
        abandoned: from.u64()?,
        scheduled: from.u64()?,
    };
    from.end()?;
    Ok(counts)
}

fn state_to_u8(state: DeliveryState) -> u8 {
    match state {
        DeliveryState::Pending => 1,
        DeliveryState::Delivered => 2,
        DeliveryState::Failed => 3,
        DeliveryState::Abandoned => 4,
    }
}

fn state_from_u8(from: &mut Decoder<'_>) -> Result<DeliveryState, Error> {
    match from.u8()? {
        1 => Ok(DeliveryState::Pending),
        2 => Ok(DeliveryState::Delivered),
        3 => Ok(DeliveryState::Failed),
        4 => Ok(DeliveryState::Abandoned),
        _ => Err(from.fail()),
    }
}
