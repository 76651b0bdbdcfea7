//! `PutObjectAcl`: sets who may do what with an object. Without the header it changes nothing, as with buckets.

use ossicle_protocol::Error;

use crate::acl::requested_object_acl;
use crate::call::Call;
use crate::failure;
use crate::http::reply::Reply;
use crate::stored;

/// Runs `PutObjectAcl`.
pub(crate) async fn put_object_acl(call: &Call) -> Result<Reply, Error> {
    let object = stored::object(call).await?;
    let Some(acl) = requested_object_acl(call)? else { return Ok(Reply::ok()) };
    let (bucket, key) = (object.bucket.as_str(), object.key.as_str());
    call.app.store.set_object_acl(bucket, key, acl).await.map_err(failure::from_store)?;
    Ok(Reply::ok())
}
