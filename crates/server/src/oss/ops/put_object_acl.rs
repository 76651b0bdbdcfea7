//! `PutObjectAcl`: sets who may do what with an object. Without the header it changes nothing, as with buckets.

use ossicle_store::VersionRef;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::object_lookup;

/// Runs `PutObjectAcl`.
pub(crate) async fn put_object_acl(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let object = object_lookup::require(call).await?;
    let Some(acl) = attributes::requested_object_acl(call)? else { return Ok(Reply::ok()) };
    let (bucket, key) = (object.bucket.as_str(), object.key.as_str());
    call.app.store.set_object_acl(bucket, key, VersionRef::Current, acl).await?;
    Ok(Reply::ok())
}
