//! The parameters that listings share: how many entries, under which prefix, split at which delimiter, how encoded.

use ossicle_protocol::xml::KeyEncoding;
use ossicle_protocol::{Error, ErrorCode};

use crate::call::Call;

/// The entries of a page unless the client says otherwise.
const DEFAULT_KEYS: u32 = 100;

/// The most entries of a page.
pub(crate) const MAX_KEYS: u32 = 1000;

/// Prefix and delimiter may be as long as a key.
const TEXT_LIMIT: usize = 1024;

/// What a listing of keys asks for.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) delimiter: &'a str,
    pub(crate) max: u32,
    pub(crate) encoding: KeyEncoding,
}

impl<'a> Page<'a> {
    /// Reads `prefix`, `delimiter`, `encoding-type` and the parameter `max_name`.
    pub(crate) fn of(call: &'a Call, max_name: &'static str, default: u32) -> Result<Self, Error> {
        Ok(Self {
            prefix: text(call, "prefix")?,
            delimiter: text(call, "delimiter")?,
            max: limit(call, max_name, default, MAX_KEYS)?,
            encoding: KeyEncoding::from_request(&call.query, &call.head.headers)?,
        })
    }

    /// The page of an object listing.
    pub(crate) fn of_objects(call: &'a Call) -> Result<Self, Error> {
        Self::of(call, "max-keys", DEFAULT_KEYS)
    }
}

/// A parameter that may be as long as a key; absent means empty.
pub(crate) fn text<'a>(call: &'a Call, name: &'static str) -> Result<&'a str, Error> {
    let text = call.query.get(name).unwrap_or("");
    if text.len() > TEXT_LIMIT { Err(invalid(name, text)) } else { Ok(text) }
}

/// A count from 1 to `most`.
pub(crate) fn limit(call: &Call, name: &'static str, default: u32, most: u32) -> Result<u32, Error> {
    match call.query.get(name) {
        None | Some("") => Ok(default),
        Some(text) => {
            text.parse().ok().filter(|count| (1..=most).contains(count)).ok_or_else(|| invalid(name, text))
        }
    }
}

fn invalid(name: &'static str, value: &str) -> Error {
    Error::new(ErrorCode::InvalidArgument)
        .with_message(format!("The value of {name} is not valid."))
        .with_detail("ArgumentName", name)
        .with_detail("ArgumentValue", value)
}
