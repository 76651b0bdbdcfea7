//! AssumeRole: whether the caller may have a session of the role, and the credentials of the session.

use std::sync::Arc;

use ossicle_policy::{
    Context, Key, Policy, PolicyKind, Request as Asked, Resource, Value, Verdict, decide_assume_role,
};
use ossicle_protocol::Timestamp;
use ossicle_protocol::sts::{self, AssumeRole, Fault, FaultCode};

use super::internal_error::internal;
use crate::access::directory::KnownRole;
use crate::access::identity::{Identity, IdentityKind};
use crate::access::token::{self, AssumedRole, MAX_ROLES, RoleSession};
use crate::app::App;
use crate::oss::request::Request;

/// The action that policies name.
const ACTION: &str = "sts:AssumeRole";
/// The condition key that a trust policy compares with `ExternalId`.
const EXTERNAL_ID: &str = "sts:externalid";

/// Makes a session of a role for a caller who may have one.
pub(super) async fn assume_role(
    app: &App,
    request: &Request,
    caller: &Identity,
    asked: &AssumeRole,
) -> Result<sts::AssumedRole, Fault> {
    if caller.kind == IdentityKind::Root {
        let message = "Roles may not be assumed by root accounts.";
        return Err(Fault::with_message(FaultCode::NoPermission, message));
    }
    if let Some(policy) = &asked.policy {
        Policy::parse(PolicyKind::Session, policy).map_err(|error| {
            let message = format!("{} {error}", Fault::new(FaultCode::InvalidPolicyGrammar).message());
            Fault::with_message(FaultCode::InvalidPolicyGrammar, &message)
        })?;
    }
    let directory = app.credentials.directory();
    let (account, name) = (asked.role.account(), asked.role.name());
    let role = directory.role((&app.store).into(), account, name).await.map_err(|error| internal(&error))?;
    let role = role.ok_or_else(|| {
        let message = format!("The role not exists: {}.", asked.role);
        Fault::with_message(FaultCode::RoleNotFound, &message)
    })?;
    authorize(request, caller, asked, &role)?;
    let session = new_session(request.now, caller, asked, &role)?;
    let security_token = session.seal(directory.master_key()).map_err(|error| internal(&error))?;
    tracing::info!(
        role = %asked.role, session = session.session_name, by = caller.access_key_id,
        access_key_id = session.access_key_id, "a role was assumed"
    );
    Ok(sts::AssumedRole {
        arn: format!("{}/{}", asked.role, session.session_name),
        assumed_role_id: format!("{}:{}", role.id, session.session_name),
        access_key_id: session.access_key_id,
        access_key_secret: session.secret,
        security_token,
        expiration: session.expires,
    })
}

/// Asks the caller's policies and the role's trust policy, both of which must allow it.
fn authorize(
    request: &Request,
    caller: &Identity,
    asked: &AssumeRole,
    role: &Arc<KnownRole>,
) -> Result<(), Fault> {
    let path = format!("role/{}", asked.role.name());
    let context = Conditions { request, caller, external_id: asked.external_id.as_deref() };
    let question = Asked {
        principal: caller.principal(),
        action: ACTION,
        resource: Resource {
            service: "ram",
            // Roles are in no region: policies name them by their ARN, or with `*` for the region.
            region: "",
            account: asked.role.account(),
            path: &path,
        },
        context: &context,
    };
    let verdict =
        decide_assume_role(&question, &caller.policies, caller.session_policy.as_ref(), &role.trust);
    match verdict {
        Verdict::Allowed(_) => Ok(()),
        Verdict::Denied(_) => {
            tracing::info!(role = %asked.role, by = caller.access_key_id, reason = %verdict, "a role was refused");
            Err(FaultCode::NoPermission.into())
        }
    }
}

fn new_session(
    now: Timestamp,
    caller: &Identity,
    asked: &AssumeRole,
    role: &KnownRole,
) -> Result<RoleSession, Fault> {
    let (mut roles, issued_to) = match &caller.kind {
        IdentityKind::RoleSession { role, origin, .. } => {
            (origin.roles.iter().chain([role]).cloned().collect(), origin.issued_to.clone())
        }
        IdentityKind::Root | IdentityKind::User { .. } => (Vec::new(), caller.access_key_id.clone()),
    };
    if roles.len() >= MAX_ROLES {
        let message = format!("No more than {MAX_ROLES} roles are assumed one by means of the other.");
        return Err(Fault::with_message(FaultCode::NoPermission, &message));
    }
    roles.push(AssumedRole {
        account: asked.role.account().to_owned(),
        name: asked.role.name().to_owned(),
        id: role.id.clone(),
    });
    let seconds = asked.duration(role.max_session_s)?;
    let (access_key_id, secret) = token::new_key();
    Ok(RoleSession {
        access_key_id,
        secret,
        roles,
        session_name: asked.session_name.clone(),
        issued_to,
        issued: now,
        expires: Timestamp::from_unix_seconds(now.unix_seconds() + i64::from(seconds)),
        policy: asked.policy.clone(),
    })
}

/// The values of condition keys of a request to STS.
struct Conditions<'a> {
    request: &'a Request,
    caller: &'a Identity,
    external_id: Option<&'a str>,
}

impl Context for Conditions<'_> {
    fn value(&self, key: &Key) -> Option<Value<'_>> {
        let header = |name| self.request.head.headers.get(name).and_then(|value| value.to_str().ok());
        match key {
            Key::SourceIp => Some(Value::Address(self.request.client.ip)),
            Key::CurrentTime => Some(Value::Time(self.request.now.unix_seconds())),
            Key::SecureTransport => Some(Value::Flag(self.request.scheme == "https")),
            // Access keys know no second factor.
            Key::MfaPresent => Some(Value::Flag(false)),
            Key::UserAgent => header("user-agent").map(Value::from),
            Key::AccessId => Some(Value::from(self.caller.access_key_id.as_str())),
            Key::Other(name) if name.eq_ignore_ascii_case(EXTERNAL_ID) => self.external_id.map(Value::from),
            _ => None,
        }
    }
}
