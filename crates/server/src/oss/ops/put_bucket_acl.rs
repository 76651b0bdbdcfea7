//! `PutBucketAcl`: sets who may do what with a bucket, and creates the bucket where it does not exist, as OSS does.
//! Without the header it changes nothing, as SDKs rely on.

use ossicle_protocol::{BucketAcl, Error, ErrorCode};
use ossicle_store::{Bucket, CreateBucket, Store};

use crate::access::acl::{is_blocked, refuse_public_bucket, stored_bucket_acl};
use crate::access::authorize::demand_also;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Runs `PutBucketAcl`.
pub(crate) async fn put_bucket_acl(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let name = call.bucket_name()?.as_str();
    let done = Reply::ok().with_named("location", &format!("/{name}"));
    let Some(text) = call.header("x-oss-acl")? else {
        call.bucket()?;
        return Ok(done);
    };
    let acl = BucketAcl::parse(text)?;
    if let Some(bucket) = call.existing_bucket() {
        set(&call.app.store, bucket, acl).await?;
        return Ok(done);
    }
    let by_default = call.app.config.access.block_public_access;
    refuse_public_bucket(is_blocked(&call.app.store, call.owner(), by_default).await?, acl)?;
    demand_also(call, "oss:PutBucket").await?;
    let bucket = Bucket {
        name: name.to_owned(),
        acl: stored_bucket_acl(acl),
        storage_class: "Standard".to_owned(),
        redundancy: "LRS".to_owned(),
        owner: call.owner().to_owned(),
        comment: String::new(),
        block_public_access: by_default,
        created_ms: call.now.unix_millis(),
        ..Bucket::default()
    };
    if let CreateBucket::Existed(bucket) = call.app.store.create_bucket(bucket).await? {
        // Somebody made it meanwhile.
        if call.caller.account() != Some(bucket.owner.as_str()) {
            return Err(Error::new(ErrorCode::AccessDenied).into());
        }
        set(&call.app.store, &bucket, acl).await?;
    }
    Ok(done)
}

/// Sets the ACL of a bucket. One that gives everybody a right is refused where public access is blocked.
pub(crate) async fn set(store: &Store, bucket: &Bucket, acl: BucketAcl) -> Result<(), Failure> {
    let blocked = is_blocked(store, &bucket.owner, bucket.block_public_access).await?;
    refuse_public_bucket(blocked, acl)?;
    Ok(store.set_bucket_acl(&bucket.name, stored_bucket_acl(acl)).await?)
}
