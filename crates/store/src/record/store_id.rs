//! The record of the store's id.

use bytes::Bytes;

use super::{VERSION, expect_version};
use crate::Error;
use crate::codec::{Decoder, Encoder};

pub(crate) fn encode_store_id(id: [u8; 16]) -> Bytes {
    let mut out = Encoder::with_capacity(17);
    out.u8(VERSION);
    out.raw(&id);
    out.finish()
}

pub(crate) fn decode_store_id(row: &[u8]) -> Result<[u8; 16], Error> {
    let mut from = Decoder::new(row, "the id of the store");
    expect_version(&mut from)?;
    let id = from.array()?;
    from.end()?;
    Ok(id)
}
