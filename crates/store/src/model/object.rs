//! Objects: what is kept of one, and the operations that make, change and list them.

use std::ops::Deref;
use std::sync::Arc;

use crate::Acl;
use crate::codec::Encoder;
use crate::data::{AtHand, StoredData};
use crate::extent::DataRef;
use crate::model::{Encryption, NewDelivery, VersionId, VersionRef};

/// How an object came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// By one upload.
    Normal,
    /// From parts.
    Multipart,
    /// By appending.
    Appendable,
    /// As a symbolic link, which has no content of its own.
    Symlink,
}

/// What a client sets on an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// The type of its content.
    pub content_type: String,
    /// Standard headers such as `Cache-Control`, verbatim and in order. Their values need not be UTF-8.
    pub headers: Vec<(String, Vec<u8>)>,
    /// What the client says about the object in words of its own, verbatim and in order, under names without the prefix
    /// that they have on a wire. The values need not be UTF-8.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// Tags as `key=value&key=value`, percent-encoded; empty if there are none.
    pub tags: String,
    /// Who may do what.
    pub acl: Acl,
    /// Class of storage; empty for the bucket's.
    pub storage_class: String,
    /// The key in the same bucket that a symbolic link leads to; empty for what is none.
    pub symlink_target: String,
    /// When an appendable object was sealed, in milliseconds since 1970: it takes no appends since.
    pub sealed_ms: Option<i64>,
    /// How its content is encrypted. What is uploaded decides, and nobody sets it otherwise.
    pub encryption: Option<Encryption>,
    /// Until when an archived object can be read, if somebody asked for that. The store keeps it with the object and reads
    /// all objects alike.
    pub restore: Option<Restore>,
    /// What a later version put into the record and this one passes on.
    pub unknown: UnknownFields,
}

/// When an archived object can be read: not at once, and not for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restore {
    /// From this time on, in milliseconds since 1970.
    pub readable_ms: i64,
    /// Before this time, in milliseconds since 1970.
    pub expires_ms: i64,
    /// How urgent it was; what the numbers mean is the caller's.
    pub urgency: u8,
}

/// Fields of a record that this version does not know and keeps when it writes the record again: their writer declared that
/// nothing is wrong about the object without them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnknownFields(pub(crate) Vec<u8>);

impl UnknownFields {
    pub(crate) fn add(&mut self, tag: u8, value: &[u8]) {
        let mut out = Encoder::appending(std::mem::take(&mut self.0));
        out.u8(tag);
        out.block(value);
        self.0 = out.into_vec();
    }
}

/// An object as it was when it was looked up. Reading the data of one that [`Store::open_object`](crate::Store::open_object)
/// returned is undisturbed by later changes for as long as this value lives; keep it no longer than the data is read,
/// since the space of what it has pinned is not reused before.
#[derive(Debug, Clone)]
pub struct Object {
    pub(crate) fields: ObjectFields,
    /// Its small contents and a pin on the rest, where it was opened.
    pub(crate) at_hand: Option<Arc<AtHand>>,
}

/// The fields of an [`Object`], which dereferences to them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectFields {
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The ETag without quotes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// CRC-64 (XZ) of the whole content.
    pub crc64: u64,
    /// MD5 of the whole content, when it is known.
    pub md5: Option<[u8; 16]>,
    /// When it was written, in milliseconds since 1970.
    pub last_modified_ms: i64,
    /// How it came to be.
    pub kind: ObjectKind,
    /// What the client set.
    pub attributes: Attributes,
    /// Of how many parts it was made; 0 unless [`ObjectKind::Multipart`].
    pub parts: u32,
    /// Changes with every write of the key, content and settings alike.
    pub generation: u64,
    /// The identifier of the version; `None` for the null version, which is also what an object is where versions are
    /// not kept.
    pub version_id: Option<VersionId>,
    pub(crate) data: DataRef,
}

impl Deref for Object {
    type Target = ObjectFields;

    fn deref(&self) -> &ObjectFields {
        &self.fields
    }
}

/// An object to write, replacing the one of that key. Attributes with a target make it a symbolic link.
#[derive(Debug)]
pub struct PutObject {
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The content, uploaded before.
    pub data: StoredData,
    /// What the client set.
    pub attributes: Attributes,
    /// The ETag without quotes; the MD5 in upper-case hexadecimal if none is given.
    pub etag: Option<String>,
    /// Refuse with [`Error::ObjectExists`](crate::Error::ObjectExists) if the key is taken. Does not count where
    /// versions are kept, since nothing is lost there.
    pub forbid_overwrite: bool,
    /// Refuse with [`Error::PreconditionFailed`](crate::Error::PreconditionFailed) unless the key's present object
    /// has this ETag.
    pub if_match: Option<String>,
    /// The time now.
    pub now_ms: i64,
    /// A callback to record in the same commit.
    pub journal: Option<NewDelivery>,
}

impl PutObject {
    /// Makes an object of that key out of the data, whatever is there, with nothing else set and no callback.
    #[must_use]
    pub fn new(bucket: impl Into<String>, key: impl Into<String>, data: StoredData, now_ms: i64) -> Self {
        Self {
            bucket: bucket.into(),
            key: key.into(),
            data,
            attributes: Attributes::default(),
            etag: None,
            forbid_overwrite: false,
            if_match: None,
            now_ms,
            journal: None,
        }
    }
}

/// Data to append to an object.
#[derive(Debug)]
pub struct AppendObject {
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The length the object must have now; 0 also where there is none.
    pub position: u64,
    /// The data, uploaded before.
    pub data: StoredData,
    /// What the client set; only taken when the object is new.
    pub attributes: Attributes,
    /// Who may do what from now on; also taken when the object is not new.
    pub acl: Option<Acl>,
    /// Refuse with [`Error::TooLarge`](crate::Error::TooLarge) what would make the object longer than this.
    pub max_size: u64,
    /// The time now.
    pub now_ms: i64,
    /// A callback to record in the same commit.
    pub journal: Option<NewDelivery>,
}

impl AppendObject {
    /// Appends the data at the position, with nothing else set, no limit of the length and no callback.
    #[must_use]
    pub fn new(
        bucket: impl Into<String>,
        key: impl Into<String>,
        position: u64,
        data: StoredData,
        now_ms: i64,
    ) -> Self {
        Self {
            bucket: bucket.into(),
            key: key.into(),
            position,
            data,
            attributes: Attributes::default(),
            acl: None,
            max_size: u64::MAX,
            now_ms,
            journal: None,
        }
    }
}

/// What a copy's attributes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyAttributes {
    /// The source's, but for the ACL and the class of storage.
    Keep {
        /// The copy's ACL.
        acl: Acl,
        /// The copy's class of storage; empty for its bucket's.
        storage_class: String,
    },
    /// These.
    Replace(Box<Attributes>),
}

/// An object to copy. The content is shared, not copied, unless it comes along.
#[derive(Debug)]
pub struct CopyObject {
    /// The source's bucket.
    pub source_bucket: String,
    /// The source's key.
    pub source_key: String,
    /// Refuse with [`Error::PreconditionFailed`](crate::Error::PreconditionFailed) unless the source has this
    /// generation still, for callers that evaluated conditions on it.
    pub source_generation: Option<u64>,
    /// Which version of the source.
    pub source_version: VersionRef,
    /// The destination's bucket.
    pub bucket: String,
    /// The destination's key.
    pub key: String,
    /// What the copy's attributes are.
    pub attributes: CopyAttributes,
    /// The content of the source, uploaded anew, for a copy that is encrypted in another way; without it, the copy shares
    /// content and encryption with its source.
    pub data: Option<StoredData>,
    /// Refuse with [`Error::ObjectExists`](crate::Error::ObjectExists) if the destination's key is taken.
    pub forbid_overwrite: bool,
    /// The time now.
    pub now_ms: i64,
}

/// An object to delete. That it does not exist is no error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeleteObject {
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Refuse with [`Error::PreconditionFailed`](crate::Error::PreconditionFailed) unless it has this ETag.
    pub if_match: Option<String>,
    /// Deletes this version for good; without it the object is deleted, which leaves a delete marker where versions are kept.
    pub version: Option<VersionRef>,
    /// The time now.
    pub now_ms: i64,
}

/// An object as somebody saw it: to change it only if it is still that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenObject {
    /// The key.
    pub key: String,
    /// Its [generation](ObjectFields::generation).
    pub generation: u64,
}

/// Which objects to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListObjects {
    /// The bucket's name.
    pub bucket: String,
    /// Only keys that start with this.
    pub prefix: String,
    /// Keys that hold this after the prefix are rolled up into one common prefix; none if empty.
    pub delimiter: String,
    /// Only keys (and common prefixes) after this.
    pub after: String,
    /// At most as many, keys and common prefixes together.
    pub max: usize,
}

/// Objects and common prefixes, each in byte order.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Listing {
    /// The objects.
    pub objects: Vec<ObjectFields>,
    /// The common prefixes, each ending with the delimiter.
    pub common_prefixes: Vec<String>,
    /// Whether there are more.
    pub truncated: bool,
    /// What to give as `after` to go on: the last key or common prefix of this page. `None` unless truncated.
    pub next: Option<String>,
}
