//! Resource groups, by which OSS sorts the buckets of an account: there is one, the default of the account.

use ossicle_protocol::{Error, ErrorCode};

use crate::oss::call::Call;

/// The id of the one group.
pub(crate) const DEFAULT: &str = "rg-default";

/// Returns whether a request names, in a header, another group than there is.
pub(crate) fn is_another(call: &Call) -> Result<bool, Error> {
    Ok(call.header("x-oss-resource-group-id")?.is_some_and(|group| group != DEFAULT))
}

/// Refuses to put a bucket into a group that does not exist.
pub(crate) fn refuse_another(call: &Call) -> Result<(), Error> {
    if is_another(call)? { Err(Error::new(ErrorCode::ResourceGroupIdPreCheckError)) } else { Ok(()) }
}
