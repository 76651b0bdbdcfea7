//! Versions of objects on the wire: which one a request is about, and what answers say of the one that they are about.

use http::{HeaderName, HeaderValue};
use ossicle_protocol::inputs::{self, Fate, Place};
use ossicle_protocol::{Error, ErrorCode, Operation};
use ossicle_store::{Bucket, DeleteMarker, ObjectFields, VersionId, VersionRef, Versioning};

use crate::http::reply::Reply;
use crate::oss::call::Call;

/// The parameter that names a version.
pub(crate) const PARAMETER: &str = "versionId";

/// The id of the version that was written without versioning, or while it was suspended.
const NULL: &str = "null";

const VERSION_ID: &str = "x-oss-version-id";
const DELETE_MARKER: &str = "x-oss-delete-marker";

/// Returns which version of its object the call is about: the one that it names, else the latest.
pub(crate) fn of(call: &Call) -> Result<VersionRef, Error> {
    named(call).map(Option::unwrap_or_default)
}

/// Returns the version that the call names, where its operation is about one.
pub(crate) fn named(call: &Call) -> Result<Option<VersionRef>, Error> {
    call.query.get(PARAMETER).filter(|_| takes_version(call.operation)).map(parse).transpose()
}

fn takes_version(operation: Operation) -> bool {
    inputs::of(operation)
        .any(|input| input.place == Place::Query && input.name == PARAMETER && input.fate == Fate::Honoured)
}

/// Reads the id of a version.
pub(crate) fn parse(text: &str) -> Result<VersionRef, Error> {
    if text.is_empty() {
        return Err(Error::invalid_argument("The version id must not be empty.", PARAMETER, text)
            .with_ec("0012-00000201"));
    }
    VersionRef::parse(text).ok_or_else(|| {
        Error::invalid_argument("The version id is invalid.", PARAMETER, text).with_ec("0012-00000202")
    })
}

/// Writes the id of a version.
pub(crate) fn id_text(id: Option<VersionId>) -> String {
    id.map_or_else(|| NULL.to_owned(), |id| id.to_string())
}

/// Writes what names a version; the latest has no name.
pub(crate) fn name_of(version: VersionRef) -> Option<String> {
    match version {
        VersionRef::Current => None,
        VersionRef::Null => Some(NULL.to_owned()),
        VersionRef::Id(id) => Some(id.to_string()),
    }
}

/// Returns whether the bucket keeps versions, or once did.
pub(crate) fn are_kept(bucket: &Bucket) -> bool {
    bucket.versioning != Versioning::Unset
}

/// Returns the id of the object's version; objects have none in a bucket that never kept versions.
pub(crate) fn id_of(bucket: &Bucket, object: &ObjectFields) -> Option<String> {
    (object.version_id.is_some() || are_kept(bucket)).then(|| id_text(object.version_id))
}

/// Adds the id of the object's version.
pub(crate) fn show(reply: Reply, bucket: &Bucket, object: &ObjectFields) -> Reply {
    match id_of(bucket, object) {
        Some(id) => show_id(reply, &id),
        None => reply,
    }
}

/// Adds the id of a version.
pub(crate) fn show_id(reply: Reply, id: &str) -> Reply {
    reply.with_named(VERSION_ID, id)
}

/// Adds which delete marker was made or removed.
pub(crate) fn show_marker(reply: Reply, marker: &DeleteMarker) -> Reply {
    const TRUE: HeaderValue = HeaderValue::from_static("true");
    let reply = reply.with_header(HeaderName::from_static(DELETE_MARKER), TRUE);
    show_id(reply, &id_text(marker.version_id))
}

/// Tells that the key was deleted.
pub(crate) fn with_marker(error: Error, marker: &DeleteMarker) -> Error {
    error.with_headers([(DELETE_MARKER, "true".to_owned()), (VERSION_ID, id_text(marker.version_id))])
}

/// Tells that the version that was named is a delete marker, with which nothing can be done but to delete it.
pub(crate) fn is_marker(call: &Call, marker: &DeleteMarker) -> Error {
    Error::new(ErrorCode::MethodNotAllowed)
        .with_ec("0017-00000002")
        .with_detail("Method", call.head.method.as_str())
        .with_detail("ResourceType", "DeleteMarker")
        .with_headers([
            (DELETE_MARKER, "true".to_owned()),
            (VERSION_ID, id_text(marker.version_id)),
            ("allow", "DELETE".to_owned()),
        ])
}

/// Tells that there is no such version.
pub(crate) fn no_such_version(key: &str, version: VersionRef) -> Error {
    Error::new(ErrorCode::NoSuchVersion)
        .with_ec("0012-00000203")
        .with_detail("Key", key)
        .with_detail("VersionId", name_of(version).unwrap_or_default())
}
