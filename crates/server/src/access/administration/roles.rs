//! Roles of an account: who may assume them, and for how long.

use http::Method;
use ossicle_policy::{Policy, PolicyKind};
use ossicle_store::{Error, IdentityKind, PolicyOwnerKind, Role, RoleChange};
use serde::Deserialize;
use serde_json::{Value, json};

use super::policies::{Document, malformed};
use super::{Administration, LONGEST_NAME, Refusal, Request, check_comment, check_name, new_ids};

/// The shortest and the longest time that a role may be assumed for, in seconds.
const SESSION_S: std::ops::RangeInclusive<u32> = 900..=43_200;

/// That time of a role that names none.
const USUAL_SESSION_S: u32 = 3600;

/// A role to make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    trust_policy: Document,
    max_session_s: Option<u32>,
    #[serde(default)]
    comment: String,
}

/// Changes of a role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    trust_policy: Option<Document>,
    max_session_s: Option<u32>,
    comment: Option<String>,
}

impl Administration<'_> {
    pub(super) async fn roles(&self, request: &Request, rest: &[&str]) -> Result<Value, Refusal> {
        let account = self.account_of(request).await?;
        match (&request.method, rest) {
            (_, [name, "policies", rest @ ..]) => {
                self.policies(request, (account, PolicyOwnerKind::Role, name), rest).await
            }
            (&Method::GET, []) => self.list_roles(request, &account).await,
            (&Method::POST, []) => self.create_role(request, account).await,
            (&Method::GET, [name]) => {
                let known = self.store.known_role(&account, name).await?;
                Ok(describe(&known.ok_or(Error::NoSuchIdentity(IdentityKind::Role))?.role))
            }
            (&Method::PATCH, [name]) => self.change_role(request, &account, name).await,
            (&Method::DELETE, [name]) => {
                self.store.delete_role(&account, name).await?;
                Ok(json!({ "deleted": name }))
            }
            _ => Err(Refusal::no_such_path()),
        }
    }

    async fn list_roles(&self, request: &Request, account: &str) -> Result<Value, Refusal> {
        let limit = request.limit();
        let mut roles = self.store.roles(account, &request.parameters.after, limit + 1).await?;
        let has_more = roles.len() > limit;
        roles.truncate(limit);
        let next = roles.last().filter(|_| has_more).map(|role| role.name.clone());
        Ok(json!({ "roles": roles.iter().map(describe).collect::<Vec<_>>(), "next": next }))
    }

    async fn create_role(&self, request: &Request, account: String) -> Result<Value, Refusal> {
        let New { name, trust_policy, max_session_s, comment } = request.body()?;
        check_name(&name, LONGEST_NAME, "-.")?;
        check_comment(&comment)?;
        let role = Role {
            account,
            name,
            id: new_ids::role(),
            created_ms: self.now_ms,
            trust_policy: trusted(trust_policy)?,
            max_session_s: session(max_session_s.unwrap_or(USUAL_SESSION_S))?,
            comment,
            ..Role::default()
        };
        self.store.create_role(role.clone()).await?;
        Ok(describe(&role))
    }

    async fn change_role(&self, request: &Request, account: &str, name: &str) -> Result<Value, Refusal> {
        let Change { trust_policy, max_session_s, comment } = request.body()?;
        comment.as_deref().map(check_comment).transpose()?;
        let change = RoleChange {
            trust_policy: trust_policy.map(trusted).transpose()?,
            max_session_s: max_session_s.map(session).transpose()?,
            comment,
        };
        Ok(describe(&self.store.change_role(account, name, change).await?))
    }
}

/// Checks the document that says who may assume a role.
fn trusted(document: Document) -> Result<Vec<u8>, Refusal> {
    let text = document.into_text();
    Policy::parse(PolicyKind::Trust, &text).map_err(|error| malformed(&error))?;
    Ok(text.into_bytes())
}

fn session(seconds: u32) -> Result<u32, Refusal> {
    if SESSION_S.contains(&seconds) {
        return Ok(seconds);
    }
    let (least, most) = SESSION_S.into_inner();
    Err(Refusal::invalid(format!("max_session_s is {least} to {most}.")))
}

fn describe(role: &Role) -> Value {
    json!({
        "account": role.account,
        "name": role.name,
        "id": role.id,
        "arn": format!("acs:ram::{}:role/{}", role.account, role.name),
        "trust_policy": String::from_utf8_lossy(&role.trust_policy),
        "max_session_s": role.max_session_s,
        "created_ms": role.created_ms,
        "comment": role.comment,
    })
}
