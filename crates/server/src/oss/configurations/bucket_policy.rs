//! The policy of a bucket: who else may use it. It is JSON and answered as it came; `access` asks what it says.

use ossicle_policy::{Policy, PolicyError, PolicyKind};
use ossicle_protocol::xml::PolicyStatus;
use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::{Bucket, Store};

use crate::access::acl::{is_blocked, refuse_public_policy};
use crate::http::body::{BodyError, RequestBody};
use crate::http::reply::Reply;
use crate::oss::announced::check_document_md5;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::stored_policy::PLACE;

/// The longest body that is read: a character takes up to four bytes. How many characters a policy may have is told by name.
const MAX_BODY: usize = 128 * 1024;

/// Runs `PutBucketPolicy`.
pub(crate) async fn put_bucket_policy(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let body = body.read(MAX_BODY).await.map_err(|error| match error {
        BodyError::TooLong { .. } => Failure::from(invalid(&PolicyError::too_long(PolicyKind::Bucket))),
        error => error.into(),
    })?;
    check_document_md5(call, &body)?;
    let bucket = call.bucket()?;
    let text = std::str::from_utf8(&body).map_err(|_| {
        Error::new(ErrorCode::InvalidPolicyDocument).with_message("The policy document is not UTF-8.")
    })?;
    set(&call.app.store, bucket, text).await?;
    Ok(Reply::ok())
}

/// Reads a document that is to be the policy of the bucket with this name.
pub(crate) fn parse(document: &str, bucket: &str) -> Result<Policy, PolicyError> {
    let policy = Policy::parse(PolicyKind::Bucket, document)?;
    policy.check_bucket(bucket)?;
    Ok(policy)
}

/// Sets the policy of a bucket. One that gives everybody a right is refused where public access is blocked.
pub(crate) async fn set(store: &Store, bucket: &Bucket, document: &str) -> Result<(), Failure> {
    let policy = parse(document, &bucket.name).map_err(|error| invalid(&error))?;
    let blocked = is_blocked(store, &bucket.owner, bucket.block_public_access).await?;
    refuse_public_policy(blocked, &policy)?;
    Ok(store.set_bucket_document(&bucket.name, PLACE, Some(document.as_bytes().to_vec())).await?)
}

/// Runs `GetBucketPolicy`.
pub(crate) async fn get_bucket_policy(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let name = call.bucket()?.name.as_str();
    let document = call.app.store.bucket_document(name, PLACE).await?;
    let unset = || Error::new(ErrorCode::NoSuchBucketPolicy).with_detail("BucketName", name);
    let document = document.ok_or_else(unset)?;
    Ok(Reply::ok().with_body("application/json", document.to_vec()))
}

/// Runs `DeleteBucketPolicy`; 204 also where there is none.
pub(crate) async fn delete_bucket_policy(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let name = call.bucket_name()?.as_str();
    call.app.store.set_bucket_document(name, PLACE, None).await?;
    Ok(Reply::no_content())
}

/// Runs `GetBucketPolicyStatus`. A bucket without a policy has none that is public.
pub(crate) async fn get_bucket_policy_status(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let is_public = call.settings()?.policy().is_some_and(Policy::is_public);
    Ok(Reply::xml(PolicyStatus { is_public }.to_xml()))
}

fn invalid(error: &PolicyError) -> Error {
    Error::new(ErrorCode::InvalidPolicyDocument).with_message(error.to_string())
}
