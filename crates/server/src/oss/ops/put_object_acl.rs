//! `PutObjectAcl`: sets who may do what with an object. Without the header it changes nothing, as with buckets.

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::{object_lookup, versions};

/// Runs `PutObjectAcl`.
pub(crate) async fn put_object_acl(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let object = object_lookup::require(call).await?;
    if let Some(acl) = attributes::requested_object_acl(call)? {
        let store = &call.app.store;
        store.set_object_acl(&object.bucket, &object.key, versions::of(call)?, acl).await?;
    }
    Ok(versions::show(Reply::ok(), call.bucket()?, object))
}
