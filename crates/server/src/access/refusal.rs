//! What the client of a denied action is told.

use ossicle_policy::{Access, Acl, Denied, Document, Principal};
use ossicle_protocol::{Error, ErrorCode};

/// OSS's words where a statement denies it, in whichever policy that is.
const BY_POLICY: &str = "Access denied by bucket policy.";
const NOT_YOURS: &str = "The bucket you access does not belong to you.";
const BY_OBJECT_ACL: &str = "You have no right to access this object.";
const BY_BUCKET_ACL: &str = "You have no right to access this object because of bucket acl.";

/// Makes the error in OSS's words. It says neither which statement denied nor what is missing; the log does.
pub(crate) fn of(access: &Access<'_>, denied: &Denied<'_>) -> Error {
    let (message, ec) = match denied {
        Denied::Statement(found) if found.document == Document::Bucket => (BY_POLICY, "0003-00000101"),
        Denied::Statement(_) | Denied::SessionPolicy => (BY_POLICY, "0003-00000201"),
        Denied::Both { .. } => (BY_POLICY, "0003-00000203"),
        Denied::BucketAcl(_) | Denied::ObjectAcl(_) | Denied::PublicAccessBlocked | Denied::NoStatement => {
            return Error::new(ErrorCode::AccessDenied).with_message(by_nothing(access));
        }
    };
    Error::new(ErrorCode::AccessDenied).with_message(message).with_ec(ec)
}

/// Returns the words where nothing allows it.
fn by_nothing(access: &Access<'_>) -> &'static str {
    let account = access.principal.account();
    let is_signed = access.principal != Principal::Anonymous;
    if access.resource.path == "*" {
        "AccessDenied"
    } else if account.is_some_and(|account| account != access.resource.account) {
        NOT_YOURS
    } else if access.acls.object != Acl::Default {
        BY_OBJECT_ACL
    } else if is_signed && access.acls.right.is_none() {
        NOT_YOURS
    } else {
        BY_BUCKET_ACL
    }
}
