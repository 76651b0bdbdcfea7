//! The errors of signature checks, in OSS's words and with its detail codes.

use std::fmt::Write as _;

use crate::error::SIGNED_TEXT_LIMIT;
use crate::{Error, ErrorCode, Timestamp};

use super::MAX_SKEW_MILLIS;

/// Refuses an `Authorization` header that cannot be read.
pub(super) fn bad_authorization(message: &'static str, ec: &'static str, value: &str) -> Error {
    Error::invalid_argument(message, "Authorization", value).with_ec(ec)
}

/// Refuses a parameter of a signed URL that cannot be read.
pub(super) fn bad_parameter(message: &'static str, ec: &'static str, name: &str, value: &str) -> Error {
    Error::invalid_argument(message, name, value).with_ec(ec)
}

pub(super) fn header_and_query() -> Error {
    Error::new(ErrorCode::InvalidArgument)
        .with_message(
            "The signature must be either in the Authorization header or in the query, not in both.",
        )
        .with_ec("0002-00000039")
}

/// Refuses a signed URL that lacks parameters.
pub(super) fn incomplete_query(message: &'static str, ec: &'static str) -> Error {
    Error::new(ErrorCode::AccessDenied).with_message(message).with_ec(ec)
}

/// Refuses a version 1 signature that may have been made for another key or other parameters.
pub(super) fn ambiguous() -> Error {
    Error::new(ErrorCode::AccessDenied).with_message(
        "Signature version 1 cannot tell this key or these parameters from sub-resources of another key. \
         Use signature version 4.",
    )
}

pub(super) fn no_date() -> Error {
    Error::new(ErrorCode::AccessDenied)
        .with_message("OSS authentication requires a valid Date.")
        .with_ec("0002-00000503")
}

pub(super) fn unreadable_date(text: &str) -> Error {
    no_date().with_ec("0002-00000505").with_detail("RequestTime", text)
}

pub(crate) fn expired(expires: &str, now: Timestamp) -> Error {
    Error::new(ErrorCode::AccessDenied)
        .with_message("Request has expired.")
        .with_detail("Expires", expires)
        .with_detail("ServerTime", now.iso8601_millis())
        .with_ec("0002-00000069")
}

pub(super) fn unreadable_expires(text: &str) -> Error {
    Error::new(ErrorCode::AccessDenied)
        .with_message("Invalid date (should be seconds since epoch).")
        .with_detail("Expires", text)
        .with_ec("0002-00000070")
}

pub(crate) fn skewed(requested: Timestamp, now: Timestamp) -> Error {
    Error::new(ErrorCode::RequestTimeTooSkewed)
        .with_detail("MaxAllowedSkewMilliseconds", MAX_SKEW_MILLIS.to_string())
        .with_detail("RequestTime", requested.iso8601_millis())
        .with_detail("ServerTime", now.iso8601_millis())
}

/// Makes `SignatureDoesNotMatch` with the text this server signed, or its beginning, so that the client's
/// author can find the difference.
pub(crate) fn mismatch(access_key_id: &str, provided: &str, text: &[u8]) -> Error {
    // What is looked at is longer than what is told, so that a text that is cut says so.
    let told = text.get(..SIGNED_TEXT_LIMIT + 4).unwrap_or(text);
    Error::new(ErrorCode::SignatureDoesNotMatch)
        .with_detail("OSSAccessKeyId", access_key_id)
        .with_detail("SignatureProvided", provided)
        .with_detail("StringToSign", String::from_utf8_lossy(told))
        .with_detail("StringToSignBytes", spaced_hex(told))
}

fn spaced_hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(3 * bytes.len());
    for byte in bytes {
        if !out.is_empty() {
            out.push(' ');
        }
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02X}");
    }
    out
}
