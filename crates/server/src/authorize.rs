//! What a caller may do: the owner everything, anybody else what bucket and object ACLs say.

use ossicle_protocol::{BucketAcl, Error, ErrorCode, ObjectAcl, Operation};
use ossicle_store::{Object, ObjectFields};

use crate::auth::Caller;
use crate::call::Call;

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
pub(crate) fn authorize(call: &Call) -> Result<(), Error> {
    if call.caller.is_owner() {
        return Ok(());
    }
    let bucket = call.bucket.as_ref().map_or(BucketAcl::Private, |bucket| crate::acl::bucket_acl(bucket));
    match need(call.operation) {
        Need::Later => Ok(()),
        Need::Owner => Err(denied(&call.caller, None)),
        Need::ReadBucket if bucket.allows_public_read() => Ok(()),
        Need::ReadBucket => Err(denied(&call.caller, None)),
        Need::ReadObject => read_key(&call.caller, bucket, stored(call)?.as_deref()),
        Need::WriteObject => write_key(&call.caller, bucket, stored(call)?.as_deref()),
    }
}

/// Lets `caller` read what a key of a bucket with this ACL has, or says 403 `AccessDenied`.
pub(crate) fn read_key(
    caller: &Caller,
    bucket: BucketAcl,
    object: Option<&ObjectFields>,
) -> Result<(), Error> {
    let allowed = caller.is_owner() || within(bucket, object).allows_public_read();
    if allowed { Ok(()) } else { Err(denied(caller, object)) }
}

/// Lets `caller` write or delete what a key of a bucket with this ACL has, or says 403 `AccessDenied`. This is the one
/// decision for every operation that puts something in the place of an object or takes it away.
pub(crate) fn write_key(
    caller: &Caller,
    bucket: BucketAcl,
    object: Option<&ObjectFields>,
) -> Result<(), Error> {
    let allowed = caller.is_owner() || within(bucket, object).allows_public_write();
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
        | Operation::ListObjectVersions
        | Operation::GetBucketVersioning
        | Operation::ListLiveChannel
        | Operation::ListMultipartUploads
        | Operation::GetObjectAcl
        | Operation::PutObjectAcl
        | Operation::ProcessObject => Need::Owner,
    }
}

fn stored(call: &Call) -> Result<Option<Object>, Error> {
    let bucket = call.bucket_name()?.as_str();
    call.app.store.object(bucket, call.key()?.as_str()).map_err(crate::failure::from_store)
}

/// What everybody may do with a key: as its object says, else as the bucket says.
fn within(bucket: BucketAcl, object: Option<&ObjectFields>) -> BucketAcl {
    object.map_or(ObjectAcl::Default, crate::acl::object_acl).within(bucket)
}

fn denied(caller: &Caller, object: Option<&ObjectFields>) -> Error {
    let error = Error::new(ErrorCode::AccessDenied);
    let own_acl = object.is_some_and(|object| crate::acl::object_acl(object) != ObjectAcl::Default);
    match caller {
        Caller::Anonymous if own_acl => error.with_message("You have no right to access this object."),
        Caller::Anonymous => {
            error.with_message("You have no right to access this object because of bucket acl.")
        }
        Caller::Owner { .. } => error,
    }
}
