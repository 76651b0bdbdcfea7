//! Policies of users and roles.

use http::{Method, StatusCode};
use ossicle_policy::{Policy, PolicyError, PolicyKind};
use ossicle_store::{AttachedPolicy, Error, IdentityKind, PolicyOwner, PolicyOwnerKind};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Administration, Refusal, Request, check_name};

/// The longest name of a policy.
const LONGEST_POLICY_NAME: usize = 128;

/// A policy document: JSON, or its text, which is kept as it is.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Document {
    Text(String),
    Json(serde_json::Map<String, Value>),
}

impl Document {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Json(json) => Value::Object(json).to_string(),
        }
    }
}

/// A policy to attach.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    document: Document,
}

impl Administration<'_> {
    pub(super) async fn policies(
        &self,
        request: &Request,
        (account, kind, name): (String, PolicyOwnerKind, &str),
        rest: &[&str],
    ) -> Result<Value, Refusal> {
        let owner = PolicyOwner { account, kind, name: name.to_owned() };
        match (&request.method, rest) {
            (&Method::GET, []) => {
                let policies = self.policies_of(&owner).await?;
                Ok(json!({ "policies": policies.iter().map(describe).collect::<Vec<_>>() }))
            }
            (&Method::GET, [policy]) => {
                let policies = self.policies_of(&owner).await?;
                let found = policies.iter().find(|found| found.name == *policy);
                Ok(describe(found.ok_or(Error::NoSuchIdentity(IdentityKind::Policy))?))
            }
            (&Method::PUT, [policy]) => {
                check_name(policy, LONGEST_POLICY_NAME, "-")?;
                let text = request.body::<New>()?.document.into_text();
                Policy::parse(PolicyKind::Ram, &text).map_err(|error| malformed(&error))?;
                let put = self.store.put_policy(owner, policy, text.into_bytes(), self.now_ms).await?;
                Ok(describe(&put))
            }
            (&Method::DELETE, [policy]) => {
                self.store.delete_policy(owner, policy).await?;
                Ok(json!({ "deleted": policy }))
            }
            _ => Err(Refusal::no_such_path()),
        }
    }

    async fn policies_of(&self, owner: &PolicyOwner) -> Result<Vec<AttachedPolicy>, Refusal> {
        let PolicyOwner { account, kind, name } = owner;
        let (exists, kind) = match kind {
            PolicyOwnerKind::User => (self.store.user(account, name).await?.is_some(), IdentityKind::User),
            PolicyOwnerKind::Role => {
                (self.store.known_role(account, name).await?.is_some(), IdentityKind::Role)
            }
        };
        if !exists {
            return Err(Error::NoSuchIdentity(kind).into());
        }
        Ok(self.store.policies(owner.clone()).await?)
    }
}

/// Returns the refusal of a document that cannot be used.
pub(super) fn malformed(error: &PolicyError) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "MalformedPolicyDocument", error.to_string())
}

fn describe(policy: &AttachedPolicy) -> Value {
    json!({
        "name": policy.name,
        "document": String::from_utf8_lossy(&policy.document),
        "created_ms": policy.created_ms,
        "updated_ms": policy.updated_ms,
    })
}
