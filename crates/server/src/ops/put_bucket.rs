//! `PutBucket`: creates a bucket. The owner may create it again; other properties than before are a conflict.

use ossicle_protocol::xml::CreateBucketConfiguration;
use ossicle_protocol::{BucketAcl, Error, ErrorCode};
use ossicle_store::{CreateBucket, NewBucket};

use crate::acl::{refuse_public_bucket, stored_bucket_acl};
use crate::announced::check_document_md5;
use crate::attributes;
use crate::call::Call;
use crate::failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `PutBucket`.
pub(crate) async fn put_bucket(call: &Call, body: RequestBody) -> Result<Reply, Error> {
    let name = call.bucket_name()?;
    let acl = call.header("x-oss-acl")?.map(BucketAcl::parse).transpose()?;
    let by_default = call.app.config.access.block_public_access;
    let blocked = call.bucket.as_ref().map_or(by_default, |bucket| bucket.block_public_access);
    refuse_public_bucket(blocked, acl.unwrap_or_default())?;
    let body = body.read(CreateBucketConfiguration::MAX_BODY, || Error::new(ErrorCode::MalformedXML)).await?;
    check_document_md5(call, &body)?;
    let wanted = CreateBucketConfiguration::parse(&body)?;
    let storage_class = attributes::honoured(wanted.storage_class.unwrap_or_default())?;
    let bucket = NewBucket {
        name: name.as_str().to_owned(),
        acl: stored_bucket_acl(acl.unwrap_or(BucketAcl::Private)),
        storage_class: storage_class.to_owned(),
        redundancy: wanted.data_redundancy_type.unwrap_or_default().as_str().to_owned(),
        owner: call.app.owner_id().to_owned(),
        comment: call.header("x-oss-bucket-comment")?.unwrap_or("").to_owned(),
        block_public_access: by_default,
        created_ms: call.now.unix_millis(),
    };
    let created = call.app.store.create_bucket(bucket).await.map_err(failure::from_store)?;
    if let CreateBucket::Existed(bucket) = created {
        if bucket.storage_class != storage_class {
            return Err(Error::new(ErrorCode::BucketAlreadyExists).with_detail("BucketName", name.as_str()));
        }
        if let Some(acl) = acl {
            let acl = stored_bucket_acl(acl);
            call.app.store.set_bucket_acl(name.as_str(), acl).await.map_err(failure::from_store)?;
        }
    }
    Ok(Reply::ok().with_named("location", &format!("/{}", name.as_str())))
}
