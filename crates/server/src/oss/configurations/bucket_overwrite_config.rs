//! Which objects of a bucket may not be overwritten, and by whom.

use ossicle_policy::Principal;
use ossicle_protocol::configurations::OverwriteConfiguration;
use ossicle_protocol::xml::Document as _;
use ossicle_protocol::{Error, ObjectKey};

use super::Configuration as _;
use super::bucket_lifecycle::new_id;
use crate::access::identity::Identity;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::announced::check_document_md5;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Runs `PutBucketOverwriteConfig`. Rules that come without an id get one.
pub(crate) async fn put_bucket_overwrite_config(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let body = body.read(OverwriteConfiguration::MAX_BODY).await?;
    check_document_md5(call, &body)?;
    let mut configuration = OverwriteConfiguration::parse(&body)?;
    configuration.fill_in_ids(new_id);
    OverwriteConfiguration::save(call, Some(&configuration)).await?;
    Ok(Reply::ok())
}

/// Returns whether the rules of the bucket forbid the caller to overwrite the key.
pub(crate) fn forbids(call: &Call, key: &ObjectKey) -> Result<bool, Error> {
    let Some(configuration) = call.settings()?.overwrite()? else { return Ok(false) };
    let principal = call.caller.identity().map_or(Principal::Anonymous, Identity::principal);
    Ok(configuration.forbids(key.as_str(), |name| principal.is_named(name)))
}
