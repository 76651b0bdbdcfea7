//! Records of uploads in progress and their parts.

use bytes::Bytes;

use super::VERSION;
use super::attributes::{decode_attributes, decode_attributes_1, encode_attributes};
use crate::codec::{Decoder, Encoder};
use crate::data::Md5State;
use crate::extent::DataRef;
use crate::{Attributes, Error};

/// The version of records of parts that come in order and, formerly, of their uploads.
const SEQUENTIAL: u8 = 2;
/// The version of records of uploads that is written.
const WITH_FIELDS: u8 = 3;

/// The flag of uploads whose parts come in order.
const IS_SEQUENTIAL: u8 = 1;

/// An upload in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UploadRecord {
    pub(crate) initiated_ms: i64,
    /// Parts come in order.
    pub(crate) sequential: bool,
    pub(crate) attributes: Attributes,
}

impl UploadRecord {
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = Encoder::with_capacity(96);
        out.u8(WITH_FIELDS);
        out.u8(if self.sequential { IS_SEQUENTIAL } else { 0 });
        out.i64(self.initiated_ms);
        encode_attributes(&self.attributes, &mut out);
        out.finish()
    }

    pub(crate) fn decode(row: &[u8]) -> Result<Self, Error> {
        let mut from = Decoder::new(row, "an upload");
        let version = from.u8()?;
        let sequential = match version {
            VERSION => false,
            SEQUENTIAL => true,
            WITH_FIELDS => match from.u8()? {
                0 => false,
                IS_SEQUENTIAL => true,
                _ => return Err(from.fail()),
            },
            0 => return Err(from.fail()),
            later => return Err(from.later(format_args!("version {later}"))),
        };
        let initiated_ms = from.i64()?;
        let attributes = match version {
            WITH_FIELDS => decode_attributes(&mut from)?,
            _ => decode_attributes_1(&mut from)?,
        };
        let record = Self { initiated_ms, sequential, attributes };
        from.end()?;
        Ok(record)
    }
}

/// A part of an upload in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartRecord {
    pub(crate) size: u64,
    pub(crate) crc64: u64,
    pub(crate) md5: [u8; 16],
    pub(crate) last_modified_ms: i64,
    /// The MD5 of all parts up to the end of this one, where they come in order.
    pub(crate) through: Option<Md5State>,
    pub(crate) data: DataRef,
}

impl PartRecord {
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = Encoder::with_capacity(96);
        out.u8(if self.through.is_some() { SEQUENTIAL } else { VERSION });
        out.u64(self.size);
        out.u64(self.crc64);
        out.raw(&self.md5);
        out.i64(self.last_modified_ms);
        if let Some(through) = &self.through {
            through.encode(&mut out);
        }
        self.data.encode(&mut out);
        out.finish()
    }

    pub(crate) fn decode(row: &[u8]) -> Result<Self, Error> {
        let mut from = Decoder::new(row, "a part");
        let sequential = is_sequential(&mut from)?;
        let record = Self {
            size: from.u64()?,
            crc64: from.u64()?,
            md5: from.array()?,
            last_modified_ms: from.i64()?,
            through: if sequential { Some(Md5State::decode(&mut from)?) } else { None },
            data: DataRef::decode(&mut from)?,
        };
        from.end()?;
        Ok(record)
    }
}

/// Reads the version, which tells whether the parts come in order.
fn is_sequential(from: &mut Decoder<'_>) -> Result<bool, Error> {
    match from.u8()? {
        VERSION => Ok(false),
        SEQUENTIAL => Ok(true),
        _ => Err(from.fail()),
    }
}
