//! `GetBucketLocation`: the region of a bucket, as "oss-" and its name.

use ossicle_protocol::xml::LocationConstraint;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Runs `GetBucketLocation`.
pub(crate) async fn get_bucket_location(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    call.bucket()?;
    Ok(Reply::xml(LocationConstraint { location: &call.app.location() }.to_xml()))
}
