//! Conditions on requests: `If-*` headers against a stored object, and `x-oss-forbid-overwrite`.

use http::HeaderMap;
use ossicle_protocol::{Conditions, ETag, Error, ErrorCode, Timestamp};
use ossicle_store::Object;

use crate::oss::call::Call;
use crate::oss::configurations::bucket_overwrite_config;
use crate::oss::failure::Failure;
use crate::oss::symlink::Readable;
use crate::oss::{object_lookup, versions};

/// Checks `If-Match` and its kin: 304 or 412 where they do not hold.
pub(crate) fn check(headers: &HeaderMap, readable: &Readable<'_>) -> Result<(), Error> {
    let conditions = Conditions::from_headers(headers);
    evaluate(&conditions, &readable.content().etag, readable.last_modified_ms())
}

/// Checks `x-oss-copy-source-if-match` and its kin against the source of a copy.
pub(crate) fn check_source(headers: &HeaderMap, source: &Object) -> Result<(), Error> {
    let conditions = Conditions::from_copy_source_headers(headers);
    evaluate(&conditions, &source.etag, source.last_modified_ms)
}

fn evaluate(conditions: &Conditions, etag: &str, modified_ms: i64) -> Result<(), Error> {
    if conditions.is_empty() {
        return Ok(());
    }
    let modified = Timestamp::from_unix_millis(modified_ms);
    conditions.evaluate(&ETag::read(etag), modified).into_result()
}

/// Returns whether an existing object of the key is protected, by `x-oss-forbid-overwrite` or by a rule of the bucket.
pub(crate) fn forbids_overwrite(call: &Call) -> Result<bool, Error> {
    let asked = read_forbid_overwrite(call.header("x-oss-forbid-overwrite")?)?;
    Ok(asked || bucket_overwrite_config::forbids(call, call.key()?)?)
}

/// Reads `x-oss-forbid-overwrite`, wherever it stood; anything but true and false is refused.
pub(crate) fn read_forbid_overwrite(text: Option<&str>) -> Result<bool, Error> {
    match text {
        None => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(text) => {
            let message = "The value of x-oss-forbid-overwrite must be true or false.";
            Err(Error::invalid_argument(message, "x-oss-forbid-overwrite", text))
        }
    }
}

/// Refuses at once to begin what could only fail later: `x-oss-forbid-overwrite` for a key that is taken.
pub(crate) async fn refuse_overwrite(call: &Call) -> Result<(), Failure> {
    // Where versions are kept nothing is lost, and the header has no effect.
    if !forbids_overwrite(call)? || versions::are_kept(call.bucket()?) {
        return Ok(());
    }
    match object_lookup::find(call).await? {
        Some(_) => Err(ErrorCode::FileAlreadyExists.into()),
        None => Ok(()),
    }
}
