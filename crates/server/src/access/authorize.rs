//! What a caller may do. Every action of a call is decided by policies, ownership and ACLs, which is `ossicle-policy`'s; here
//! is what it is decided on.

use std::ops::Deref;

use ossicle_policy::{Access, Acl, Acls, Key, Policy, Principal, Resource, Right, Verdict, decide};
use ossicle_protocol::{BucketAcl, BucketTags, Error, ErrorCode, Grant, ObjectAcl, Operation, Tags};
use ossicle_store::ObjectFields;

use crate::access::acl::{bucket_acl, is_blocked, object_acl, refuse_public_object};
use crate::access::context::{Brought, CallContext};
use crate::access::identity::Identity;
use crate::access::refusal;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::kept;
use crate::oss::object_lookup;
use crate::oss::settings::BucketSettings;
use crate::oss::tags::{self, Directive};

/// What it takes to give tags to an object that is made.
pub(crate) const PUT_OBJECT_TAGGING: &str = "oss:PutObjectTagging";

/// An action that needs a right: on the account, on a bucket, or on a key in it.
#[derive(Clone, Copy)]
pub(crate) struct Needed<'a> {
    /// The action, as policies name it.
    pub(crate) action: &'static str,
    /// The right by which an ACL allows it.
    pub(crate) right: Option<Right>,
    /// The bucket, where it exists.
    pub(crate) settings: Option<&'a BucketSettings>,
    /// The key, where it is done to an object.
    pub(crate) key: Option<&'a str>,
    /// The object at the key.
    pub(crate) object: ObjectAt<'a>,
    /// What the object is to have.
    pub(crate) brought: &'a Brought<'a>,
}

impl<'a> Needed<'a> {
    /// Returns what the call's operation needs on its target.
    pub(crate) fn of_call(call: &'a Call, brought: &'a Brought<'a>) -> Self {
        Self {
            action: action_of(call),
            right: right_of(call.operation.access().grant),
            settings: call.settings.as_deref(),
            key: call.target.key().map(|key| key.as_str()),
            object: ObjectAt::OfCall,
            brought,
        }
    }
}

/// The object that an action is done to.
#[derive(Clone, Copy)]
pub(crate) enum ObjectAt<'a> {
    /// The call's own, which is looked up where the decision depends on it.
    OfCall,
    /// This one, or none at this key.
    Known(Option<&'a ObjectFields>),
}

/// Lets the call pass, or says 403 `AccessDenied`. What is granted later asks [`demand`] then.
pub(crate) async fn authorize(call: &Call) -> Result<(), Failure> {
    let grant = call.operation.access().grant;
    if grant != Grant::Later && !is_free(call, call.settings.as_deref()) {
        refuse_taken_name(call)?;
        let brought = Brought { acl: acl_header(call)?, tags: tags_header(call)? };
        let needed = Needed::of_call(call, &brought);
        demand(call, &needed).await?;
        if !brought.tags.is_empty() {
            demand(call, &Needed { action: PUT_OBJECT_TAGGING, ..needed }).await?;
        }
    }
    refuse_public_acl(call).await
}

/// Lets the caller do another action on the call's target than that of its operation, or says 403 `AccessDenied`.
pub(crate) async fn demand_also(call: &Call, action: &'static str) -> Result<(), Failure> {
    demand(call, &Needed { action, right: None, ..Needed::of_call(call, &Brought::default()) }).await
}

/// Lets the caller do an action, or says 403 `AccessDenied`.
pub(crate) async fn demand(call: &Call, needed: &Needed<'_>) -> Result<(), Failure> {
    if is_free(call, needed.settings) {
        return Ok(());
    }
    let is_asked =
        |is_meant: fn(&Key) -> bool| policies(call, needed).any(|policy| policy.asks_for(is_meant));
    let depends_on_object =
        needed.right.is_some() || is_asked(|key| matches!(key, Key::ExistingObjectTag(_)));
    let object = match needed.object {
        ObjectAt::Known(object) => object,
        ObjectAt::OfCall if depends_on_object && needed.key.is_some() => {
            object_lookup::find(call).await?.map(Deref::deref)
        }
        ObjectAt::OfCall => None,
    };
    let bucket = needed.settings.map(BucketSettings::bucket);
    let bucket_tags = match bucket {
        Some(bucket) if is_asked(|key| matches!(key, Key::BucketTag(_))) => {
            kept::read::<BucketTags>(&call.app.store, &bucket.name).await?
        }
        _ => None,
    };
    let blocked = needed.settings.is_some_and(BucketSettings::blocks_public_access);
    let object_tags = object.map(|object| tags::of_object(&object.attributes)).unwrap_or_default();
    let context =
        CallContext { call, action: needed.action, brought: needed.brought, object_tags, bucket_tags };
    let acls = Acls {
        right: needed.right,
        bucket: bucket.map_or(Acl::Private, |bucket| acl_of_bucket(bucket_acl(bucket))),
        object: object.map_or(Acl::Default, |object| acl_of_object(object_acl(object))),
    };
    decide_on(call, needed, &context, acls, blocked)
}

/// Decides, and tells the log why not.
fn decide_on(
    call: &Call,
    needed: &Needed<'_>,
    context: &CallContext<'_>,
    acls: Acls,
    public_access_blocked: bool,
) -> Result<(), Failure> {
    let (path, identity) = (path_of(call, needed), call.caller.identity());
    let access = Access {
        principal: identity.map_or(Principal::Anonymous, Identity::principal),
        action: needed.action,
        resource: Resource {
            service: "oss",
            region: &call.app.config.server.region,
            account: owner_of(call, needed.settings),
            path: &path,
        },
        context,
        ram_policies: ram_policies(call),
        session_policy: identity.and_then(|identity| identity.session_policy.as_ref()),
        bucket_policy: needed.settings.and_then(BucketSettings::policy),
        acls,
        public_access_blocked,
    };
    match decide(&access) {
        Verdict::Allowed(_) => Ok(()),
        Verdict::Denied(denied) => {
            tracing::debug!("{} on {path:?} is denied: {denied}", needed.action);
            Err(refusal::of(&access, &denied, identity, &call.app.master_key).into())
        }
    }
}

/// Returns whether there is nothing to decide: an account's own access key may do everything with what the account owns, unless
/// a bucket policy says otherwise.
pub(crate) fn is_free(call: &Call, settings: Option<&BucketSettings>) -> bool {
    call.caller.is_root_of(owner_of(call, settings)) && settings.and_then(BucketSettings::policy).is_none()
}

/// Returns the account that owns the bucket, or what is about none.
fn owner_of<'a>(call: &'a Call, settings: Option<&'a BucketSettings>) -> &'a str {
    settings.map_or_else(|| call.owner(), |settings| settings.bucket().owner.as_str())
}

/// Returns the policies that are asked.
fn policies<'a>(call: &'a Call, needed: &Needed<'a>) -> impl Iterator<Item = &'a Policy> {
    let of_session = call.caller.identity().and_then(|identity| identity.session_policy.as_ref());
    ram_policies(call).iter().chain(of_session).chain(needed.settings.and_then(BucketSettings::policy))
}

fn ram_policies(call: &Call) -> &[Policy] {
    call.caller.identity().map(|identity| &*identity.policies).unwrap_or_default()
}

/// Tells an account that asks for a bucket of another's name that it is taken.
fn refuse_taken_name(call: &Call) -> Result<(), Error> {
    let is_account = call.caller.account().is_some_and(|account| call.caller.is_root_of(account));
    let is_another = !call.is_by_owner();
    if call.operation == Operation::PutBucket && is_account && is_another {
        let name = call.bucket_name()?.as_str();
        return Err(Error::new(ErrorCode::BucketAlreadyExists).with_detail("BucketName", name));
    }
    Ok(())
}

/// Returns `bucket`, `bucket/key`, or `*` for the account.
fn path_of(call: &Call, needed: &Needed<'_>) -> String {
    let bucket = needed.settings.map(|settings| settings.bucket().name.as_str());
    // A bucket that is made does not exist yet.
    let bucket = bucket.or_else(|| call.target.bucket().map(|name| name.as_str()));
    match (bucket, needed.key) {
        (None, _) => "*".to_owned(),
        (Some(bucket), None) => bucket.to_owned(),
        (Some(bucket), Some(key)) => format!("{bucket}/{key}"),
    }
}

/// Returns the action of the call, which is another one where it names a version.
fn action_of(call: &Call) -> &'static str {
    let action = call.operation.access().action;
    let names_version = call.query.get("versionId").is_some_and(|id| !id.is_empty());
    let of_version = OF_VERSIONS.iter().find(|(current, _)| names_version && *current == action);
    of_version.map_or(action, |(_, version)| version)
}

/// Actions, with those on a version that is named.
const OF_VERSIONS: [(&str, &str); 8] = [
    ("oss:GetObject", "oss:GetObjectVersion"),
    ("oss:DeleteObject", "oss:DeleteObjectVersion"),
    ("oss:GetObjectAcl", "oss:GetObjectVersionAcl"),
    ("oss:PutObjectAcl", "oss:PutObjectVersionAcl"),
    ("oss:RestoreObject", "oss:RestoreObjectVersion"),
    ("oss:GetObjectTagging", "oss:GetObjectVersionTagging"),
    ("oss:PutObjectTagging", "oss:PutObjectVersionTagging"),
    ("oss:DeleteObjectTagging", "oss:DeleteObjectVersionTagging"),
];

/// Returns the right of an ACL by which an operation with this grant is allowed.
pub(crate) fn right_of(grant: Grant) -> Option<Right> {
    match grant {
        Grant::ReadBucket | Grant::ReadObject => Some(Right::Read),
        Grant::WriteObject => Some(Right::Write),
        Grant::Nobody | Grant::Later => None,
    }
}

/// Returns a bucket's ACL as decisions know it.
pub(crate) fn acl_of_bucket(acl: BucketAcl) -> Acl {
    match acl {
        BucketAcl::Private => Acl::Private,
        BucketAcl::PublicRead => Acl::PublicRead,
        BucketAcl::PublicReadWrite => Acl::PublicReadWrite,
        BucketAcl::AuthenticatedRead => Acl::AuthenticatedRead,
    }
}

/// Returns an object's ACL as decisions know it.
pub(crate) fn acl_of_object(acl: ObjectAcl) -> Acl {
    match acl {
        ObjectAcl::Default => Acl::Default,
        ObjectAcl::Private => Acl::Private,
        ObjectAcl::PublicRead => Acl::PublicRead,
        ObjectAcl::PublicReadWrite => Acl::PublicReadWrite,
    }
}

/// Refuses an ACL that gives everybody a right while public access is blocked. A form may have the ACL in a field, and looks
/// itself. What is no ACL is told by the operation.
async fn refuse_public_acl(call: &Call) -> Result<(), Failure> {
    match (call.existing_bucket(), acl_header(call)?.map(ObjectAcl::parse)) {
        (Some(bucket), Some(Ok(acl))) => {
            let blocked = is_blocked(&call.app.store, call.owner(), bucket.block_public_access).await?;
            Ok(refuse_public_object(blocked, acl)?)
        }
        _ => Ok(()),
    }
}

/// Returns the ACL that the call's headers ask for.
fn acl_header(call: &Call) -> Result<Option<&str>, Error> {
    use Operation::{
        AppendObject, CompleteMultipartUpload, CopyObject, InitiateMultipartUpload, PutObject, PutObjectAcl,
        PutSymlink,
    };
    match call.operation {
        PutObject
        | CopyObject
        | AppendObject
        | InitiateMultipartUpload
        | CompleteMultipartUpload
        | PutObjectAcl
        | PutSymlink => call.header("x-oss-object-acl"),
        _ => Ok(None),
    }
}

/// Returns the tags that the call's headers give. What is no list of tags is told by the operation.
fn tags_header(call: &Call) -> Result<Tags, Error> {
    use Operation::{AppendObject, CopyObject, InitiateMultipartUpload, PutObject, PutSymlink};
    let acts = match call.operation {
        PutObject | AppendObject | InitiateMultipartUpload | PutSymlink => true,
        CopyObject => Directive::of(call)? == Directive::Replace,
        _ => false,
    };
    let given = if acts { call.header("x-oss-tagging")? } else { None };
    Ok(given.and_then(|text| Tags::from_header(text).ok()).unwrap_or_default())
}
