//! What a caller may do: the owner everything, anybody else what bucket and object ACLs say.

use std::ops::Deref;

use ossicle_protocol::{Error, ErrorCode, ObjectAcl, Operation};
use ossicle_store::ObjectFields;

use crate::acl::{PublicAccess, object_acl, refuse_public_object};
use crate::auth::Caller;
use crate::call::Call;
use crate::failure::Failure;
use crate::object_lookup;

/// The right that an operation needs on its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Reading the object: its own ACL decides, else the bucket's.
    ReadObject,
    /// Writing or deleting the object of the key, or working on an upload that is to become it: likewise.
    WriteObject,
    /// Listing the bucket's objects.
    ReadBucket,
    /// Nothing here: the operation learns later who calls or which keys are meant, and asks [`write_key`] then.
    Later,
    /// The owner alone.
    Owner,
}

/// Lets the call pass, or says 403 `AccessDenied`.
pub(crate) async fn authorize(call: &Call) -> Result<(), Failure> {
    let need = need(call.operation);
    if !call.caller.is_owner() {
        admit_public(call, need).await?;
    }
    // A form may have the ACL in a field, and looks itself. What is no ACL is told by the operation.
    let asked = if sets_object_acl(call.operation) { call.header("x-oss-object-acl")? } else { None };
    match (&call.bucket, asked.map(ObjectAcl::parse)) {
        (Some(bucket), Some(Ok(acl))) => Ok(refuse_public_object(bucket, acl)?),
        _ => Ok(()),
    }
}

fn sets_object_acl(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::PutObject
            | Operation::CopyObject
            | Operation::AppendObject
            | Operation::InitiateMultipartUpload
            | Operation::CompleteMultipartUpload
            | Operation::PutObjectAcl
    )
}

/// Lets a caller pass that nothing is known of.
async fn admit_public(call: &Call, need: Need) -> Result<(), Failure> {
    let denied = || Failure::from(denied(&call.caller, None));
    match (need, &call.bucket) {
        (Need::Later, _) => Ok(()),
        (Need::Owner, _) | (_, None) => Err(denied()),
        (Need::ReadBucket, Some(bucket)) => {
            let allowed = PublicAccess::of(bucket).to_bucket().allows_public_read();
            if allowed { Ok(()) } else { Err(denied()) }
        }
        (Need::ReadObject, Some(bucket)) => Ok(read_key(
            &call.caller,
            PublicAccess::of(bucket),
            object_lookup::find(call).await?.map(Deref::deref),
        )?),
        (Need::WriteObject, Some(bucket)) => Ok(write_key(
            &call.caller,
            PublicAccess::of(bucket),
            object_lookup::find(call).await?.map(Deref::deref),
        )?),
    }
}

/// Lets `caller` read what a key of a bucket with this access has, or says 403 `AccessDenied`.
pub(crate) fn read_key(
    caller: &Caller,
    access: PublicAccess,
    object: Option<&ObjectFields>,
) -> Result<(), Error> {
    let allowed = caller.is_owner() || access.to_key(object).allows_public_read();
    if allowed { Ok(()) } else { Err(denied(caller, object)) }
}

/// Lets `caller` write or delete what a key of a bucket with this access has, or says 403 `AccessDenied`. This is the
/// one decision for every operation that puts something in the place of an object or takes it away.
pub(crate) fn write_key(
    caller: &Caller,
    access: PublicAccess,
    object: Option<&ObjectFields>,
) -> Result<(), Error> {
    let allowed = caller.is_owner() || access.to_key(object).allows_public_write();
    if allowed { Ok(()) } else { Err(denied(caller, object)) }
}

fn need(operation: Operation) -> Need {
    match operation {
        Operation::GetObject | Operation::HeadObject | Operation::GetObjectMeta => Need::ReadObject,
        Operation::PutObject
        | Operation::CopyObject
        | Operation::AppendObject
        | Operation::DeleteObject
        | Operation::InitiateMultipartUpload
        | Operation::UploadPart
        | Operation::UploadPartCopy
        | Operation::CompleteMultipartUpload
        | Operation::AbortMultipartUpload
        | Operation::ListParts => Need::WriteObject,
        Operation::ListObjects | Operation::ListObjectsV2 | Operation::HeadBucket => Need::ReadBucket,
        Operation::PostObject | Operation::DeleteMultipleObjects | Operation::Preflight => Need::Later,
        Operation::ListBuckets
        | Operation::PutBucket
        | Operation::DeleteBucket
        | Operation::GetBucketInfo
        | Operation::GetBucketLocation
        | Operation::GetBucketAcl
        | Operation::PutBucketAcl
        | Operation::GetBucketStat
        | Operation::PutBucketCors
        | Operation::GetBucketCors
        | Operation::DeleteBucketCors
        | Operation::PutBucketCallbackPolicy
        | Operation::GetBucketCallbackPolicy
        | Operation::DeleteBucketCallbackPolicy
        | Operation::PutBucketPublicAccessBlock
        | Operation::GetBucketPublicAccessBlock
        | Operation::DeleteBucketPublicAccessBlock
        | Operation::PutBucketTags
        | Operation::GetBucketTags
        | Operation::DeleteBucketTags
        | Operation::ListObjectVersions
        | Operation::GetBucketVersioning
        | Operation::ListLiveChannel
        | Operation::ListMultipartUploads
        | Operation::GetObjectAcl
        | Operation::PutObjectAcl
        | Operation::PutObjectTagging
        | Operation::GetObjectTagging
        | Operation::DeleteObjectTagging
        | Operation::ProcessObject => Need::Owner,
    }
}

fn denied(caller: &Caller, object: Option<&ObjectFields>) -> Error {
    let error = Error::new(ErrorCode::AccessDenied);
    let own_acl = object.is_some_and(|object| object_acl(object) != ObjectAcl::Default);
    match caller {
        Caller::Anonymous if own_acl => error.with_message("You have no right to access this object."),
        Caller::Anonymous => {
            error.with_message("You have no right to access this object because of bucket acl.")
        }
        Caller::Owner { .. } => error,
    }
}
