//! `GetBucketVersioning`: no bucket ever kept versions.

use ossicle_protocol::Error;
use ossicle_protocol::xml::VersioningConfiguration;

use crate::call::Call;
use crate::http::reply::Reply;

/// Runs `GetBucketVersioning`.
pub(crate) fn get_bucket_versioning(call: &Call) -> Result<Reply, Error> {
    call.bucket()?;
    Ok(Reply::xml(VersioningConfiguration.to_xml()))
}
