//! Rows of multipart uploads.

use super::input::Fate::{Honoured, Ignored};
use super::input::{Input, NOT_IMPLEMENTED};
use super::shared::{
    ALWAYS, ATTRIBUTES, CALLBACK, CONTENT_MD5, COPY_SOURCE, CRC64, ENCODING_TYPE, ENCRYPTION,
    FORBID_OVERWRITE, NO_CALLBACK, NO_VERSION_AND_PROCESS, NOT_DONE, NOT_ENCRYPTED_HERE, PROCESS, SHA1,
    TRAFFIC_LIMIT, UPLOAD_ID, WRITE_CONDITIONS,
};

/// What the upload is begun with is enforced, and what its parts repeat of it must be the same.
const CLIENT_ENCRYPTION: Input = Input::header("x-oss-meta-client-side-encryption-*", Honoured);

pub(crate) const INITIATE_MULTIPART_UPLOAD: &[&[Input]] = &[
    ALWAYS,
    ATTRIBUTES,
    ENCRYPTION,
    NOT_DONE,
    BEGIN_CONDITIONS,
    NO_CALLBACK,
    NO_VERSION_AND_PROCESS,
    &[ENCODING_TYPE, FORBID_OVERWRITE, Input::query("sequential", Honoured), CLIENT_ENCRYPTION],
];

/// The suite of the Go SDK V1 (TestMultipartNegative) begins an upload with a date that it calls an invalid option, and OSS does
/// not mind. The conditions by which clients protect an object are refused here as elsewhere.
const BEGIN_CONDITIONS: &[Input] = &[
    Input::header("If-Match", NOT_IMPLEMENTED),
    Input::header("If-None-Match", NOT_IMPLEMENTED),
    Input::header("If-Modified-Since", OVERWRITES_NOTHING),
    Input::header("If-Unmodified-Since", OVERWRITES_NOTHING),
];

const OVERWRITES_NOTHING: super::input::Fate = Ignored("to begin an upload overwrites nothing");

pub(crate) const UPLOAD_PART: &[&[Input]] = &[
    ALWAYS,
    TRAFFIC_LIMIT,
    NOT_ENCRYPTED_HERE,
    NO_CALLBACK,
    NO_VERSION_AND_PROCESS,
    &[Input::query("partNumber", Honoured), UPLOAD_ID, CONTENT_MD5, CRC64, SHA1, CLIENT_ENCRYPTION],
];

pub(crate) const UPLOAD_PART_COPY: &[&[Input]] = &[
    ALWAYS,
    TRAFFIC_LIMIT,
    NOT_ENCRYPTED_HERE,
    COPY_SOURCE,
    NO_CALLBACK,
    &[
        PROCESS,
        SOURCE_VERSION,
        Input::query("partNumber", Honoured),
        UPLOAD_ID,
        Input::header("x-oss-copy-source-range", Honoured),
    ],
];

/// `upload_part_copy` of the Python SDK sends the version of the source in both places.
const SOURCE_VERSION: Input =
    Input::query("versionId", Ignored("the version of the source stands in x-oss-copy-source"));

const BEGUN: super::input::Fate = Ignored("it was decided when the upload was begun");

pub(crate) const COMPLETE_MULTIPART_UPLOAD: &[&[Input]] = &[
    ALWAYS,
    NOT_ENCRYPTED_HERE,
    WRITE_CONDITIONS,
    CALLBACK,
    NO_VERSION_AND_PROCESS,
    &[
        UPLOAD_ID,
        ENCODING_TYPE,
        FORBID_OVERWRITE,
        CONTENT_MD5,
        CRC64,
        SHA1,
        Input::header("x-oss-complete-all", Honoured),
        Input::header("x-oss-object-acl", Honoured),
        Input::header("x-oss-storage-class", BEGUN),
        Input::header("x-oss-meta-*", BEGUN),
        Input::header("x-oss-tagging", BEGUN),
        Input::header("Cache-Control", BEGUN),
        Input::header("Content-Disposition", BEGUN),
        Input::header("Content-Encoding", BEGUN),
        Input::header("Content-Language", BEGUN),
        Input::header("Expires", BEGUN),
        Input::element("CompleteMultipartUpload/Part/PartNumber", Honoured),
        Input::element("CompleteMultipartUpload/Part/ETag", Honoured),
    ],
];

pub(crate) const ABORT_MULTIPART_UPLOAD: &[&[Input]] =
    &[ALWAYS, NOT_ENCRYPTED_HERE, NO_VERSION_AND_PROCESS, &[UPLOAD_ID]];

pub(crate) const LIST_PARTS: &[&[Input]] = &[
    ALWAYS,
    NOT_ENCRYPTED_HERE,
    NO_VERSION_AND_PROCESS,
    &[
        UPLOAD_ID,
        Input::query("max-parts", Honoured),
        Input::query("part-number-marker", Honoured),
        ENCODING_TYPE,
    ],
];

pub(crate) const LIST_MULTIPART_UPLOADS: &[&[Input]] = &[
    ALWAYS,
    NOT_ENCRYPTED_HERE,
    &[
        Input::query("prefix", Honoured),
        Input::query("delimiter", Honoured),
        Input::query("key-marker", Honoured),
        Input::query("upload-id-marker", Honoured),
        Input::query("max-uploads", Honoured),
        ENCODING_TYPE,
    ],
];
