//! Rows that several operations have.

use super::input::Fate::{Honoured, Ignored, Refused, Repeats};
use super::input::{Input, NOT_IMPLEMENTED};
use crate::ErrorCode;

/// What a signature in the header or in the query is made of, and who pays: every operation but forms and preflights.
pub(super) const ALWAYS: &[Input] = &[
    Input::header("Authorization", Honoured),
    Input::header("Date", Honoured),
    Input::header("x-oss-date", Honoured),
    Input::header("x-oss-content-sha256", Honoured),
    Input::header("x-oss-security-token", Honoured),
    Input::query("OSSAccessKeyId", Honoured),
    Input::query("Expires", Honoured),
    Input::query("Signature", Honoured),
    Input::query("security-token", Honoured),
    Input::query("x-oss-signature-version", Honoured),
    Input::query("x-oss-credential", Honoured),
    Input::query("x-oss-date", Honoured),
    Input::query("x-oss-expires", Honoured),
    Input::query("x-oss-additional-headers", Honoured),
    Input::query("x-oss-signature", Honoured),
    Input::query("x-oss-access-key-id", Honoured),
    Input::query("x-oss-security-token", Honoured),
    Input::query("x-oss-ac-source-ip", Honoured),
    Input::query("x-oss-ac-subnet-mask", Honoured),
    Input::query("x-oss-ac-forward-allow", Honoured),
    Input::query("x-oss-ac-vpc-id", Honoured),
    Input::header("x-oss-request-payer", Honoured),
    // Referer protection asks for it.
    Input::header("Referer", Honoured),
    // A browser may read the answer only if a CORS rule says so.
    Input::header("Origin", Honoured),
    Input::query("x-oss-request-payer", Honoured),
];

/// The manual: with any request but those that store, "OSS returns 400 and InvalidArgument".
pub(super) const NOT_ENCRYPTED_HERE: &[Input] = &[Input::header(
    "x-oss-server-side-encryption",
    Refused { code: ErrorCode::InvalidArgument, unless: &[] },
)];

/// What is usual on the service and on buckets.
pub(crate) const USUAL: &[&[Input]] = &[ALWAYS, NOT_ENCRYPTED_HERE];

/// What is usual on objects.
pub(crate) const USUAL_OF_OBJECTS: &[&[Input]] = &[ALWAYS, NOT_ENCRYPTED_HERE, VERSION_AND_PROCESS];

/// What objects have parameters for: one of their versions; and the plain object is no stand-in for a processed one.
pub(super) const VERSION_AND_PROCESS: &[Input] = &[VERSION, PROCESS];

/// The same of what makes an object, or works on an upload that is to become one: it has no version yet (manual, EC page
/// 0016-00000504).
pub(super) const NO_VERSION_AND_PROCESS: &[Input] = &[NO_VERSION, PROCESS];

pub(super) const VERSION: Input = Input::query("versionId", Honoured);

const NO_VERSION: Input =
    Input::query("versionId", Refused { code: ErrorCode::InvalidArgument, unless: &[] });

pub(super) const PROCESS: Input = Input::query("x-oss-process", NOT_IMPLEMENTED);

/// What is stored with an object and comes back with it.
pub(super) const ATTRIBUTES: &[Input] = &[
    Input::header("Content-Type", Honoured),
    Input::header("Cache-Control", Honoured),
    Input::header("Content-Disposition", Honoured),
    Input::header("Content-Encoding", Honoured),
    Input::header("Content-Language", Honoured),
    Input::header("Expires", Honoured),
    Input::header("x-oss-meta-*", Honoured),
    Input::header("x-oss-object-acl", Honoured),
    Input::header("x-oss-storage-class", Honoured),
    Input::header("x-oss-tagging", Honoured),
];

/// What OSS would do with a stored object and this server does not.
pub(super) const NOT_DONE: &[Input] = &[
    Input::header("x-oss-server-side-encryption-customer-*", NOT_IMPLEMENTED),
    Input::header("x-oss-object-worm-*", NOT_IMPLEMENTED),
];

/// How what is stored is encrypted.
pub(super) const ENCRYPTION: &[Input] = &[
    Input::header("x-oss-server-side-encryption", Honoured),
    Input::header("x-oss-server-side-encryption-key-id", Honoured),
    Input::header("x-oss-server-side-data-encryption", Honoured),
];

/// Conditions on what is overwritten or deleted. The manual has 501 for PutObject; elsewhere, too, an object that was
/// overwritten against a condition is lost.
pub(super) const WRITE_CONDITIONS: &[Input] = &[
    Input::header("If-Match", NOT_IMPLEMENTED),
    Input::header("If-None-Match", NOT_IMPLEMENTED),
    Input::header("If-Modified-Since", NOT_IMPLEMENTED),
    Input::header("If-Unmodified-Since", NOT_IMPLEMENTED),
];

/// The same of a copy, whose conditions on the source have headers of their own. `copy` of the Node.js SDK sends each of them under
/// both names.
pub(super) const COPY_CONDITIONS: &[Input] = &[
    Input::header("If-Match", Repeats("x-oss-copy-source-if-match")),
    Input::header("If-None-Match", Repeats("x-oss-copy-source-if-none-match")),
    Input::header("If-Modified-Since", Repeats("x-oss-copy-source-if-modified-since")),
    Input::header("If-Unmodified-Since", Repeats("x-oss-copy-source-if-unmodified-since")),
];

/// Conditions on reading.
pub(super) const READ_CONDITIONS: &[Input] = &[
    Input::header("If-Match", Honoured),
    Input::header("If-None-Match", Honoured),
    Input::header("If-Modified-Since", Honoured),
    Input::header("If-Unmodified-Since", Honoured),
];

/// The object that a copy reads.
pub(super) const COPY_SOURCE: &[Input] = &[
    Input::header("x-oss-copy-source", Honoured),
    Input::header("x-oss-copy-source-if-match", Honoured),
    Input::header("x-oss-copy-source-if-none-match", Honoured),
    Input::header("x-oss-copy-source-if-modified-since", Honoured),
    Input::header("x-oss-copy-source-if-unmodified-since", Honoured),
];

/// The callback of an upload.
pub(super) const CALLBACK: &[Input] = &[
    Input::header("x-oss-callback", Honoured),
    Input::header("x-oss-callback-var", Honoured),
    Input::query("callback", Honoured),
    Input::query("callback-var", Honoured),
    Input::query("x-oss-callback", Honoured),
    Input::query("x-oss-callback-var", Honoured),
];

const NO_CALL: super::input::Fate =
    Ignored("OSS calls back for PutObject, PostObject and CompleteMultipartUpload only");

/// The same where OSS does not call back. Some SDKs send it with every step of a multipart upload.
pub(super) const NO_CALLBACK: &[Input] = &[
    Input::header("x-oss-callback", NO_CALL),
    Input::header("x-oss-callback-var", NO_CALL),
    Input::query("callback", NO_CALL),
    Input::query("callback-var", NO_CALL),
    Input::query("x-oss-callback", NO_CALL),
    Input::query("x-oss-callback-var", NO_CALL),
];

/// How fast bytes may move. The answer of a copy comes when its bytes would have moved so, or after a minute.
pub(super) const TRAFFIC_LIMIT: &[Input] =
    &[Input::header("x-oss-traffic-limit", Honoured), Input::query("x-oss-traffic-limit", Honoured)];

pub(crate) const CONTENT_MD5: Input = Input::header("Content-MD5", Honoured);
pub(super) const CRC64: Input = Input::header("x-oss-hash-crc64ecma", Honoured);
pub(super) const SHA1: Input = Input::header("x-oss-hash-sha1", Honoured);
pub(super) const ENCODING_TYPE: Input = Input::query("encoding-type", Honoured);
pub(super) const FORBID_OVERWRITE: Input = Input::header("x-oss-forbid-overwrite", Honoured);
pub(super) const UPLOAD_ID: Input = Input::query("uploadId", Honoured);
