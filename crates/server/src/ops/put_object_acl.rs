//! `PutObjectAcl`: sets who may do what with an object.

use ossicle_protocol::{Error, ErrorCode, ObjectAcl};

use crate::acl::stored_object_acl;
use crate::call::Call;
use crate::failure;
use crate::http::reply::Reply;
use crate::stored::refuse_versions;

/// Runs `PutObjectAcl`.
pub(crate) async fn put_object_acl(call: &Call) -> Result<Reply, Error> {
    refuse_versions(call)?;
    let text = call.header("x-oss-object-acl")?.ok_or_else(|| {
        Error::new(ErrorCode::MissingArgument).with_detail("ArgumentName", "x-oss-object-acl")
    })?;
    let acl = stored_object_acl(ObjectAcl::parse(text)?);
    let (bucket, key) = (call.bucket_name()?.as_str(), call.key()?.as_str());
    call.app.store.set_object_acl(bucket, key, acl).await.map_err(failure::from_store)?;
    Ok(Reply::ok())
}
