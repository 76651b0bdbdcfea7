//! The security token that comes with a signature of temporary credentials.
//!
//! The header `security-token`, in which one SDK sends it, is covered by no signature. Nothing is gained by another token in its
//! place: a token names the one key that it belongs to and yields that key's secret, so the signature fits with no other.

use http::HeaderMap;

use crate::{Error, ErrorCode, Query};

/// Under which names a token comes, in headers and in queries alike.
const NAMES: [&str; 2] = ["x-oss-security-token", "security-token"];

/// Returns the token in the headers.
///
/// # Errors
/// `InvalidSecurityToken` if one is not text, or if there are two.
pub(super) fn of_headers(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let values = NAMES.iter().flat_map(|name| headers.get_all(*name));
    let texts = values.map(|value| value.to_str().map_err(|_| invalid())).collect::<Result<Vec<_>, _>>()?;
    only(texts)
}

/// Returns the token in the query.
///
/// # Errors
/// `InvalidSecurityToken` if there are two.
pub(super) fn of_query(query: &Query) -> Result<Option<String>, Error> {
    only(query.iter().filter(|(name, _)| NAMES.contains(name)).map(|(_, value)| value))
}

/// Returns the one token that is not empty.
///
/// # Errors
/// `InvalidSecurityToken` if there are two.
pub(crate) fn only<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Option<String>, Error> {
    let mut values = values.into_iter().filter(|value| !value.is_empty());
    let Some(token) = values.next() else { return Ok(None) };
    if values.all(|other| other == token) { Ok(Some(token.to_owned())) } else { Err(invalid()) }
}

fn invalid() -> Error {
    Error::new(ErrorCode::InvalidSecurityToken)
}
