//! Multipart uploads.

use crate::Acl;
use crate::data::StoredData;
use crate::model::{Attributes, NewDelivery};

/// A multipart upload to begin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewUpload {
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// What the object will have.
    pub attributes: Attributes,
    /// Take parts only in order and each once, so that the MD5 of the object is known when they are complete.
    pub sequential: bool,
    /// The time now.
    pub now_ms: i64,
}

/// A multipart upload in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadInfo {
    /// The key.
    pub key: String,
    /// 32 upper-case hexadecimal digits.
    pub upload_id: String,
    /// When it was begun, in milliseconds since 1970.
    pub initiated_ms: i64,
    /// Whether parts are taken only in order.
    pub sequential: bool,
    /// What the object will have.
    pub attributes: Attributes,
}

/// Where a part goes whose data is about to come.
#[derive(Debug, Clone, Copy)]
pub struct PartPlace<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The key.
    pub key: &'a str,
    /// The upload.
    pub upload_id: &'a str,
    /// Its number.
    pub number: u32,
}

/// A part to write, replacing the one of that number.
#[derive(Debug)]
pub struct PutPart {
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The upload.
    pub upload_id: String,
    /// Its number.
    pub number: u32,
    /// The content, uploaded before.
    pub data: StoredData,
    /// The time now.
    pub now_ms: i64,
}

/// A part of an upload in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// Its number.
    pub number: u32,
    /// Upper-case hexadecimal MD5.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// CRC-64 (XZ).
    pub crc64: u64,
    /// When it was written, in milliseconds since 1970.
    pub last_modified_ms: i64,
}

/// Which parts to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListParts {
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The upload.
    pub upload_id: String,
    /// Only numbers after this.
    pub after: u32,
    /// At most as many.
    pub max: usize,
}

/// Parts in order of their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartPage {
    /// The parts.
    pub parts: Vec<Part>,
    /// Whether there are more.
    pub truncated: bool,
}

/// Which parts make the object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parts {
    /// These, as number and ETag (quotes and case do not matter).
    Listed(Vec<(u32, String)>),
    /// All that were uploaded.
    All,
}

/// An upload to complete.
#[derive(Debug)]
pub struct CompleteUpload {
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The upload.
    pub upload_id: String,
    /// Which parts make the object.
    pub parts: Parts,
    /// Smallest size of any part but the last; 0 for no limit.
    pub min_part_size: u64,
    /// Refuse with [`Error::ObjectExists`](crate::Error::ObjectExists) if the key is taken.
    pub forbid_overwrite: bool,
    /// Who may do what with the object; as the upload was begun if `None`.
    pub acl: Option<Acl>,
    /// Refuse with [`Error::SizeMismatch`](crate::Error::SizeMismatch) unless the object has this length.
    pub size: Option<u64>,
    /// Refuse with [`Error::Crc64Mismatch`](crate::Error::Crc64Mismatch) unless the object has this CRC-64.
    pub crc64: Option<u64>,
    /// The time now.
    pub now_ms: i64,
    /// A callback to record in the same commit.
    pub journal: Option<NewDelivery>,
}

impl CompleteUpload {
    /// Makes the object of the parts, whatever is there, with no limit of their sizes, nothing checked and no callback.
    #[must_use]
    pub fn new(
        bucket: impl Into<String>,
        key: impl Into<String>,
        upload_id: impl Into<String>,
        parts: Parts,
        now_ms: i64,
    ) -> Self {
        Self {
            bucket: bucket.into(),
            key: key.into(),
            upload_id: upload_id.into(),
            parts,
            min_part_size: 0,
            forbid_overwrite: false,
            acl: None,
            size: None,
            crc64: None,
            now_ms,
            journal: None,
        }
    }
}

/// An upload to abort.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AbortUpload {
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The upload.
    pub upload_id: String,
    /// Refuse with [`Error::PreconditionFailed`](crate::Error::PreconditionFailed) if the upload was begun, or a part of it
    /// written, after this time.
    pub idle_since_ms: Option<i64>,
}

/// Which uploads to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListUploads {
    /// The bucket's name.
    pub bucket: String,
    /// Only keys that start with this.
    pub prefix: String,
    /// Keys that hold this after the prefix are rolled up into one common prefix; none if empty.
    pub delimiter: String,
    /// Only keys (and common prefixes) after this, or at this and after `upload_id_marker`.
    pub key_marker: String,
    /// Only uploads of `key_marker` after this; ignored without `key_marker`.
    pub upload_id_marker: String,
    /// At most as many.
    pub max: usize,
}

/// Uploads in order of key and upload id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadPage {
    /// The uploads.
    pub uploads: Vec<UploadInfo>,
    /// The common prefixes.
    pub common_prefixes: Vec<String>,
    /// Whether there are more.
    pub truncated: bool,
    /// Key (or common prefix) to go on with; empty if there was nothing.
    pub next_key_marker: String,
    /// Upload to go on with; empty after a common prefix.
    pub next_upload_id_marker: String,
}

/// Which uploads in progress of all buckets to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PendingUploads {
    /// Only those of this bucket.
    pub bucket: Option<String>,
    /// Only those begun before this time, in milliseconds since 1970.
    pub begun_before_ms: Option<i64>,
    /// Where an earlier page ended.
    pub after: Option<PendingCursor>,
    /// Look at no more than so many; the page may hold fewer.
    pub look: usize,
}

/// Where a page of [`PendingUploads`] ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingCursor(pub(crate) bytes::Bytes);

/// An upload in progress, with what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingUpload {
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// 32 upper-case hexadecimal digits.
    pub upload_id: String,
    /// When it was begun, in milliseconds since 1970.
    pub initiated_ms: i64,
    /// When it was begun or its last part was written, whichever is later, in milliseconds since 1970.
    pub active_ms: i64,
    /// How many parts it has.
    pub parts: u64,
    /// Bytes of its parts.
    pub bytes: u64,
}

/// Uploads in progress in order of bucket, key and upload id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PendingPage {
    /// The uploads.
    pub uploads: Vec<PendingUpload>,
    /// Where to go on, if there may be more.
    pub next: Option<PendingCursor>,
}
