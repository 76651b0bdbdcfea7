//! What the client of a denied action is told.

use ossicle_policy::{Access, Acl, Denied, Document, Principal};
use ossicle_protocol::{Error, ErrorCode};

use super::diagnosis;
use super::identity::{Identity, IdentityKind};
use super::master_key::MasterKey;

/// OSS's words where a statement denies it, in whichever policy that is.
const BY_POLICY: &str = "Access denied by bucket policy.";
const NOT_YOURS: &str = "The bucket you access does not belong to you.";
const BY_OBJECT_ACL: &str = "You have no right to access this object.";
const BY_BUCKET_ACL: &str = "You have no right to access this object because of bucket acl.";

/// Makes the error in OSS's words. It says neither which statement denied nor what is missing: the log
/// does, and a sealed message.
pub(crate) fn of(
    access: &Access<'_>,
    denied: &Denied<'_>,
    identity: Option<&Identity>,
    master: &MasterKey,
) -> Error {
    let error = Error::new(ErrorCode::AccessDenied);
    let error = match denied {
        Denied::Statement(found) if found.document == Document::Bucket => {
            error.with_message(BY_POLICY).with_ec("0003-00000101")
        }
        Denied::Statement(_) | Denied::SessionPolicy => {
            error.with_message(BY_POLICY).with_ec("0003-00000201")
        }
        Denied::Both { .. } => error.with_message(BY_POLICY).with_ec("0003-00000203"),
        Denied::BucketAcl(_) | Denied::ObjectAcl(_) | Denied::PublicAccessBlocked | Denied::NoStatement => {
            error.with_message(by_nothing(access))
        }
    };
    match identity.and_then(|identity| detail(access.action, denied, identity)) {
        Some(detail) => {
            let sealed = diagnosis::encode(master, access, denied, &detail);
            let sealed = sealed.map(|message| ("EncodedDiagnosticMessage", message));
            error.with_group("AccessDeniedDetail", detail.into_iter().chain(sealed))
        }
        None => error,
    }
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

/// Returns what users and role sessions are told of the policies of their own that deny something, or lack it.
fn detail(action: &str, denied: &Denied<'_>, identity: &Identity) -> Option<[(&'static str, String); 6]> {
    let (kind, name) = match &identity.kind {
        IdentityKind::Root => return None,
        IdentityKind::User { id, .. } => ("SubUser", id.clone()),
        IdentityKind::RoleSession { role, session, .. } => {
            ("AssumedRoleUser", format!("{}:{session}", role.id))
        }
    };
    let (policy, effect) = match denied {
        Denied::Statement(found) => match found.document {
            Document::Bucket | Document::Trust => return None,
            Document::Session => ("SessionPolicy", "ExplicitDeny"),
            Document::Ram(_) => ("AccountLevelIdentityBasedPolicy", "ExplicitDeny"),
        },
        Denied::Both { .. } => ("AccountLevelIdentityBasedPolicy", "ExplicitDeny"),
        Denied::SessionPolicy => ("SessionPolicy", "ImplicitDeny"),
        Denied::BucketAcl(_) | Denied::ObjectAcl(_) | Denied::PublicAccessBlocked | Denied::NoStatement => {
            ("AccountLevelIdentityBasedPolicy", "ImplicitDeny")
        }
    };
    Some([
        ("PolicyType", policy.to_owned()),
        ("AuthPrincipalOwnerId", identity.account.to_string()),
        ("AuthPrincipalType", kind.to_owned()),
        ("AuthPrincipalDisplayName", name),
        ("NoPermissionType", effect.to_owned()),
        ("AuthAction", action.to_owned()),
    ])
}
