//! `HeadBucket`: whether the bucket exists and the caller may use it. Both are known before this runs.

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Runs `HeadBucket`.
pub(crate) async fn head_bucket(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    call.bucket()?;
    Ok(Reply::ok().with_named("x-oss-bucket-region", &call.app.location()))
}
