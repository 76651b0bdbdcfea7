//! The record of an object.

use bytes::Bytes;

use super::VERSION;
use super::attributes::{decode_attributes, decode_attributes_1, encode_attributes};
use crate::codec::{Decoder, Encoder};
use crate::extent::DataRef;
use crate::{Error, ObjectFields, ObjectKind};

/// The version that is written.
const WITH_FIELDS: u8 = 2;

/// The record holds the MD5.
const HAS_MD5: u8 = 1;
/// The ETag is the MD5 in upper-case hexadecimal, and not in the record.
const ETAG_IS_MD5: u8 = 2;

pub(crate) fn encode_object(object: &ObjectFields) -> Bytes {
    let etag_is_md5 = object.md5.is_some_and(|md5| hex_upper(&md5) == object.etag);
    let mut out = Encoder::with_capacity(192);
    out.u8(WITH_FIELDS);
    out.u8(kind_to_u8(object.kind));
    out.u8(if object.md5.is_some() { HAS_MD5 } else { 0 } | if etag_is_md5 { ETAG_IS_MD5 } else { 0 });
    out.u64(object.size);
    out.u64(object.crc64);
    out.i64(object.last_modified_ms);
    out.u64(object.generation);
    out.u32(object.parts);
    if let Some(md5) = &object.md5 {
        out.raw(md5);
    }
    if !etag_is_md5 {
        out.text(&object.etag);
    }
    object.data.encode(&mut out);
    encode_attributes(&object.attributes, &mut out);
    out.finish()
}

pub(crate) fn decode_object(bucket: &str, key: &str, row: &[u8]) -> Result<ObjectFields, Error> {
    decode(bucket, key, row).map_err(|error| error.about(bucket, key))
}

fn decode(bucket: &str, key: &str, row: &[u8]) -> Result<ObjectFields, Error> {
    let mut from = Decoder::new(row, "an object");
    let version = from.u8()?;
    if version > WITH_FIELDS {
        return Err(from.later(format_args!("version {version}")));
    }
    let kind = kind_from_u8(&mut from)?;
    let flags = from.u8()?;
    if flags & !(HAS_MD5 | ETAG_IS_MD5) != 0 {
        return Err(from.fail());
    }
    let (size, crc64, last_modified_ms, generation, parts) =
        (from.u64()?, from.u64()?, from.i64()?, from.u64()?, from.u32()?);
    let md5 = if flags & HAS_MD5 != 0 { Some(from.array()?) } else { None };
    let etag = match md5 {
        Some(md5) if flags & ETAG_IS_MD5 != 0 => hex_upper(&md5),
        _ => from.text()?,
    };
    let (data, attributes) = match version {
        VERSION => {
            let attributes = decode_attributes_1(&mut from)?;
            (DataRef::decode(&mut from)?, attributes)
        }
        WITH_FIELDS => (DataRef::decode(&mut from)?, decode_attributes(&mut from)?),
        _ => return Err(from.fail()),
    };
    from.end()?;
    Ok(ObjectFields {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        etag,
        size,
        crc64,
        md5,
        last_modified_ms,
        kind,
        attributes,
        parts,
        generation,
        data,
    })
}

fn kind_to_u8(kind: ObjectKind) -> u8 {
    match kind {
        ObjectKind::Normal => 1,
        ObjectKind::Multipart => 2,
        ObjectKind::Appendable => 3,
    }
}

fn kind_from_u8(from: &mut Decoder<'_>) -> Result<ObjectKind, Error> {
    match from.u8()? {
        1 => Ok(ObjectKind::Normal),
        2 => Ok(ObjectKind::Multipart),
        3 => Ok(ObjectKind::Appendable),
        _ => Err(from.fail()),
    }
}

/// Bytes in upper-case hexadecimal.
pub(crate) fn hex_upper(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
