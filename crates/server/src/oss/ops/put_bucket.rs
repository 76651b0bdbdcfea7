//! `PutBucket`: creates a bucket. The owner may create it again; other properties than before are a conflict.

use ossicle_protocol::xml::CreateBucketConfiguration;
use ossicle_protocol::{BucketAcl, DataRedundancyType, Error, ErrorCode};
use ossicle_store::{Bucket, CreateBucket};

use crate::access::acl::{is_blocked, refuse_public_bucket, stored_bucket_acl};
use crate::access::authorize::demand_also;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::announced::check_document_md5;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::resource_group;

/// The longest comment, which every listing of buckets repeats.
const COMMENT_LIMIT: usize = 1024;

/// Runs `PutBucket`.
pub(crate) async fn put_bucket(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let name = call.bucket_name()?;
    let acl = allowed_acl(call).await?;
    resource_group::refuse_another(call)?;
    let body = body.read(CreateBucketConfiguration::MAX_BODY).await?;
    check_document_md5(call, &body)?;
    let wanted = CreateBucketConfiguration::parse(&body)?;
    refuse_another_region(call, wanted.location.as_deref())?;
    let storage_class = wanted.storage_class.unwrap_or_default().as_str();
    let bucket = Bucket {
        name: name.as_str().to_owned(),
        acl: stored_bucket_acl(acl.unwrap_or(BucketAcl::Private)),
        storage_class: storage_class.to_owned(),
        redundancy: wanted.data_redundancy_type.unwrap_or_default().as_str().to_owned(),
        owner: call.owner().to_owned(),
        comment: comment(call)?.to_owned(),
        block_public_access: call.app.config.access.block_public_access,
        created_ms: call.now.unix_millis(),
        ..Bucket::default()
    };
    let created = call.app.store.create_bucket(bucket).await?;
    if let CreateBucket::Existed(bucket) = created {
        if call.caller.account() != Some(bucket.owner.as_str()) {
            return Err(taken(call)?.into());
        }
        let redundancy = wanted.data_redundancy_type.map(DataRedundancyType::as_str);
        let is_another = redundancy.is_some_and(|redundancy| redundancy != bucket.redundancy);
        if is_another || bucket.storage_class != storage_class {
            return Err(taken(call)?.into());
        }
        if let Some(acl) = acl {
            demand_also(call, "oss:PutBucketAcl").await?;
            call.app.store.set_bucket_acl(name.as_str(), stored_bucket_acl(acl)).await?;
        }
    }
    Ok(Reply::ok().with_named("location", &format!("/{}", name.as_str())))
}

/// Returns the refusal of a name that somebody has, or of other properties than the bucket has.
fn taken(call: &Call) -> Result<Error, Error> {
    let name = call.bucket_name()?.as_str();
    Ok(Error::new(ErrorCode::BucketAlreadyExists).with_detail("BucketName", name))
}

/// Reads the ACL that the request names, if such a bucket may have it.
async fn allowed_acl(call: &Call) -> Result<Option<BucketAcl>, Failure> {
    let acl = call.header("x-oss-acl")?.map(BucketAcl::parse).transpose()?;
    let by_default = call.app.config.access.block_public_access;
    let blocked = call.existing_bucket().map_or(by_default, |bucket| bucket.block_public_access);
    refuse_public_bucket(is_blocked(&call.app.store, call.owner(), blocked).await?, acl.unwrap_or_default())?;
    Ok(acl)
}

/// Refuses another region than this server's: its buckets are where it is. OSS takes a region with and without "oss-".
fn refuse_another_region(call: &Call, location: Option<&str>) -> Result<(), Error> {
    let region = call.app.config.server.region.as_str();
    match location {
        Some(location) if location.strip_prefix("oss-").unwrap_or(location) != region => {
            Err(Error::new(ErrorCode::InvalidLocationConstraint).with_detail("LocationConstraint", location))
        }
        _ => Ok(()),
    }
}

fn comment(call: &Call) -> Result<&str, Error> {
    let name = "x-oss-bucket-comment";
    let comment = call.header(name)?.unwrap_or("");
    if comment.len() > COMMENT_LIMIT { Err(attributes::too_long(name, COMMENT_LIMIT)) } else { Ok(comment) }
}
