//! The record of a nonce that is used.

use bytes::Bytes;

use super::{VERSION, expect_version};
use crate::Error;
use crate::codec::{Decoder, Encoder};

pub(crate) fn encode_nonce(until_ms: i64) -> Bytes {
    let mut out = Encoder::with_capacity(9);
    out.u8(VERSION);
    out.i64(until_ms);
    out.finish()
}

/// Reads when the nonce may be used again.
pub(crate) fn decode_nonce(row: &[u8]) -> Result<i64, Error> {
    let mut from = Decoder::new(row, "a nonce");
    expect_version(&mut from)?;
    let until_ms = from.i64()?;
    from.end()?;
    Ok(until_ms)
}
