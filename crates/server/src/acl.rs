//! ACLs between their spelling on the wire and their place in the store.

use ossicle_protocol::{BucketAcl, Error, ObjectAcl};
use ossicle_store::{self as store, Bucket, ObjectFields};

use crate::call::Call;

/// A bucket's ACL.
pub(crate) fn bucket_acl(bucket: &Bucket) -> BucketAcl {
    match bucket.acl {
        store::Acl::PublicRead => BucketAcl::PublicRead,
        store::Acl::PublicReadWrite => BucketAcl::PublicReadWrite,
        store::Acl::Private | store::Acl::Default => BucketAcl::Private,
    }
}

/// An object's own ACL.
pub(crate) fn object_acl(object: &ObjectFields) -> ObjectAcl {
    match object.attributes.acl {
        store::Acl::Default => ObjectAcl::Default,
        store::Acl::Private => ObjectAcl::Private,
        store::Acl::PublicRead => ObjectAcl::PublicRead,
        store::Acl::PublicReadWrite => ObjectAcl::PublicReadWrite,
    }
}

/// A bucket ACL as the store keeps it.
pub(crate) fn stored_bucket_acl(acl: BucketAcl) -> store::Acl {
    match acl {
        BucketAcl::Private => store::Acl::Private,
        BucketAcl::PublicRead => store::Acl::PublicRead,
        BucketAcl::PublicReadWrite => store::Acl::PublicReadWrite,
    }
}

/// An object ACL as the store keeps it.
pub(crate) fn stored_object_acl(acl: ObjectAcl) -> store::Acl {
    match acl {
        ObjectAcl::Default => store::Acl::Default,
        ObjectAcl::Private => store::Acl::Private,
        ObjectAcl::PublicRead => store::Acl::PublicRead,
        ObjectAcl::PublicReadWrite => store::Acl::PublicReadWrite,
    }
}

/// The ACL that a request asks for, as the store keeps it.
pub(crate) fn requested_object_acl(call: &Call) -> Result<Option<store::Acl>, Error> {
    let acl = call.header("x-oss-object-acl")?.map(ObjectAcl::parse).transpose()?;
    Ok(acl.map(stored_object_acl))
}
