//! Where the bytes of an object are: runs of bytes in small content or data files, a few in the object's own
//! record, many in a manifest of their own.

use std::sync::Arc;

use bytes::Bytes;

use crate::Error;
use crate::codec::{Decoder, Encoder};
use crate::data::sealed_length;
use crate::id::DataId;

/// Objects of more extents have a manifest, so that listing and looking up objects does not read them all.
pub(crate) const MAX_OWN_EXTENTS: usize = 8;

/// A run of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) place: Place,
    /// Where in the file or content it begins.
    pub(crate) offset: u64,
    pub(crate) length: u64,
    /// CRC-64 (XZ) of the run.
    pub(crate) crc64: u64,
    /// It is encrypted, and is all that the file or content holds. Length and checksum are those of the bytes as they
    /// came.
    pub(crate) is_sealed: bool,
}

/// What holds a run of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A row of small content.
    Content(DataId),
    /// A data file.
    File(DataId),
}

/// The content of an object or a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DataRef {
    /// These, one after the other; none for empty content.
    Extents(Arc<[Extent]>),
    /// The rows of a manifest, as far as the object's size goes.
    Manifest(DataId),
}

const CONTENT: u8 = 1;
const FILE: u8 = 2;
const SEALED_CONTENT: u8 = 3;
const SEALED_FILE: u8 = 4;
/// What an extent takes in a record.
const ENCODED_EXTENT: usize = 41;

/// How the data of an object begin that are one small content; its identifier follows.
pub(crate) const OWN_CONTENT: &[u8] = &[OWN, 1, CONTENT];

const OWN: u8 = 1;
const MANIFEST: u8 = 2;

impl Extent {
    pub(crate) fn encode(&self, out: &mut Encoder) {
        let (kind, id) = match (self.place, self.is_sealed) {
            (Place::Content(id), false) => (CONTENT, id),
            (Place::File(id), false) => (FILE, id),
            (Place::Content(id), true) => (SEALED_CONTENT, id),
            (Place::File(id), true) => (SEALED_FILE, id),
        };
        out.u8(kind);
        out.raw(&id.to_bytes());
        out.u64(self.offset);
        out.u64(self.length);
        out.u64(self.crc64);
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Result<Self, Error> {
        let kind = from.u8()?;
        let id = DataId::from_bytes(from.array()?);
        let place = match kind {
            CONTENT | SEALED_CONTENT => Place::Content(id),
            FILE | SEALED_FILE => Place::File(id),
            _ => return Err(from.fail()),
        };
        let is_sealed = matches!(kind, SEALED_CONTENT | SEALED_FILE);
        let extent = Self { place, offset: from.u64()?, length: from.u64()?, crc64: from.u64()?, is_sealed };
        if is_sealed && extent.offset != 0 { Err(from.fail()) } else { Ok(extent) }
    }

    /// Returns up to which offset it needs the file or content.
    pub(crate) fn end(&self) -> u64 {
        if self.is_sealed { sealed_length(self.length) } else { self.offset.saturating_add(self.length) }
    }

    /// Renders it as a row of a manifest.
    pub(crate) fn to_row(self) -> Bytes {
        let mut out = Encoder::with_capacity(42);
        out.u8(1);
        self.encode(&mut out);
        out.finish()
    }

    /// Reads it from a row of a manifest.
    pub(crate) fn from_row(row: &[u8]) -> Result<Self, Error> {
        let mut from = Decoder::new(row, "an extent");
        if from.u8()? != 1 {
            return Err(from.fail());
        }
        let extent = Self::decode(&mut from)?;
        from.end()?;
        Ok(extent)
    }
}

/// Lists the data files among extents.
pub(crate) fn file_ids(extents: &[Extent]) -> Vec<DataId> {
    let file = |extent: &Extent| match extent.place {
        Place::File(id) => Some(id),
        Place::Content(_) => None,
    };
    extents.iter().filter_map(file).collect()
}

impl DataRef {
    /// Lists what has to be pinned while the content is read: data files, or the manifest.
    pub(crate) fn pinned_ids(&self) -> Vec<DataId> {
        match self {
            Self::Manifest(id) => vec![*id],
            Self::Extents(extents) => file_ids(extents),
        }
    }

    pub(crate) fn encode(&self, out: &mut Encoder) {
        match self {
            Self::Extents(extents) => {
                out.u8(OWN);
                out.length(extents.len());
                for extent in extents.iter() {
                    extent.encode(out);
                }
            }
            Self::Manifest(id) => {
                out.u8(MANIFEST);
                out.raw(&id.to_bytes());
            }
        }
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Result<Self, Error> {
        match from.u8()? {
            OWN => {
                let count = from.length()?;
                let mut extents = Vec::with_capacity(count.min(MAX_OWN_EXTENTS));
                for _ in 0..count {
                    extents.push(Extent::decode(from)?);
                }
                Ok(Self::Extents(extents.into()))
            }
            MANIFEST => Ok(Self::Manifest(DataId::from_bytes(from.array()?))),
            _ => Err(from.fail()),
        }
    }

    /// Goes past it in a record.
    pub(crate) fn skip(from: &mut Decoder<'_>) -> Result<(), Error> {
        let length = match from.u8()? {
            OWN => from.length()?.saturating_mul(ENCODED_EXTENT),
            MANIFEST => size_of::<DataId>(),
            _ => return Err(from.fail()),
        };
        from.raw(length).map(drop)
    }
}
