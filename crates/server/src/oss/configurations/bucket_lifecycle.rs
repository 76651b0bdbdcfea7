//! The lifecycle rules of a bucket, by which objects are deleted or moved to colder classes. What carries them out is
//! `lifecycle`.

use ossicle_protocol::xml::Document as _;
use ossicle_protocol::{Error, LifecycleRules};

use super::Configuration as _;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::announced::check_document_md5;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Runs `PutBucketLifecycle`. Rules that come without an id get one.
pub(crate) async fn put_bucket_lifecycle(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let allow_overlap = allows_overlap(call)?;
    let body = body.read(LifecycleRules::MAX_BODY).await?;
    check_document_md5(call, &body)?;
    let rules = LifecycleRules::parse_new(&body, allow_overlap, new_id)?;
    LifecycleRules::save(call, Some(&rules)).await?;
    Ok(Reply::ok())
}

fn allows_overlap(call: &Call) -> Result<bool, Error> {
    match call.header("x-oss-allow-same-action-overlap")? {
        None => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(text) => {
            let message = "x-oss-allow-same-action-overlap must be true or false.";
            Err(Error::invalid_argument(message, "x-oss-allow-same-action-overlap", text))
        }
    }
}

/// Makes an id for a rule that came without one, in the form of those that OSS gives.
pub(super) fn new_id() -> String {
    let random = format!("{:032x}", rand::random::<u128>());
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| random.get(range).unwrap_or_default());
    parts.join("-")
}
