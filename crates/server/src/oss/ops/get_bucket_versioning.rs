//! `GetBucketVersioning`: no bucket ever kept versions.

use ossicle_protocol::configurations::VersioningConfiguration;
use ossicle_protocol::xml::Document as _;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Runs `GetBucketVersioning`.
pub(crate) async fn get_bucket_versioning(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    call.bucket()?;
    Ok(Reply::xml(VersioningConfiguration::default().to_xml()))
}
