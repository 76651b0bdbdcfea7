//! Rows of operations on buckets, and of those on several objects of one.

use super::input::Fate::{Honoured, Refused};
use super::input::{Input, NOT_IMPLEMENTED};
use super::shared::{ALWAYS, CONTENT_MD5, ENCODING_TYPE, NOT_ENCRYPTED_HERE};
use crate::ErrorCode;

pub(crate) const PUT_BUCKET: &[&[Input]] = &[
    ALWAYS,
    &[
        CONTENT_MD5,
        Input::header("x-oss-acl", Honoured),
        Input::header("x-oss-bucket-comment", Honoured),
        Input::header("x-oss-hns-status", Refused { code: ErrorCode::NotImplemented, unless: &["disabled"] }),
        Input::header("x-oss-resource-group-id", Honoured),
        Input::header("x-oss-bucket-tagging", NOT_IMPLEMENTED),
        Input::header("x-oss-server-side-encryption", NOT_IMPLEMENTED),
        Input::header("x-oss-server-side-encryption-key-id", NOT_IMPLEMENTED),
        Input::header("x-oss-server-side-data-encryption", NOT_IMPLEMENTED),
        Input::element("CreateBucketConfiguration/StorageClass", Honoured),
        Input::element("CreateBucketConfiguration/DataRedundancyType", Honoured),
        Input::element("CreateBucketConfiguration/LocationConstraint", Honoured),
    ],
];

/// A style of images, beside what is usual.
pub(crate) const PUT_STYLE: &[Input] = &[
    CONTENT_MD5,
    Input::query("styleName", Honoured),
    Input::query("category", Honoured),
    Input::element("Style/Content", Honoured),
];

/// Nobody signs a preflight.
pub(crate) const PREFLIGHT: &[&[Input]] = &[&[
    Input::header("Origin", Honoured),
    Input::header("Access-Control-Request-Method", Honoured),
    Input::header("Access-Control-Request-Headers", Honoured),
]];

pub(crate) const LIST_OBJECTS: &[&[Input]] = &[
    ALWAYS,
    NOT_ENCRYPTED_HERE,
    &[
        Input::query("prefix", Honoured),
        Input::query("delimiter", Honoured),
        Input::query("marker", Honoured),
        Input::query("max-keys", Honoured),
        ENCODING_TYPE,
    ],
];

pub(crate) const LIST_OBJECTS_V2: &[&[Input]] = &[
    ALWAYS,
    NOT_ENCRYPTED_HERE,
    &[
        Input::query("list-type", Honoured),
        Input::query("prefix", Honoured),
        Input::query("delimiter", Honoured),
        Input::query("start-after", Honoured),
        Input::query("continuation-token", Honoured),
        Input::query("max-keys", Honoured),
        Input::query("fetch-owner", Honoured),
        ENCODING_TYPE,
    ],
];

pub(crate) const LIST_OBJECT_VERSIONS: &[&[Input]] = &[
    ALWAYS,
    NOT_ENCRYPTED_HERE,
    &[
        Input::query("prefix", Honoured),
        Input::query("delimiter", Honoured),
        Input::query("key-marker", Honoured),
        Input::query("version-id-marker", Honoured),
        Input::query("max-keys", Honoured),
        ENCODING_TYPE,
    ],
];

pub(crate) const LIST_LIVE_CHANNEL: &[&[Input]] = &[
    ALWAYS,
    NOT_ENCRYPTED_HERE,
    &[Input::query("prefix", Honoured), Input::query("marker", Honoured), Input::query("max-keys", Honoured)],
];

pub(crate) const DELETE_MULTIPLE_OBJECTS: &[&[Input]] = &[
    ALWAYS,
    NOT_ENCRYPTED_HERE,
    &[
        CONTENT_MD5,
        ENCODING_TYPE,
        Input::header("Encoding-type", Honoured),
        Input::element("Delete/Quiet", Honoured),
        Input::element("Delete/Object/Key", Honoured),
        Input::element("Delete/Object/VersionId", Honoured),
    ],
];
