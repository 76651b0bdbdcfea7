//! The record of a version.

use bytes::Bytes;

use super::{VERSION, expect_version};
use crate::Error;
use crate::codec::{Decoder, Encoder};

pub(crate) fn encode_version(version: u64) -> Bytes {
    let mut out = Encoder::with_capacity(9);
    out.u8(VERSION);
    out.u64(version);
    out.finish()
}

/// Reads a version; no row is the one before the first change.
pub(crate) fn decode_version(row: Option<&[u8]>) -> Result<u64, Error> {
    let Some(row) = row else { return Ok(0) };
    let mut from = Decoder::new(row, "a version");
    expect_version(&mut from)?;
    let version = from.u64()?;
    from.end()?;
    Ok(version)
}
