//! Records of the journal of deliveries.

use bytes::Bytes;

use super::{VERSION, expect_version};
use crate::codec::{Decoder, Encoder};
use crate::{Delivery, DeliveryCounts, DeliveryState, Error};

pub(crate) fn encode_delivery(delivery: &Delivery) -> Bytes {
    let mut out = Encoder::with_capacity(64 + delivery.payload.len());
    out.u8(VERSION);
    out.u8(state_to_u8(delivery.state));
    out.i64(delivery.created_ms);
    out.i64(delivery.updated_ms);
    out.u8(u8::from(delivery.due_ms.is_some()));
    out.i64(delivery.due_ms.unwrap_or(0));
    out.u32(delivery.attempts);
    out.text(&delivery.bucket);
    out.text(&delivery.key);
    out.block(&delivery.payload);
    out.finish()
}

pub(crate) fn decode_delivery(id: &str, row: &[u8]) -> Result<Delivery, Error> {
    let mut from = Decoder::new(row, "a delivery");
    expect_version(&mut from)?;
    let state = state_from_u8(&mut from)?;
    let (created_ms, updated_ms) = (from.i64()?, from.i64()?);
    let (has_due, due_ms) = (from.u8()? != 0, from.i64()?);
    let delivery = Delivery {
        id: id.to_owned(),
        state,
        created_ms,
        updated_ms,
        due_ms: has_due.then_some(due_ms),
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
    pub(crate) is_due_some_day: bool,
    pub(crate) bucket: String,
}

impl DeliveryIndex {
    pub(crate) fn of(delivery: &Delivery) -> Self {
        Self {
            state: delivery.state,
            is_due_some_day: delivery.due_ms.is_some(),
            bucket: delivery.bucket.clone(),
        }
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut out = Encoder::with_capacity(16 + self.bucket.len());
        out.u8(VERSION);
        out.u8(state_to_u8(self.state));
        out.u8(u8::from(self.is_due_some_day));
        out.text(&self.bucket);
        out.finish()
    }

    pub(crate) fn decode(row: &[u8]) -> Result<Self, Error> {
        let mut from = Decoder::new(row, "a delivery by time");
        expect_version(&mut from)?;
        let state = state_from_u8(&mut from)?;
        let index = Self { state, is_due_some_day: from.u8()? != 0, bucket: from.text()? };
        from.end()?;
        Ok(index)
    }
}

pub(crate) fn encode_counts(counts: &DeliveryCounts) -> Bytes {
    let mut out = Encoder::with_capacity(41);
    out.u8(VERSION);
    for count in [counts.pending, counts.delivered, counts.failed, counts.abandoned, counts.scheduled] {
        out.u64(count);
    }
    out.finish()
}

pub(crate) fn decode_counts(row: &[u8]) -> Result<DeliveryCounts, Error> {
    let mut from = Decoder::new(row, "how many deliveries there are");
    expect_version(&mut from)?;
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
