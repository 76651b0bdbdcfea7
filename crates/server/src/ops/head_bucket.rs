//! `HeadBucket`: whether the bucket exists and the caller may use it. Both are known before this runs.

use ossicle_protocol::Error;

use crate::call::Call;
use crate::http::reply::Reply;

/// Runs `HeadBucket`.
pub(crate) fn head_bucket(call: &Call) -> Result<Reply, Error> {
    call.bucket()?;
    Ok(Reply::ok().with_named("x-oss-bucket-region", &call.app.location()))
}
