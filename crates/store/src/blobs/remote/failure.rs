//! What failures of the place mean to the store.

use std::error::Error as _;
use std::io;

use opendal::ErrorKind;

use crate::Error;

/// Tells a failure of the place in the store's words.
pub(super) fn of(what: &str, error: &opendal::Error) -> Error {
    let message = || format!("{what}: {error}");
    if let Some(cause) = error.source().and_then(|cause| cause.downcast_ref::<io::Error>())
        && let full @ (Error::DiskFull | Error::ReadOnly) = Error::io(what, cause)
    {
        return full;
    }
    match error.kind() {
        ErrorKind::RangeNotSatisfied => Error::corrupt(message()),
        _ => Error::Unavailable { what: message() },
    }
}

/// Tells a failure to read a blob that something refers to: that it is gone does not pass.
pub(super) fn of_reading(error: &opendal::Error) -> Error {
    let what = "reading content";
    match error.kind() {
        ErrorKind::NotFound => Error::Io { what: what.to_owned(), message: error.to_string() },
        _ => of(what, error),
    }
}
