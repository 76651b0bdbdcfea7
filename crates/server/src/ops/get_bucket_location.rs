//! `GetBucketLocation`: the region of a bucket, as "oss-" and its name.

use ossicle_protocol::Error;
use ossicle_protocol::xml::LocationConstraint;

use crate::call::Call;
use crate::http::reply::Reply;

/// Runs `GetBucketLocation`.
pub(crate) fn get_bucket_location(call: &Call) -> Result<Reply, Error> {
    call.bucket()?;
    Ok(Reply::xml(LocationConstraint { location: &call.app.location() }.to_xml()))
}
