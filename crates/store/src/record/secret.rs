//! The record of a sealed secret.

use bytes::Bytes;

use super::{VERSION, expect_version};
use crate::Error;
use crate::codec::{Decoder, Encoder};

pub(crate) fn encode_secret(sealed: &[u8]) -> Bytes {
    let mut out = Encoder::with_capacity(sealed.len() + 6);
    out.u8(VERSION);
    out.block(sealed);
    out.finish()
}

pub(crate) fn decode_secret(row: &[u8]) -> Result<Bytes, Error> {
    let mut from = Decoder::new(row, "a secret");
    expect_version(&mut from)?;
    let sealed = Bytes::copy_from_slice(from.block()?);
    from.end()?;
    Ok(sealed)
}
