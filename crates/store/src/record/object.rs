//! The record of an object.

use bytes::Bytes;

use super::{VERSION, expect_version};
use crate::codec::{Decoder, Encoder};
use crate::extent::DataRef;
use crate::{Acl, Attributes, Error, ObjectFields, ObjectKind};

/// The record holds the MD5.
const HAS_MD5: u8 = 1;
/// The ETag is the MD5 in upper-case hexadecimal, and not in the record.
const ETAG_IS_MD5: u8 = 2;

pub(crate) fn encode_object(object: &ObjectFields) -> Bytes {
    let etag_is_md5 = object.md5.is_some_and(|md5| hex_upper(&md5) == object.etag);
    let mut out = Encoder::with_capacity(192);
    out.u8(VERSION);
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
    encode_attributes(&object.attributes, &mut out);
    object.data.encode(&mut out);
    out.finish()
}

pub(crate) fn decode_object(bucket: &str, key: &str, row: &[u8]) -> Result<ObjectFields, Error> {
    let mut from = Decoder::new(row, "an object");
    expect_version(&mut from)?;
    let kind = kind_from_u8(&mut from)?;
    let flags = from.u8()?;
    let (size, crc64, last_modified_ms, generation, parts) =
        (from.u64()?, from.u64()?, from.i64()?, from.u64()?, from.u32()?);
    let md5 = if flags & HAS_MD5 != 0 { Some(from.array()?) } else { None };
    let etag = match md5 {
        Some(md5) if flags & ETAG_IS_MD5 != 0 => hex_upper(&md5),
        _ => from.text()?,
    };
    let attributes = decode_attributes(&mut from)?;
    let data = DataRef::decode(&mut from)?;
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

pub(super) fn encode_attributes(attributes: &Attributes, out: &mut Encoder) {
    out.u8(acl_to_u8(attributes.acl));
    out.text(&attributes.content_type);
    out.text(&attributes.storage_class);
    out.length(attributes.headers.len());
    for (name, value) in &attributes.headers {
        out.text(name);
        out.block(value);
    }
}

pub(super) fn decode_attributes(from: &mut Decoder<'_>) -> Result<Attributes, Error> {
    let acl = acl_from_u8(from)?;
    let content_type = from.text()?;
    let storage_class = from.text()?;
    let count = from.length()?;
    let mut headers = Vec::with_capacity(count.min(64));
    for _ in 0..count {
        headers.push((from.text()?, from.block()?.to_vec()));
    }
    Ok(Attributes { content_type, headers, acl, storage_class })
}

pub(crate) fn acl_to_u8(acl: Acl) -> u8 {
    match acl {
        Acl::Default => 0,
        Acl::Private => 1,
        Acl::PublicRead => 2,
        Acl::PublicReadWrite => 3,
        Acl::AuthenticatedRead => 4,
    }
}

pub(super) fn acl_from_u8(from: &mut Decoder<'_>) -> Result<Acl, Error> {
    match from.u8()? {
        0 => Ok(Acl::Default),
        1 => Ok(Acl::Private),
        2 => Ok(Acl::PublicRead),
        3 => Ok(Acl::PublicReadWrite),
        4 => Ok(Acl::AuthenticatedRead),
        _ => Err(from.fail()),
    }
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
