//! What a caller may do: the account that owns a bucket everything in it, anybody else what bucket and object ACLs say. An account
//! may make buckets and list its own.

use std::ops::Deref;

use ossicle_protocol::{BucketAcl, Error, ErrorCode, Grant, ObjectAcl, Operation};
use ossicle_store::ObjectFields;

use crate::access::acl::{PublicAccess, is_blocked, object_acl, refuse_public_object};
use crate::access::auth::Caller;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::object_lookup;

/// Lets the call pass, or says 403 `AccessDenied`.
pub(crate) async fn authorize(call: &Call) -> Result<(), Failure> {
    if !call.is_by_owner() {
        refuse_taken_name(call)?;
        admit_by_acl(call).await?;
    }
    // A form may have the ACL in a field, and looks itself. What is no ACL is told by the operation.
    let asked = if sets_object_acl(call.operation) { call.header("x-oss-object-acl")? } else { None };
    match (call.existing_bucket(), asked.map(ObjectAcl::parse)) {
        (Some(bucket), Some(Ok(acl))) => {
            let blocked = is_blocked(&call.app, call.owner(), bucket.block_public_access).await?;
            Ok(refuse_public_object(blocked, acl)?)
        }
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

/// Tells an account that asks for a bucket of another's name that it is taken.
fn refuse_taken_name(call: &Call) -> Result<(), Error> {
    let is_account = call.caller.account().is_some_and(|account| call.caller.is_root_of(account));
    if call.operation == Operation::PutBucket && is_account {
        let name = call.bucket_name()?.as_str();
        return Err(Error::new(ErrorCode::BucketAlreadyExists).with_detail("BucketName", name));
    }
    Ok(())
}

/// Lets a caller pass by what ACLs say. What is granted later asks [`write_key`] then.
async fn admit_by_acl(call: &Call) -> Result<(), Failure> {
    match (call.operation.access().grant, call.existing_bucket()) {
        (Grant::Later, _) => Ok(()),
        (_, None) => Err(ErrorCode::AccessDenied.into()),
        (Grant::Nobody, Some(bucket)) => Err(denied(&call.caller, &bucket.owner, None).into()),
        (Grant::ReadBucket, Some(bucket)) => {
            let acl = PublicAccess::of(&call.app, bucket).await?.to_bucket();
            if may_read(&call.caller, acl) {
                Ok(())
            } else {
                Err(denied(&call.caller, &bucket.owner, None).into())
            }
        }
        (Grant::ReadObject, Some(bucket)) => Ok(read_key(
            &call.caller,
            PublicAccess::of(&call.app, bucket).await?,
            object_lookup::find(call).await?.map(Deref::deref),
        )?),
        (Grant::WriteObject, Some(bucket)) => Ok(write_key(
            &call.caller,
            PublicAccess::of(&call.app, bucket).await?,
            object_lookup::find(call).await?.map(Deref::deref),
        )?),
    }
}

/// Lets `caller` read what a key of a bucket with this access has, or says 403 `AccessDenied`.
pub(crate) fn read_key(
    caller: &Caller,
    access: PublicAccess<'_>,
    object: Option<&ObjectFields>,
) -> Result<(), Error> {
    let allowed = caller.is_root_of(access.owner()) || may_read(caller, access.to_key(object));
    if allowed { Ok(()) } else { Err(denied(caller, access.owner(), object)) }
}

/// Lets `caller` write or delete what a key of a bucket with this access has, or says 403 `AccessDenied`. This is the
/// one decision for every operation that puts something in the place of an object or takes it away.
pub(crate) fn write_key(
    caller: &Caller,
    access: PublicAccess<'_>,
    object: Option<&ObjectFields>,
) -> Result<(), Error> {
    let allowed = caller.is_root_of(access.owner()) || access.to_key(object).allows_public_write();
    if allowed { Ok(()) } else { Err(denied(caller, access.owner(), object)) }
}

/// Returns whether an ACL lets the caller read, who is not the owner.
fn may_read(caller: &Caller, acl: BucketAcl) -> bool {
    acl.allows_public_read() || acl == BucketAcl::AuthenticatedRead && caller.identity().is_some()
}

fn denied(caller: &Caller, owner: &str, object: Option<&ObjectFields>) -> Error {
    let error = Error::new(ErrorCode::AccessDenied);
    let own_acl = object.is_some_and(|object| object_acl(object) != ObjectAcl::Default);
    if caller.account().is_some_and(|account| account != owner) {
        error.with_message("The bucket you access does not belong to you.")
    } else if own_acl {
        error.with_message("You have no right to access this object.")
    } else {
        error.with_message("You have no right to access this object because of bucket acl.")
    }
}
