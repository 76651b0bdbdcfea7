//! Attributes in records. They end a record, and themselves end with a section of optional fields: a tag, a length, a value.
//! The tag says whether a version that does not know the field may go on without it. `docs/on-disk-format.md` has the tags
//! that are taken and those that are set aside.

use crate::codec::{Decoder, Encoder, block_size};
use crate::data::{cipher_from_u8, cipher_to_u8};
use crate::{Acl, Attributes, Encryption, Error, Restore, VersionId};

/// The tag of the standard headers.
const HEADERS: u8 = 1;
/// The tag of the user metadata.
const METADATA: u8 = 2;
/// The tag of the object's tags.
const TAGS: u8 = 3;
/// The tag of the class of storage.
const STORAGE_CLASS: u8 = 4;
/// The tag of the time from which on an object takes no appends.
const SEALED: u8 = REQUIRED | 40;
/// The tag of the target of a symbolic link.
const SYMLINK_TARGET: u8 = REQUIRED | 4;
/// The tag of how the content is encrypted.
const ENCRYPTION: u8 = REQUIRED | 3;
/// The tag of until when an archived object can be read.
const RESTORE: u8 = REQUIRED | 6;
/// The tag of the version's number.
const VERSION_ID: u8 = 129;

/// The bit of tags of fields without which a record must not be read.
pub(super) const REQUIRED: u8 = 0x80;

/// What version 1 has before the names of user metadata.
const METADATA_PREFIX: &str = "x-oss-meta-";
/// The header under which version 1 has an object's tags.
const TAGS_HEADER: &str = "x-oss-tagging";

pub(super) fn encode_attributes(attributes: &Attributes, out: &mut Encoder) {
    out.u8(acl_to_u8(attributes.acl));
    out.text(&attributes.content_type);
    encode_pairs(HEADERS, &attributes.headers, out);
    encode_pairs(METADATA, &attributes.metadata, out);
    encode_text(TAGS, &attributes.tags, out);
    encode_text(STORAGE_CLASS, &attributes.storage_class, out);
    encode_text(SYMLINK_TARGET, &attributes.symlink_target, out);
    if let Some(sealed_ms) = attributes.sealed_ms {
        out.u8(SEALED);
        out.block(&sealed_ms.to_le_bytes());
    }
    if let Some(encryption) = &attributes.encryption {
        let key = encryption.kms_key.as_deref();
        out.u8(ENCRYPTION);
        out.length(2 + key.map_or(0, str::len));
        out.u8(cipher_to_u8(encryption.cipher));
        out.u8(u8::from(key.is_some()));
        out.raw(key.unwrap_or("").as_bytes());
    }
    if let Some(restore) = attributes.restore {
        encode_restore(restore, out);
    }
    out.raw(&attributes.unknown.0);
}

/// Writes which version an object is, after its attributes. The null version has nothing to be written.
pub(super) fn encode_version_id(id: Option<VersionId>, out: &mut Encoder) {
    if let Some(id) = id {
        out.u8(VERSION_ID);
        out.length(8);
        out.u64(id.number());
    }
}

/// Reads attributes, which go to the end of the record.
pub(super) fn decode_attributes(from: &mut Decoder<'_>) -> Result<Attributes, Error> {
    match decode_versioned(from)? {
        (attributes, None) => Ok(attributes),
        (_, Some(_)) => Err(from.fail()),
    }
}

/// Reads attributes and the version's identifier, which go to the end of the record.
pub(super) fn decode_versioned(from: &mut Decoder<'_>) -> Result<(Attributes, Option<VersionId>), Error> {
    let mut id = None;
    let mut attributes =
        Attributes { acl: acl_from_u8(from)?, content_type: from.text()?, ..Attributes::default() };
    while !from.is_at_end() {
        let tag = from.u8()?;
        let mut value = from.nested()?;
        // Known fields are not empty and come once.
        match tag {
            HEADERS if attributes.headers.is_empty() => attributes.headers = decode_pairs(&mut value)?,
            METADATA if attributes.metadata.is_empty() => attributes.metadata = decode_pairs(&mut value)?,
            TAGS if attributes.tags.is_empty() => attributes.tags = decode_text(&mut value)?,
            STORAGE_CLASS if attributes.storage_class.is_empty() => {
                attributes.storage_class = decode_text(&mut value)?;
            }
            SYMLINK_TARGET if attributes.symlink_target.is_empty() => {
                attributes.symlink_target = decode_text(&mut value)?;
            }
            SEALED if attributes.sealed_ms.is_none() => {
                attributes.sealed_ms = Some(value.i64()?);
                value.end()?;
            }
            ENCRYPTION if attributes.encryption.is_none() => {
                attributes.encryption = Some(decode_encryption(&mut value)?);
            }
            RESTORE if attributes.restore.is_none() => {
                attributes.restore = Some(decode_restore(value)?);
            }
            VERSION_ID if id.is_none() => {
                id = Some(VersionId::new(value.u64()?));
                value.end()?;
            }
            0 | HEADERS | METADATA | TAGS | STORAGE_CLASS | SYMLINK_TARGET | SEALED | ENCRYPTION
            | RESTORE | VERSION_ID => return Err(from.fail()),
            _ if tag & REQUIRED != 0 => return Err(from.later(format_args!("the required field {tag}"))),
            _ => attributes.unknown.add(tag, value.rest()),
        }
    }
    Ok((attributes, id))
}

/// What a listing tells of attributes.
#[derive(Default)]
pub(super) struct ListedAttributes<'a> {
    pub(super) storage_class: &'a str,
    pub(super) is_symlink: bool,
    pub(super) restore: Option<Restore>,
}

/// Reads what a listing tells from attributes, which go to the end of the record.
pub(super) fn decode_listed_attributes<'a>(from: &mut Decoder<'a>) -> Result<ListedAttributes<'a>, Error> {
    acl_from_u8(from)?;
    from.block()?;
    let mut listed = ListedAttributes::default();
    while !from.is_at_end() {
        match from.u8()? {
            0 => return Err(from.fail()),
            STORAGE_CLASS => listed.storage_class = from.str()?,
            SYMLINK_TARGET => {
                from.block()?;
                listed.is_symlink = true;
            }
            RESTORE => listed.restore = Some(decode_restore(from.nested()?)?),
            SEALED | ENCRYPTION | VERSION_ID => drop(from.block()?),
            tag if tag & REQUIRED != 0 => return Err(from.later(format_args!("the required field {tag}"))),
            _ => drop(from.block()?),
        }
    }
    Ok(listed)
}

/// Reads what a listing tells from attributes as version 1 has them.
pub(super) fn decode_listed_attributes_1<'a>(from: &mut Decoder<'a>) -> Result<ListedAttributes<'a>, Error> {
    acl_from_u8(from)?;
    from.block()?;
    Ok(ListedAttributes { storage_class: from.str()?, ..ListedAttributes::default() })
}

/// Reads attributes as version 1 has them: all headers in one list, under their names on the wire.
pub(super) fn decode_attributes_1(from: &mut Decoder<'_>) -> Result<Attributes, Error> {
    let mut attributes = Attributes {
        acl: acl_from_u8(from)?,
        content_type: from.text()?,
        storage_class: from.text()?,
        ..Attributes::default()
    };
    for _ in 0..from.length()? {
        let (name, value) = (from.str()?, from.nested()?);
        if name == TAGS_HEADER {
            // The first one has always been the one that counts.
            if attributes.tags.is_empty() {
                attributes.tags = value.rest_as_text()?;
            }
        } else if let Some(name) = name.strip_prefix(METADATA_PREFIX) {
            attributes.metadata.push((name.to_owned(), value.rest().to_vec()));
        } else {
            attributes.headers.push((name.to_owned(), value.rest().to_vec()));
        }
    }
    Ok(attributes)
}

fn decode_encryption(from: &mut Decoder<'_>) -> Result<Encryption, Error> {
    let cipher = cipher_from_u8(from.u8()?).ok_or_else(|| from.fail())?;
    let is_kms = match from.u8()? {
        0 => false,
        1 => true,
        _ => return Err(from.fail()),
    };
    let key = from.rest_as_text()?;
    Ok(Encryption { cipher, kms_key: is_kms.then_some(key) })
}

fn encode_restore(restore: Restore, out: &mut Encoder) {
    out.u8(RESTORE);
    out.length(17);
    out.i64(restore.readable_ms);
    out.i64(restore.expires_ms);
    out.u8(restore.urgency);
}

fn decode_restore(mut from: Decoder<'_>) -> Result<Restore, Error> {
    let restore = Restore { readable_ms: from.i64()?, expires_ms: from.i64()?, urgency: from.u8()? };
    from.end()?;
    Ok(restore)
}

fn encode_pairs(tag: u8, pairs: &[(String, Vec<u8>)], out: &mut Encoder) {
    if pairs.is_empty() {
        return;
    }
    let size = |(name, value): &(String, Vec<u8>)| block_size(name.len()) + block_size(value.len());
    out.u8(tag);
    out.length(pairs.iter().map(size).sum());
    for (name, value) in pairs {
        out.text(name);
        out.block(value);
    }
}

fn decode_pairs(from: &mut Decoder<'_>) -> Result<Vec<(String, Vec<u8>)>, Error> {
    if from.is_at_end() {
        return Err(from.fail());
    }
    let mut pairs = Vec::new();
    while !from.is_at_end() {
        pairs.push((from.text()?, from.block()?.to_vec()));
    }
    Ok(pairs)
}

fn encode_text(tag: u8, text: &str, out: &mut Encoder) {
    if !text.is_empty() {
        out.u8(tag);
        out.text(text);
    }
}

fn decode_text(from: &mut Decoder<'_>) -> Result<String, Error> {
    if from.is_at_end() { Err(from.fail()) } else { from.rest_as_text() }
}

pub(super) fn acl_to_u8(acl: Acl) -> u8 {
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
