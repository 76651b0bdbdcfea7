//! Rows of operations on one object, but for multipart uploads and forms.

use super::input::Fate::{Honoured, Ignored};
use super::input::Input;
use super::shared::{
    ALWAYS, ATTRIBUTES, CALLBACK, CONTENT_MD5, COPY_CONDITIONS, COPY_SOURCE, CRC64, ENCRYPTION,
    FORBID_OVERWRITE, NO_CALLBACK, NO_VERSION_AND_PROCESS, NOT_DONE, NOT_ENCRYPTED_HERE, READ_CONDITIONS,
    SHA1, TRAFFIC_LIMIT, VERSION, VERSION_AND_PROCESS, WRITE_CONDITIONS,
};

pub(crate) const PUT_OBJECT: &[&[Input]] = &[
    ALWAYS,
    TRAFFIC_LIMIT,
    ATTRIBUTES,
    ENCRYPTION,
    NOT_DONE,
    WRITE_CONDITIONS,
    CALLBACK,
    NO_VERSION_AND_PROCESS,
    &[CONTENT_MD5, CRC64, SHA1, FORBID_OVERWRITE],
];

pub(crate) const COPY_OBJECT: &[&[Input]] = &[
    ALWAYS,
    TRAFFIC_LIMIT,
    ATTRIBUTES,
    ENCRYPTION,
    NOT_DONE,
    COPY_CONDITIONS,
    COPY_SOURCE,
    NO_CALLBACK,
    NO_VERSION_AND_PROCESS,
    &[
        FORBID_OVERWRITE,
        Input::header("x-oss-metadata-directive", Honoured),
        Input::header("x-oss-tagging-directive", Honoured),
    ],
];

pub(crate) const APPEND_OBJECT: &[&[Input]] = &[
    ALWAYS,
    TRAFFIC_LIMIT,
    ATTRIBUTES,
    ENCRYPTION,
    NOT_DONE,
    WRITE_CONDITIONS,
    NO_CALLBACK,
    NO_VERSION_AND_PROCESS,
    &[
        Input::query("position", Honoured),
        CONTENT_MD5,
        CRC64,
        SHA1,
        Input::header("x-oss-forbid-overwrite", Ignored("an append replaces nothing")),
    ],
];

pub(crate) const SEAL_APPEND_OBJECT: &[&[Input]] =
    &[ALWAYS, NOT_ENCRYPTED_HERE, NO_VERSION_AND_PROCESS, &[Input::query("position", Honoured)]];

pub(crate) const PUT_SYMLINK: &[&[Input]] = &[
    ALWAYS,
    ATTRIBUTES,
    NOT_ENCRYPTED_HERE,
    NOT_DONE,
    WRITE_CONDITIONS,
    NO_CALLBACK,
    NO_VERSION_AND_PROCESS,
    &[Input::header("x-oss-symlink-target", Honoured), FORBID_OVERWRITE],
];

pub(crate) const GET_OBJECT: &[&[Input]] = &[
    ALWAYS,
    TRAFFIC_LIMIT,
    NOT_ENCRYPTED_HERE,
    READ_CONDITIONS,
    VERSION_AND_PROCESS,
    &[
        Input::header("Range", Honoured),
        Input::header("x-oss-range-behavior", Honoured),
        Input::header("Accept-Encoding", Ignored("objects are sent as they are stored")),
        Input::query("response-content-type", Honoured),
        Input::query("response-content-language", Honoured),
        Input::query("response-expires", Honoured),
        Input::query("response-cache-control", Honoured),
        Input::query("response-content-disposition", Honoured),
        Input::query("response-content-encoding", Honoured),
    ],
];

pub(crate) const HEAD_OBJECT: &[&[Input]] = &[
    ALWAYS,
    NOT_ENCRYPTED_HERE,
    READ_CONDITIONS,
    VERSION_AND_PROCESS,
    &[Input::header("Range", Ignored("an answer without a body is about the whole object"))],
];

pub(crate) const DELETE_OBJECT: &[&[Input]] =
    &[ALWAYS, NOT_ENCRYPTED_HERE, WRITE_CONDITIONS, VERSION_AND_PROCESS];

/// What is to be done stands in the body.
pub(crate) const PROCESS_OBJECT: &[&[Input]] = &[ALWAYS, NOT_ENCRYPTED_HERE, &[VERSION, CONTENT_MD5]];

/// The document of `RestoreObject`.
pub(crate) const RESTORE_OBJECT: &[Input] = &[
    CONTENT_MD5,
    Input::element("RestoreRequest/Days", Honoured),
    Input::element("RestoreRequest/JobParameters/Tier", Honoured),
];

/// The document of `PutObjectTagging`.
pub(crate) const TAGS: &[Input] = &[
    CONTENT_MD5,
    Input::element("Tagging/TagSet/Tag/Key", Honoured),
    Input::element("Tagging/TagSet/Tag/Value", Honoured),
];
