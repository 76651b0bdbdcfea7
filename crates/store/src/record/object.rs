//! The record of an object.

use std::ops::Range;

use bytes::Bytes;

use super::VERSION;
use super::attributes::{
    decode_attributes_1, decode_listed_attributes, decode_listed_attributes_1, decode_versioned,
    encode_attributes, encode_version_id,
};
use crate::codec::{Decoder, Encoder};
use crate::extent::{DataRef, OWN_CONTENT};
use crate::key::Tag;
use crate::model::EtagText;
use crate::{Error, ListedEtag, ListedObject, ObjectFields, ObjectKind};

/// The version that is written.
const WITH_FIELDS: u8 = 2;

/// The record holds the MD5.
const HAS_MD5: u8 = 1;
/// The ETag is the MD5 in upper-case hexadecimal, and not in the record.
const ETAG_IS_MD5: u8 = 2;

/// Where the record of an object with small content of its own names it, for databases that join the two.
#[derive(Debug)]
pub(crate) struct ContentInRecord {
    /// Bytes and where they are in records that are so.
    signs: [(usize, &'static [u8]); 3],
    id: Range<usize>,
}

/// The record of an object that has an MD5 for its ETag, and whose data are one small content.
pub(crate) const CONTENT_IN_RECORD: ContentInRecord = ContentInRecord {
    signs: [(0, &[WITH_FIELDS]), (2, &[HAS_MD5 | ETAG_IS_MD5]), (55, OWN_CONTENT)],
    id: 58..74,
};

impl ContentInRecord {
    /// Renders the SQL expression of the key of the content's row; NULL for other records.
    pub(crate) fn sql_key(&self, record: &str) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let part = |at: usize, length| format!("substring({record} FROM {} FOR {length})", at + 1);
        let is = |(at, bytes): &(usize, &[u8])| format!("{} = '\\x{}'", part(*at, bytes.len()), hex(bytes));
        let signs: Vec<_> = self.signs.iter().map(is).collect();
        let tag = hex(&[Tag::Content as u8]);
        let id = part(self.id.start, self.id.len());
        format!("CASE WHEN {} THEN '\\x{tag}'::bytea || {id} END", signs.join(" AND "))
    }
}

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
    encode_version_id(object.version_id, &mut out);
    out.finish()
}

pub(crate) fn decode_object(bucket: &str, key: &str, row: &[u8]) -> Result<ObjectFields, Error> {
    decode(bucket, key, row).map_err(|error| error.about(bucket, key))
}

/// Reads what a listing tells.
pub(crate) fn decode_listed<'a>(
    bucket: &str,
    key: &'a str,
    row: &'a [u8],
) -> Result<ListedObject<'a>, Error> {
    listed(key, row).map_err(|error| error.about(bucket, key))
}

/// What a record begins with.
struct Head<'a> {
    version: u8,
    kind: ObjectKind,
    size: u64,
    crc64: u64,
    last_modified_ms: i64,
    generation: u64,
    parts: u32,
    md5: Option<[u8; 16]>,
    /// `None` if it is the MD5.
    etag: Option<&'a str>,
}

impl<'a> Head<'a> {
    fn decode(from: &mut Decoder<'a>) -> Result<Self, Error> {
        let version = from.u8()?;
        if version > WITH_FIELDS {
            return Err(from.later(format_args!("version {version}")));
        }
        let kind = kind_from_u8(from)?;
        let flags = from.u8()?;
        if flags & !(HAS_MD5 | ETAG_IS_MD5) != 0 {
            return Err(from.fail());
        }
        let (size, crc64, last_modified_ms, generation, parts) =
            (from.u64()?, from.u64()?, from.i64()?, from.u64()?, from.u32()?);
        let md5 = if flags & HAS_MD5 != 0 { Some(from.array()?) } else { None };
        let etag = if md5.is_some() && flags & ETAG_IS_MD5 != 0 { None } else { Some(from.str()?) };
        Ok(Self { version, kind, size, crc64, last_modified_ms, generation, parts, md5, etag })
    }
}

fn decode(bucket: &str, key: &str, row: &[u8]) -> Result<ObjectFields, Error> {
    let mut from = Decoder::new(row, "an object");
    let head = Head::decode(&mut from)?;
    let (data, (attributes, version_id)) = match head.version {
        VERSION => {
            let attributes = decode_attributes_1(&mut from)?;
            (DataRef::decode(&mut from)?, (attributes, None))
        }
        WITH_FIELDS => (DataRef::decode(&mut from)?, decode_versioned(&mut from)?),
        _ => return Err(from.fail()),
    };
    from.end()?;
    let kind = if attributes.symlink_target.is_empty() { head.kind } else { ObjectKind::Symlink };
    let Head { size, crc64, last_modified_ms, generation, parts, md5, etag, .. } = head;
    Ok(ObjectFields {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        etag: etag.map_or_else(|| md5.map(|md5| hex_upper(&md5)).unwrap_or_default(), str::to_owned),
        size,
        crc64,
        md5,
        last_modified_ms,
        kind,
        attributes,
        parts,
        generation,
        version_id,
        data,
    })
}

fn listed<'a>(key: &'a str, row: &'a [u8]) -> Result<ListedObject<'a>, Error> {
    let mut from = Decoder::new(row, "an object");
    let head = Head::decode(&mut from)?;
    let attributes = match head.version {
        VERSION => decode_listed_attributes_1(&mut from)?,
        WITH_FIELDS => {
            DataRef::skip(&mut from)?;
            decode_listed_attributes(&mut from)?
        }
        _ => return Err(from.fail()),
    };
    let Head { size, last_modified_ms, md5, etag, .. } = head;
    let kind = if attributes.is_symlink { ObjectKind::Symlink } else { head.kind };
    let (storage_class, restore) = (attributes.storage_class, attributes.restore);
    let etag = match (etag, md5) {
        (None, Some(md5)) => EtagText::Md5(hex_digits(&md5)),
        (etag, _) => EtagText::Stored(etag.unwrap_or_default()),
    };
    Ok(ListedObject { key, etag: ListedEtag(etag), size, last_modified_ms, kind, storage_class, restore })
}

fn kind_to_u8(kind: ObjectKind) -> u8 {
    match kind {
        // The target of a link tells the rest: a version that does not know it refuses the record.
        ObjectKind::Normal | ObjectKind::Symlink => 1,
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

/// Renders bytes in upper-case hexadecimal.
pub(crate) fn hex_upper(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| two_digits(*byte).map(char::from)).collect()
}

/// Renders an MD5 as the ASCII digits of upper-case hexadecimal.
fn hex_digits(md5: &[u8; 16]) -> [u8; 32] {
    let mut digits = [0; 32];
    for (two, byte) in digits.as_chunks_mut().0.iter_mut().zip(md5) {
        *two = two_digits(*byte);
    }
    digits
}

fn two_digits(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|nibble| if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 })
}
