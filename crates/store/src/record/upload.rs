//! Records of uploads in progress and their parts.

use bytes::Bytes;

use super::object::{decode_attributes, encode_attributes};
use super::{VERSION, expect_version};
use crate::codec::{Decoder, Encoder};
use crate::extent::DataRef;
use crate::{Attributes, Error};

/// An upload in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UploadRecord {
    pub(crate) initiated_ms: i64,
    pub(crate) attributes: Attributes,
}

impl UploadRecord {
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = Encoder::with_capacity(96);
        out.u8(VERSION);
        out.i64(self.initiated_ms);
        encode_attributes(&self.attributes, &mut out);
        out.finish()
    }

    pub(crate) fn decode(row: &[u8]) -> Result<Self, Error> {
        let mut from = Decoder::new(row, "an upload");
        expect_version(&mut from)?;
        let record = Self { initiated_ms: from.i64()?, attributes: decode_attributes(&mut from)? };
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
    pub(crate) data: DataRef,
}

impl PartRecord {
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = Encoder::with_capacity(96);
        out.u8(VERSION);
        out.u64(self.size);
        out.u64(self.crc64);
        out.raw(&self.md5);
        out.i64(self.last_modified_ms);
        self.data.encode(&mut out);
        out.finish()
    }

    pub(crate) fn decode(row: &[u8]) -> Result<Self, Error> {
        let mut from = Decoder::new(row, "a part");
        expect_version(&mut from)?;
        let record = Self {
            size: from.u64()?,
            crc64: from.u64()?,
            md5: from.array()?,
            last_modified_ms: from.i64()?,
            data: DataRef::decode(&mut from)?,
        };
        from.end()?;
        Ok(record)
    }
}
