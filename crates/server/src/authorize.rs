//! What a caller may do: the owner everything, anybody else what bucket and object ACLs say.

use ossicle_protocol::{BucketAcl, Error, ErrorCode, ObjectAcl, Operation};
use ossicle_store::Object;

use crate::auth::Caller;
use crate::call::Call;

/// The right that an operation needs on its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Reading the object: its own ACL decides, else the bucket's.
    ReadObject,
    /// Writing the object: likewise.
    WriteObject,
    /// Listing the bucket's objects.
    ReadBucket,
    /// Adding to or deleting from the bucket.
    WriteBucket,
    /// Nothing here: the operation checks by itself.
    Nothing,
    /// The owner alone.
    Owner,
}

/// Lets the call pass, or says 403 `AccessDenied`.
pub(crate) fn authorize(call: &Call) -> Result<(), Error> {
    if call.caller.is_owner() {
        return Ok(());
    }
    let bucket_acl = call.bucket.as_ref().map_or(BucketAcl::Private, |bucket| crate::acl::bucket_acl(bucket));
    let allowed = match need(call.operation) {
        Need::Nothing => true,
        Need::Owner => false,
        Need::ReadBucket => reads(bucket_acl),
        Need::WriteBucket => bucket_acl == BucketAcl::PublicReadWrite,
        Need::ReadObject => may_read(bucket_acl, stored(call)?.as_ref()),
        Need::WriteObject => may_write(bucket_acl, stored(call)?.as_ref()),
    };
    if allowed { Ok(()) } else { Err(denied(&call.caller)) }
}

/// Whether `caller` may read `object` in a bucket with `bucket_acl`; for the source of a copy.
pub(crate) fn authorize_read(caller: &Caller, bucket_acl: BucketAcl, object: &Object) -> Result<(), Error> {
    if caller.is_owner() || may_read(bucket_acl, Some(object)) { Ok(()) } else { Err(denied(caller)) }
}

/// Whether `caller` may write to a bucket with `bucket_acl` in a form upload, whose caller stands in the form.
pub(crate) fn authorize_form_upload(caller: &Caller, bucket_acl: BucketAcl) -> Result<(), Error> {
    if caller.is_owner() || bucket_acl == BucketAcl::PublicReadWrite { Ok(()) } else { Err(denied(caller)) }
}

fn need(operation: Operation) -> Need {
    match operation {
        Operation::GetObject | Operation::HeadObject | Operation::GetObjectMeta => Need::ReadObject,
        Operation::PutObject | Operation::CopyObject | Operation::AppendObject | Operation::DeleteObject => {
            Need::WriteObject
        }
        Operation::ListObjects | Operation::ListObjectsV2 | Operation::HeadBucket => Need::ReadBucket,
        Operation::InitiateMultipartUpload
        | Operation::UploadPart
        | Operation::UploadPartCopy
        | Operation::CompleteMultipartUpload
        | Operation::AbortMultipartUpload
        | Operation::ListParts
        | Operation::DeleteMultipleObjects => Need::WriteBucket,
        Operation::PostObject | Operation::Preflight => Need::Nothing,
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

fn may_read(bucket: BucketAcl, object: Option<&Object>) -> bool {
    match object.map_or(ObjectAcl::Default, crate::acl::object_acl) {
        ObjectAcl::Default => reads(bucket),
        ObjectAcl::Private => false,
        ObjectAcl::PublicRead | ObjectAcl::PublicReadWrite => true,
    }
}

fn may_write(bucket: BucketAcl, object: Option<&Object>) -> bool {
    match object.map_or(ObjectAcl::Default, crate::acl::object_acl) {
        ObjectAcl::Default => bucket == BucketAcl::PublicReadWrite,
        ObjectAcl::Private | ObjectAcl::PublicRead => false,
        ObjectAcl::PublicReadWrite => true,
    }
}

fn reads(acl: BucketAcl) -> bool {
    matches!(acl, BucketAcl::PublicRead | BucketAcl::PublicReadWrite)
}

fn denied(caller: &Caller) -> Error {
    let error = Error::new(ErrorCode::AccessDenied);
    match caller {
        Caller::Anonymous => {
            error.with_message("You have no right to access this object because of bucket acl.")
        }
        Caller::Owner { .. } => error,
    }
}
