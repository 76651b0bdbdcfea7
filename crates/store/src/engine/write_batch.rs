//! A set of changed rows: what a batch of commands wrote, in key order.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::Error;
use crate::codec::{Decoder, Encoder};

/// A key and its value.
pub(crate) type Row = (Bytes, Bytes);

/// Changed rows by key; `None` is a row that was deleted.
pub(crate) type WriteBatch = BTreeMap<Bytes, Option<Bytes>>;

const PUT: u8 = 1;
const DELETE: u8 = 2;

/// Writes rows in the form the log keeps them.
pub(crate) fn encode_batch(rows: &WriteBatch, out: &mut Encoder) {
    out.u32(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    for (key, value) in rows {
        out.u8(if value.is_some() { PUT } else { DELETE });
        out.block(key);
        if let Some(value) = value {
            out.block(value);
        }
    }
}

/// Reads rows back.
pub(crate) fn decode_batch(from: &mut Decoder<'_>) -> Result<WriteBatch, Error> {
    let count = from.u32()?;
    let mut rows = WriteBatch::new();
    for _ in 0..count {
        let operation = from.u8()?;
        let key = Bytes::copy_from_slice(from.block()?);
        let value = match operation {
            PUT => Some(Bytes::copy_from_slice(from.block()?)),
            DELETE => None,
            _ => return Err(from.fail()),
        };
        rows.insert(key, value);
    }
    Ok(rows)
}
