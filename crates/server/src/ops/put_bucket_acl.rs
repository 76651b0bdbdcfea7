//! `PutBucketAcl`: sets who may do what with a bucket, and creates the bucket where it does not exist, as OSS does.

use ossicle_protocol::{BucketAcl, Error, ErrorCode};
use ossicle_store::NewBucket;

use crate::acl::stored_bucket_acl;
use crate::call::Call;
use crate::failure;
use crate::http::reply::Reply;

/// Runs `PutBucketAcl`.
pub(crate) async fn put_bucket_acl(call: &Call) -> Result<Reply, Error> {
    let name = call.bucket_name()?.as_str();
    let text = call
        .header("x-oss-acl")?
        .ok_or_else(|| Error::new(ErrorCode::MissingArgument).with_detail("ArgumentName", "x-oss-acl"))?;
    let acl = stored_bucket_acl(BucketAcl::parse(text)?);
    let store = &call.app.store;
    if call.bucket.is_some() {
        store.set_bucket_acl(name, acl).await.map_err(failure::from_store)?;
        return Ok(Reply::ok());
    }
    let bucket = NewBucket {
        name: name.to_owned(),
        acl,
        storage_class: "Standard".to_owned(),
        redundancy: "LRS".to_owned(),
        owner: call.app.owner_id().to_owned(),
        comment: String::new(),
        created_ms: call.now.unix_millis(),
    };
    store.create_bucket(bucket).await.map_err(failure::from_store)?;
    Ok(Reply::ok())
}
