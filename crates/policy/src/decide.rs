//! The whole decision on one action, in the order of OSS's manual: the session policy must allow it; then what RAM policies
//! and bucket policy say is put together, where an explicit denial wins and one permission suffices; the owner of a bucket
//! may do what is not denied; and what is left is asked of the ACLs, where the operation is one on data.

use std::fmt;

use crate::context::Context;
use crate::found::Found;
use crate::policy::{Decision, Policy};
use crate::principal::Principal;
use crate::request::Request;
use crate::resource::Resource;

/// What a decision is made of.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// Who asks.
    pub principal: Principal<'a>,
    /// The action, as `oss:GetObject`.
    pub action: &'a str,
    /// What it is done to. Its account is the owner of the bucket, or, where there is no bucket, the account that asks.
    pub resource: Resource<'a>,
    /// The values of condition keys.
    pub context: &'a dyn Context,
    /// The policies of the user or role.
    pub ram_policies: &'a [Policy],
    /// The policy that a role session was given when it began.
    pub session_policy: Option<&'a Policy>,
    /// The policy of the bucket.
    pub bucket_policy: Option<&'a Policy>,
    /// What ACLs say.
    pub acls: Acls,
    /// Whether public access to the bucket is blocked.
    pub public_access_blocked: bool,
}

/// Who may use a bucket or an object beside its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Acl {
    /// Whoever the bucket's ACL says; for objects alone.
    #[default]
    Default,
    /// Nobody.
    Private,
    /// Everybody may read.
    PublicRead,
    /// Everybody may read and write.
    PublicReadWrite,
    /// Everybody who signs may read.
    AuthenticatedRead,
}

/// A right that an ACL can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// To read data, or to list it.
    Read,
    /// To write data.
    Write,
}

/// What ACLs say about an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Acls {
    /// The right that it takes, if an ACL can give it.
    pub right: Option<Right>,
    /// The bucket's ACL.
    pub bucket: Acl,
    /// The object's.
    pub object: Acl,
}

/// The outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// The action may be done.
    Allowed(Allowed<'a>),
    /// It may not.
    Denied(Denied<'a>),
}

/// By what an action is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed<'a> {
    /// The account owns it.
    Owner,
    /// A statement.
    Statement(Found<'a>),
    /// The bucket's ACL.
    BucketAcl(Acl),
    /// The object's ACL.
    ObjectAcl(Acl),
}

/// Why an action is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied<'a> {
    /// By a statement.
    Statement(Found<'a>),
    /// By a statement of a RAM policy and one of the bucket policy.
    Both {
        /// The statement of the RAM policy.
        ram: Found<'a>,
        /// The statement of the bucket policy.
        bucket: Found<'a>,
    },
    /// No statement of the session policy allows it.
    SessionPolicy,
    /// The bucket's ACL does not allow it, nor does a statement.
    BucketAcl(Acl),
    /// The object's ACL does not allow it, nor does a statement.
    ObjectAcl(Acl),
    /// An ACL would allow it, but public access is blocked.
    PublicAccessBlocked,
    /// No statement allows it, and no ACL can.
    NoStatement,
}

/// What the owner of a bucket may always do, so that no bucket policy shuts everybody out for good.
const OWNER_KEEPS: [&str; 4] =
    ["oss:PutBucketPolicy", "oss:GetBucketPolicy", "oss:DeleteBucketPolicy", "oss:GetBucketPolicyStatus"];

/// Decides on one action.
#[must_use]
pub fn decide<'a>(access: &Access<'a>) -> Verdict<'a> {
    let request = Request {
        principal: access.principal,
        action: access.action,
        resource: access.resource,
        context: access.context,
    };
    match access.session_policy.map(|policy| policy.evaluate(&request)) {
        None | Some(Decision::Allow(_)) => {}
        Some(Decision::ExplicitDeny(found)) => return Verdict::Denied(Denied::Statement(found)),
        Some(Decision::ImplicitDeny) => return Verdict::Denied(Denied::SessionPolicy),
    }
    match (by_ram(access, &request), by_bucket_policy(access, &request)) {
        (Decision::ExplicitDeny(ram), Decision::ExplicitDeny(bucket)) => {
            Verdict::Denied(Denied::Both { ram, bucket })
        }
        (Decision::ExplicitDeny(found), _) | (_, Decision::ExplicitDeny(found)) => {
            Verdict::Denied(Denied::Statement(found))
        }
        (Decision::Allow(found), _) | (_, Decision::Allow(found)) => {
            Verdict::Allowed(Allowed::Statement(found))
        }
        (Decision::ImplicitDeny, Decision::ImplicitDeny) => by_owner_and_acls(access),
    }
}

/// Evaluates the policies of the user or role. They give no right to what another account owns; that is its to give. What
/// they deny they deny there, too.
fn by_ram<'a>(access: &Access<'a>, request: &Request<'_>) -> Decision<'a> {
    let is_ram = matches!(access.principal, Principal::User { .. } | Principal::RoleSession { .. });
    if !is_ram {
        return Decision::ImplicitDeny;
    }
    let is_own = access.principal.account() == Some(access.resource.account);
    let mut allowed = Decision::ImplicitDeny;
    for policy in access.ram_policies {
        match policy.evaluate(request) {
            Decision::ExplicitDeny(found) => return Decision::ExplicitDeny(found),
            Decision::Allow(found) if is_own && allowed == Decision::ImplicitDeny => {
                allowed = Decision::Allow(found);
            }
            Decision::Allow(_) | Decision::ImplicitDeny => {}
        }
    }
    allowed
}

fn by_bucket_policy<'a>(access: &Access<'a>, request: &Request<'_>) -> Decision<'a> {
    let Some(policy) = access.bucket_policy else { return Decision::ImplicitDeny };
    if access.principal.is_account(access.resource.account) && OWNER_KEEPS.contains(&access.action) {
        return Decision::ImplicitDeny;
    }
    if access.public_access_blocked {
        policy.evaluate_without_public(request)
    } else {
        policy.evaluate(request)
    }
}

/// Decides what no statement decided.
fn by_owner_and_acls<'a>(access: &Access<'a>) -> Verdict<'a> {
    if access.principal.is_account(access.resource.account) {
        return Verdict::Allowed(Allowed::Owner);
    }
    let Acls { right: Some(right), bucket, object } = access.acls else {
        return Verdict::Denied(Denied::NoStatement);
    };
    let acl = if object == Acl::Default { bucket } else { object };
    let is_signed = access.principal != Principal::Anonymous;
    match (acl.gives(right, is_signed), object == Acl::Default) {
        (true, _) if access.public_access_blocked => Verdict::Denied(Denied::PublicAccessBlocked),
        (true, true) => Verdict::Allowed(Allowed::BucketAcl(acl)),
        (true, false) => Verdict::Allowed(Allowed::ObjectAcl(acl)),
        (false, true) => Verdict::Denied(Denied::BucketAcl(acl)),
        (false, false) => Verdict::Denied(Denied::ObjectAcl(acl)),
    }
}

impl Acl {
    fn gives(self, right: Right, is_signed: bool) -> bool {
        match self {
            Self::Default | Self::Private => false,
            Self::PublicRead => right == Right::Read,
            Self::PublicReadWrite => true,
            Self::AuthenticatedRead => right == Right::Read && is_signed,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
            Self::AuthenticatedRead => "authenticated-read",
        }
    }
}

impl Verdict<'_> {
    /// Returns whether the action may be done.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

impl fmt::Display for Verdict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed(allowed) => allowed.fmt(f),
            Self::Denied(denied) => denied.fmt(f),
        }
    }
}

impl fmt::Display for Allowed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner => f.write_str("the account owns it"),
            Self::Statement(found) => found.fmt(f),
            Self::BucketAcl(acl) => write!(f, "the bucket's ACL {}", acl.name()),
            Self::ObjectAcl(acl) => write!(f, "the object's ACL {}", acl.name()),
        }
    }
}

impl fmt::Display for Denied<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statement(found) => found.fmt(f),
            Self::Both { ram, bucket } => write!(f, "{ram} and {bucket}"),
            Self::SessionPolicy => f.write_str("no statement of the session policy allows it"),
            Self::BucketAcl(acl) => write!(f, "the bucket's ACL {}", acl.name()),
            Self::ObjectAcl(acl) => write!(f, "the object's ACL {}", acl.name()),
            Self::PublicAccessBlocked => f.write_str("public access is blocked"),
            Self::NoStatement => f.write_str("no statement allows it"),
        }
    }
}
