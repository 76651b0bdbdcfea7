//! The records of versions that are not the current object: objects as they were, and delete markers.

use bytes::Bytes;

use super::object::{decode_object, encode_object};
use super::{VERSION, expect_version};
use crate::codec::{Decoder, Encoder};
use crate::{DeleteMarker, Error, ObjectFields, VersionId};

/// The kinds of versions.
const OBJECT: u8 = 1;
const DELETE_MARKER: u8 = 2;

/// The flag of a delete marker that is the null version.
const IS_NULL: u8 = 1;

/// A version as it is kept.
#[derive(Debug, Clone)]
pub(crate) enum StoredVersion {
    Object(Box<ObjectFields>),
    DeleteMarker(DeleteMarker),
}

impl StoredVersion {
    pub(crate) fn version_id(&self) -> Option<VersionId> {
        match self {
            Self::Object(object) => object.version_id,
            Self::DeleteMarker(marker) => marker.version_id,
        }
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut out = Encoder::with_capacity(192);
        out.u8(VERSION);
        match self {
            Self::Object(object) => {
                out.u8(OBJECT);
                out.raw(&encode_object(object));
            }
            Self::DeleteMarker(marker) => {
                out.u8(DELETE_MARKER);
                out.i64(marker.last_modified_ms);
                out.u8(if marker.version_id.is_none() { IS_NULL } else { 0 });
            }
        }
        out.finish()
    }

    /// Reads the version of that number.
    pub(crate) fn decode(bucket: &str, key: &str, number: u64, row: &[u8]) -> Result<Self, Error> {
        let mut from = Decoder::new(row, "a version of an object");
        expect_version(&mut from)?;
        let version = match from.u8()? {
            OBJECT => return object_of_number(decode_object(bucket, key, from.rest())?, number),
            DELETE_MARKER => Self::DeleteMarker(DeleteMarker {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
                last_modified_ms: from.i64()?,
                version_id: match from.u8()? {
                    0 => Some(VersionId::new(number)),
                    IS_NULL => None,
                    _ => return Err(from.fail()),
                },
            }),
            _ => return Err(from.fail()),
        };
        from.end()?;
        Ok(version)
    }
}

fn object_of_number(object: ObjectFields, number: u64) -> Result<StoredVersion, Error> {
    match object.version_id {
        Some(id) if id.number() != number => Err(Error::corrupt("a version under another's number")),
        _ => Ok(StoredVersion::Object(Box::new(object))),
    }
}

pub(crate) fn encode_null_version(number: u64) -> Bytes {
    let mut out = Encoder::with_capacity(9);
    out.u8(VERSION);
    out.u64(number);
    out.finish()
}

pub(crate) fn decode_null_version(row: &[u8]) -> Result<u64, Error> {
    let mut from = Decoder::new(row, "which version is the null version");
    expect_version(&mut from)?;
    let number = from.u64()?;
    from.end()?;
    Ok(number)
}
