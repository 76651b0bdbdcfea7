//! ACLs between their spelling on the wire and their place in the store, and what blocked public access makes of them.

use ossicle_policy::Policy;
use ossicle_protocol::{BucketAcl, Error, ErrorCode, ObjectAcl};
use ossicle_store::{self as store, AccountDocument, Bucket, ObjectFields, Store};

/// Returns whether public access to a bucket is blocked, whose own setting is `of_bucket`: by that, or for all buckets of its
/// owner.
pub(crate) async fn is_blocked(store: &Store, owner: &str, of_bucket: bool) -> Result<bool, store::Error> {
    Ok(of_bucket || store.account_document(owner, AccountDocument::PublicAccessBlock).await?.is_some())
}

/// Refuses to give everybody a right on a bucket whose public access is blocked, in OSS's words.
pub(crate) fn refuse_public_bucket(blocked: bool, acl: BucketAcl) -> Result<(), Error> {
    if !blocked || !acl.allows_public_read() {
        return Ok(());
    }
    // The detail code of this case is not published.
    Err(Error::new(ErrorCode::AccessDenied).with_message("Put public bucket acl is not allowed").with_ec(""))
}

/// Refuses to give everybody a right on an object of such a bucket.
pub(crate) fn refuse_public_object(blocked: bool, acl: ObjectAcl) -> Result<(), Error> {
    if !blocked || !acl.within(BucketAcl::Private).allows_public_read() {
        return Ok(());
    }
    Err(Error::new(ErrorCode::AccessDenied)
        .with_message("Put public object acl is not allowed")
        .with_ec("0016-00000901"))
}

/// Refuses a policy of such a bucket that gives everybody a right.
pub(crate) fn refuse_public_policy(blocked: bool, policy: &Policy) -> Result<(), Error> {
    if !blocked || !policy.is_public() {
        return Ok(());
    }
    Err(Error::new(ErrorCode::AccessDenied)
        .with_message("Put public bucket policy is not allowed")
        .with_ec(""))
}

/// Returns a bucket's ACL.
pub(crate) fn bucket_acl(bucket: &Bucket) -> BucketAcl {
    match bucket.acl {
        store::Acl::PublicRead => BucketAcl::PublicRead,
        store::Acl::PublicReadWrite => BucketAcl::PublicReadWrite,
        store::Acl::AuthenticatedRead => BucketAcl::AuthenticatedRead,
        store::Acl::Private | store::Acl::Default => BucketAcl::Private,
    }
}

/// Returns an object's own ACL.
pub(crate) fn object_acl(object: &ObjectFields) -> ObjectAcl {
    object_acl_from_store(object.attributes.acl)
}

/// Returns an object's ACL as the wire has it.
pub(crate) fn object_acl_from_store(acl: store::Acl) -> ObjectAcl {
    match acl {
        store::Acl::Default => ObjectAcl::Default,
        // No object is given the latter.
        store::Acl::Private | store::Acl::AuthenticatedRead => ObjectAcl::Private,
        store::Acl::PublicRead => ObjectAcl::PublicRead,
        store::Acl::PublicReadWrite => ObjectAcl::PublicReadWrite,
    }
}

/// Returns a bucket's ACL as the store keeps it.
pub(crate) fn stored_bucket_acl(acl: BucketAcl) -> store::Acl {
    match acl {
        BucketAcl::Private => store::Acl::Private,
        BucketAcl::PublicRead => store::Acl::PublicRead,
        BucketAcl::PublicReadWrite => store::Acl::PublicReadWrite,
        BucketAcl::AuthenticatedRead => store::Acl::AuthenticatedRead,
    }
}

/// Returns an object's ACL as the store keeps it.
pub(crate) fn stored_object_acl(acl: ObjectAcl) -> store::Acl {
    match acl {
        ObjectAcl::Default => store::Acl::Default,
        ObjectAcl::Private => store::Acl::Private,
        ObjectAcl::PublicRead => store::Acl::PublicRead,
        ObjectAcl::PublicReadWrite => store::Acl::PublicReadWrite,
    }
}
