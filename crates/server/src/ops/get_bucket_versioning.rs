//! `GetBucketVersioning`: no bucket ever kept versions.

use ossicle_protocol::xml::VersioningConfiguration;

use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `GetBucketVersioning`.
pub(crate) async fn get_bucket_versioning(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    call.bucket()?;
    Ok(Reply::xml(VersioningConfiguration.to_xml()))
}
