//! What a caller may do: the owner everything, anybody else what bucket and object ACLs say.

use std::ops::Deref;

use ossicle_protocol::{Error, ErrorCode, Grant, ObjectAcl, Operation};
use ossicle_store::ObjectFields;

use crate::access::acl::{PublicAccess, is_blocked, object_acl, refuse_public_object};
use crate::access::auth::Caller;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::object_lookup;

/// Lets the call pass, or says 403 `AccessDenied`.
pub(crate) async fn authorize(call: &Call) -> Result<(), Failure> {
    if !call.caller.is_owner() {
        admit_public(call).await?;
    }
    // A form may have the ACL in a field, and looks itself. What is no ACL is told by the operation.
    let asked = if sets_object_acl(call.operation) { call.header("x-oss-object-acl")? } else { None };
    match (call.existing_bucket(), asked.map(ObjectAcl::parse)) {
        (Some(bucket), Some(Ok(acl))) => {
            let blocked = is_blocked(&call.app, bucket.block_public_access).await?;
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

/// Lets a caller pass that nothing is known of. What is granted later asks [`write_key`] then.
async fn admit_public(call: &Call) -> Result<(), Failure> {
    let denied = || Failure::from(denied(&call.caller, None));
    match (call.operation.access().grant, call.existing_bucket()) {
        (Grant::Later, _) => Ok(()),
        (Grant::Nobody, _) | (_, None) => Err(denied()),
        (Grant::ReadBucket, Some(bucket)) => {
            let allowed = PublicAccess::of(&call.app, bucket).await?.to_bucket().allows_public_read();
            if allowed { Ok(()) } else { Err(denied()) }
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
