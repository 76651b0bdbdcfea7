//! Errors of the store: what each means, and whether trying again can help. Turning them into answers on a wire
//! is the caller's part.

use std::io;
use std::path::PathBuf;

use crate::{IdentityKind, RetentionRefusal};

/// Why an operation on an open store did not happen.
///
/// Unless said otherwise, an operation that returned an error changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bucket does not exist.
    #[error("the bucket does not exist")]
    NoSuchBucket,
    /// The bucket still holds objects.
    #[error("the bucket is not empty")]
    BucketNotEmpty,
    /// The bucket holds no objects, but uploads in progress.
    #[error("the bucket has uploads in progress")]
    BucketHasUploads,
    /// The object does not exist.
    #[error("the object does not exist")]
    NoSuchObject,
    /// The object has no such version.
    #[error("the version does not exist")]
    NoSuchVersion,
    /// The version is a delete marker, where an object was asked for.
    #[error("the version is a delete marker")]
    IsDeleteMarker,
    /// The object exists and overwriting was forbidden.
    #[error("the object exists already")]
    ObjectExists,
    /// The object is kept by a retention policy, and can be neither deleted nor overwritten.
    #[error("a retention policy keeps the object")]
    Retained,
    /// The retention policy of a bucket cannot be changed so.
    #[error("{0}")]
    Retention(RetentionRefusal),
    /// The object is not the one the caller expected.
    #[error("the object changed")]
    PreconditionFailed,
    /// Appending was asked of an object that was not made by appending.
    #[error("the object is not appendable")]
    NotAppendable,
    /// The position of an append is not the length of the object.
    #[error("the position is not the length of the object, {length}")]
    PositionMismatch {
        /// The present length, where the next append has to start.
        length: u64,
    },
    /// The object would become longer than the caller allows.
    #[error("the object would be too large, {size} bytes")]
    TooLarge {
        /// The length it would have.
        size: u64,
    },
    /// The object does not have the length that the caller expects.
    #[error("the object has {actual} bytes")]
    SizeMismatch {
        /// The length it has.
        actual: u64,
    },
    /// The object does not have the CRC-64 that the caller expects.
    #[error("the CRC-64 of the object is {actual}")]
    Crc64Mismatch {
        /// The CRC-64 it has.
        actual: u64,
    },
    /// The delivery is under another lease.
    #[error("the delivery is leased")]
    DeliveryLeased,
    /// The lease under which a delivery was to be changed has ended, and it may be somebody else's.
    #[error("the lease of the delivery has ended")]
    LeaseLost,
    /// The multipart upload does not exist, or was completed or aborted.
    #[error("the upload does not exist")]
    NoSuchUpload,
    /// A part named in the completion was never uploaded, or its ETag is another one.
    #[error("part {number} is missing or differs")]
    InvalidPart {
        /// The part that was named.
        number: u32,
        /// The ETag that was named.
        etag: String,
    },
    /// Parts that are taken only in order came, or were named, otherwise.
    #[error("the parts of the upload have to come in order")]
    PartNotSequential,
    /// The part is there, and parts of this upload are taken once.
    #[error("part {number} was uploaded before")]
    PartExists {
        /// The part's number.
        number: u32,
        /// The ETag of the part that is there.
        etag: String,
    },
    /// The parts named in the completion are not in ascending order.
    #[error("the parts are not in ascending order")]
    InvalidPartOrder,
    /// A part other than the last is smaller than the caller's minimum.
    #[error("part {number} is too small")]
    PartTooSmall {
        /// The part's number.
        number: u32,
        /// The part's ETag.
        etag: String,
        /// The part's size.
        size: u64,
    },
    /// The delivery is not in the journal.
    #[error("the delivery does not exist")]
    NoSuchDelivery,
    /// A name is empty, too long or holds a byte the key layout reserves.
    #[error("the name is not valid: {reason}")]
    InvalidName {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The account, user, role, access key or policy does not exist.
    #[error("the {0} does not exist")]
    NoSuchIdentity(IdentityKind),
    /// There is one of that name or id already.
    #[error("the {0} exists already")]
    IdentityExists(IdentityKind),
    /// There are as many as may be.
    #[error("there may be {most} of these at most: {kind}")]
    TooManyIdentities {
        /// Of what.
        kind: IdentityKind,
        /// How many.
        most: usize,
    },
    /// The account still has something that does not go with it.
    #[error("the account still has {has}")]
    AccountInUse {
        /// What it has.
        has: &'static str,
    },
    /// There is no space left. Writes resume by themselves when there is.
    #[error("no space left on the disk")]
    DiskFull,
    /// The file system does not accept writes.
    #[error("the file system is read-only")]
    ReadOnly,
    /// The database or the place for content is out of reach. Operations resume by themselves when it is back. A
    /// change may have happened if it was lost while it was being committed.
    #[error("{what}")]
    Unavailable {
        /// What was attempted, and what came of it.
        what: String,
    },
    /// More work is waiting than the store accepts.
    #[error("the store is overloaded")]
    Busy,
    /// An earlier write or sync failed in a way that leaves the disk's state unknown; no write is accepted until
    /// the store is opened again.
    #[error("writes are refused since an earlier failure: {cause}")]
    Poisoned {
        /// The first failure.
        cause: String,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// Stored bytes are not what was written.
    #[error("stored data is corrupt: {what}")]
    Corrupt {
        /// What was found to be corrupt.
        what: String,
    },
    /// A record has something that this version does not know, and that must not be ignored.
    #[error("stored by a later version of Ossicle: {what}")]
    LaterVersion {
        /// Which record, and what it has.
        what: String,
    },
    /// The key under which the key of content is sealed, or was to be, is not among those that are known.
    #[error("{} is not among the keys of this process", key_words(id, *is_kms))]
    NoSuchEncryptionKey {
        /// Its id.
        id: String,
        /// Whether it is one of a key management service, and no master key.
        is_kms: bool,
    },
    /// Any other failure of the disk.
    #[error("{what}: {message}")]
    Io {
        /// What was attempted.
        what: String,
        /// The system's words.
        message: String,
    },
}

impl Error {
    /// Tells whether the same call may succeed later without anyone changing the request.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::DiskFull
            | Self::ReadOnly
            | Self::Unavailable { .. }
            | Self::Busy
            | Self::Poisoned { .. }
            | Self::Closed => true,
            Self::NoSuchBucket
            | Self::BucketNotEmpty
            | Self::BucketHasUploads
            | Self::NoSuchObject
            | Self::NoSuchVersion
            | Self::IsDeleteMarker
            | Self::ObjectExists
            | Self::Retained
            | Self::Retention(_)
            | Self::PreconditionFailed
            | Self::NotAppendable
            | Self::PositionMismatch { .. }
            | Self::TooLarge { .. }
            | Self::SizeMismatch { .. }
            | Self::Crc64Mismatch { .. }
            | Self::NoSuchUpload
            | Self::InvalidPart { .. }
            | Self::InvalidPartOrder
            | Self::PartNotSequential
            | Self::PartExists { .. }
            | Self::PartTooSmall { .. }
            | Self::NoSuchDelivery
            | Self::InvalidName { .. }
            | Self::NoSuchIdentity(_)
            | Self::IdentityExists(_)
            | Self::TooManyIdentities { .. }
            | Self::AccountInUse { .. }
            | Self::Corrupt { .. }
            | Self::LaterVersion { .. }
            | Self::NoSuchEncryptionKey { .. }
            | Self::DeliveryLeased
            | Self::LeaseLost
            | Self::Io { .. } => false,
        }
    }

    pub(crate) fn unavailable(what: impl Into<String>) -> Self {
        Self::Unavailable { what: what.into() }
    }

    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }

    /// Names the object or upload whose record a later version wrote.
    pub(crate) fn about(self, bucket: &str, key: &str) -> Self {
        match self {
            Self::LaterVersion { what } => Self::LaterVersion { what: format!("{bucket}/{key}: {what}") },
            other => other,
        }
    }

    pub(crate) fn io(what: impl Into<String>, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Io { what: what.into(), message: error.to_string() },
        }
    }
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has the folder open.
    #[error("the data folder {} is in use by another process{}", path.display(), pid_words(*pid))]
    InUse {
        /// The data folder.
        path: PathBuf,
        /// The process that holds it, if it is known.
        pid: Option<u32>,
    },
    /// The folder was written by a version this one does not understand.
    #[error("the data folder has format {found}, this version reads {supported}")]
    Version {
        /// The format found.
        found: u32,
        /// The newest format this version reads.
        supported: u32,
    },
    /// The folder holds other files and no store.
    #[error("{} is not empty and is not a data folder", path.display())]
    NotAStore {
        /// The folder.
        path: PathBuf,
    },
    /// Stored bytes are not what was written. Nothing was changed.
    #[error("the data folder is damaged: {what}")]
    Corrupt {
        /// What was found.
        what: String,
    },
    /// The place for content is not one, or not this cluster's.
    #[error("the place for content cannot be used: {what}")]
    Place {
        /// What is wrong with it.
        what: String,
    },
    /// The database of the metadata is not one to use: it says why, and how to cure it.
    #[error("the metadata database {what}")]
    Database {
        /// What is wrong with it.
        what: String,
    },
    /// The disk failed or refused.
    #[error("{what}")]
    Io {
        /// What was attempted.
        what: String,
        /// The system's error.
        #[source]
        source: io::Error,
    },
}

fn key_words(id: &str, is_kms: bool) -> String {
    if is_kms { format!("the KMS key {id}") } else { format!("the master key {id}") }
}

fn pid_words(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
}

impl OpenError {
    pub(crate) fn io(what: impl Into<String>, source: io::Error) -> Self {
        Self::Io { what: what.into(), source }
    }
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        match error {
            Error::Corrupt { what } => Self::Corrupt { what },
            other => Self::Io { what: other.to_string(), source: io::Error::other(other) },
        }
    }
}
