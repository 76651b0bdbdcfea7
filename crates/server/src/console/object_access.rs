//! Who can use an object: what its bucket's owner, the policies and the ACLs come to for everybody, and for each account, user
//! and role. The decision is the one that requests meet, without what only a request has: an address, a page, a time of day it
//! is sent at.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use ossicle_policy::{
    Access, Acls, Context, Key, Policy, Principal, Resource, Right, Value as ContextValue, decide,
};
use ossicle_protocol::{BucketTags, Tags};
use ossicle_store::{IdentityStatus, Object, PolicyOwner, PolicyOwnerKind};
use serde::Deserialize;
use serde_json::{Value, json};

use super::bucket_access::requester_pays;
use super::objects::no_such_object;
use super::problem::Problem;
use super::{Console, request};
use crate::access::acl::{bucket_acl, is_blocked, object_acl};
use crate::access::authorize::{acl_of_bucket, acl_of_object};
use crate::access::directory::read_policies;
use crate::app;
use crate::oss::settings::BucketSettings;
use crate::oss::{kept, tags};

/// Of more identities than this, the rest is left out, and the answer says so.
const MOST_IDENTITIES: usize = 200;

/// What is asked for each identity, with the right by which an ACL gives it.
const ACTIONS: [(&str, &str, Right); 2] =
    [("read", "oss:GetObject", Right::Read), ("write", "oss:PutObject", Right::Write)];

/// An object.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    bucket: String,
    key: String,
}

/// Handles `GET /api/object-access`.
pub(super) async fn who(
    State(console): State<Console>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Which { bucket, key } = request::query(which)?;
    let settings = console.bucket_settings(&bucket).await?;
    let object = console.app.store.object(&bucket, &key).await?;
    let object = object.ok_or_else(|| no_such_object(&bucket, &key))?;
    let mut identities = Identities { found: vec![Somebody::everybody()], cut: false };
    identities.collect(&console, &settings.bucket().owner).await?;
    let facts = Facts::of(&console, &settings, &object).await?;
    let lines: Vec<Value> = identities.found.iter().map(|somebody| facts.line(somebody)).collect();
    Ok(Json(json!({
        "identities": lines,
        "cut": identities.cut,
        "has_referer_rules": settings.referer()?.is_some(),
        "requester_pays": requester_pays(&settings)?,
    })))
}

/// Somebody who may be asked about.
struct Somebody {
    kind: &'static str,
    account: String,
    name: String,
    id: String,
    is_active: bool,
    policies: Arc<[Policy]>,
}

impl Somebody {
    fn everybody() -> Self {
        let none = String::new;
        Self {
            kind: "everybody",
            account: none(),
            name: none(),
            id: none(),
            is_active: true,
            policies: [].into(),
        }
    }

    fn principal(&self) -> Principal<'_> {
        let (account, name) = (self.account.as_str(), self.name.as_str());
        match self.kind {
            "account" => Principal::Account { uid: account },
            "user" => Principal::User { account, id: &self.id, name },
            // A session of any name.
            "role" => Principal::RoleSession { account, role: name, session: "any" },
            _ => Principal::Anonymous,
        }
    }
}

/// Those who are asked about, up to the bound.
struct Identities {
    found: Vec<Somebody>,
    cut: bool,
}

impl Identities {
    /// Collects the bucket's owner with its users and roles, then the other accounts with theirs.
    async fn collect(&mut self, console: &Console, owner: &str) -> Result<(), Problem> {
        let configured = console.app.owner_id();
        let others = console.app.store.accounts("", MOST_IDENTITIES + 1).await?;
        let mut accounts = vec![(owner.to_owned(), true)];
        if configured != owner {
            accounts.push((configured.to_owned(), true));
        }
        for account in others {
            let is_active = account.status == IdentityStatus::Active;
            match accounts.iter_mut().find(|(uid, _)| *uid == account.uid) {
                Some((uid, active)) => *active = uid == configured || is_active,
                None => accounts.push((account.uid, is_active)),
            }
        }
        for (uid, is_active) in accounts {
            if self.room() == 0 {
                self.cut = true;
                break;
            }
            let (account, name, id) = (uid.clone(), String::new(), uid.clone());
            self.found.push(Somebody { kind: "account", account, name, id, is_active, policies: [].into() });
            self.collect_users(console, &uid, is_active).await?;
            self.collect_roles(console, &uid, is_active).await?;
        }
        Ok(())
    }

    async fn collect_users(
        &mut self,
        console: &Console,
        account: &str,
        is_active: bool,
    ) -> Result<(), Problem> {
        let users = console.app.store.users(account, "", self.room() + 1).await?;
        for user in self.that_fit(users) {
            let is_active = is_active && user.status == IdentityStatus::Active;
            let policies = policies(console, account, PolicyOwnerKind::User, &user.name).await?;
            let (account, name, id) = (account.to_owned(), user.name, user.id);
            self.found.push(Somebody { kind: "user", account, name, id, is_active, policies });
        }
        Ok(())
    }

    async fn collect_roles(
        &mut self,
        console: &Console,
        account: &str,
        is_active: bool,
    ) -> Result<(), Problem> {
        let roles = console.app.store.roles(account, "", self.room() + 1).await?;
        for role in self.that_fit(roles) {
            let policies = policies(console, account, PolicyOwnerKind::Role, &role.name).await?;
            let (account, name, id) = (account.to_owned(), role.name, role.id);
            self.found.push(Somebody { kind: "role", account, name, id, is_active, policies });
        }
        Ok(())
    }

    fn room(&self) -> usize {
        MOST_IDENTITIES.saturating_sub(self.found.len())
    }

    fn that_fit<T>(&mut self, mut more: Vec<T>) -> Vec<T> {
        self.cut |= more.len() > self.room();
        more.truncate(self.room());
        more
    }
}

async fn policies(
    console: &Console,
    account: &str,
    kind: PolicyOwnerKind,
    name: &str,
) -> Result<Arc<[Policy]>, Problem> {
    let owner = PolicyOwner { account: account.to_owned(), kind, name: name.to_owned() };
    Ok(read_policies(name, &console.app.store.policies(owner).await?))
}

/// What is the same for all who are asked about.
struct Facts<'a> {
    settings: &'a BucketSettings,
    region: &'a str,
    path: String,
    blocked: bool,
    acls: Acls,
    context: Known,
}

impl<'a> Facts<'a> {
    async fn of(
        console: &'a Console,
        settings: &'a BucketSettings,
        object: &Object,
    ) -> Result<Self, Problem> {
        let bucket = settings.bucket();
        let acls = Acls {
            right: None,
            bucket: acl_of_bucket(bucket_acl(bucket)),
            object: acl_of_object(object_acl(object)),
        };
        let context = Known {
            now_s: app::now().unix_millis().div_euclid(1000),
            object_tags: tags::of_object(&object.attributes),
            bucket_tags: kept::read::<BucketTags>(&console.app.store, &bucket.name).await?,
        };
        Ok(Self {
            settings,
            region: &console.app.config.server.region,
            path: format!("{}/{}", bucket.name, object.key),
            blocked: is_blocked(&console.app.store, &bucket.owner, bucket.block_public_access).await?,
            acls,
            context,
        })
    }

    /// Tells what somebody can do, and why.
    fn line(&self, somebody: &Somebody) -> Value {
        let asked = somebody.policies.iter().chain(self.settings.policy());
        let mut line = json!({
            "kind": somebody.kind,
            "account": somebody.account,
            "name": somebody.name,
            "active": somebody.is_active,
            // Another address or time, say, may come to another decision.
            "depends_on_request": asked.into_iter().any(|policy| policy.asks_for(|key| !Known::has(key))),
        });
        if let Some(fields) = line.as_object_mut() {
            for (name, action, right) in ACTIONS {
                fields.insert(name.to_owned(), self.verdict(somebody, action, right));
            }
        }
        line
    }

    fn verdict(&self, somebody: &Somebody, action: &str, right: Right) -> Value {
        if !somebody.is_active {
            return json!({ "allowed": false, "reason": "disabled" });
        }
        let access = Access {
            principal: somebody.principal(),
            action,
            resource: Resource {
                service: "oss",
                region: self.region,
                account: &self.settings.bucket().owner,
                path: &self.path,
            },
            context: &self.context,
            ram_policies: &somebody.policies,
            session_policy: None,
            bucket_policy: self.settings.policy(),
            acls: Acls { right: Some(right), ..self.acls },
            public_access_blocked: self.blocked,
        };
        let verdict = decide(&access);
        json!({ "allowed": verdict.is_allowed(), "reason": verdict.to_string() })
    }
}

/// The values of condition keys that are known without a request.
struct Known {
    now_s: i64,
    object_tags: Tags,
    bucket_tags: Option<BucketTags>,
}

impl Known {
    fn has(key: &Key) -> bool {
        matches!(key, Key::MfaPresent | Key::BucketTag(_) | Key::ExistingObjectTag(_))
    }
}

impl Context for Known {
    fn value(&self, key: &Key) -> Option<ContextValue<'_>> {
        match key {
            Key::CurrentTime => Some(ContextValue::Time(self.now_s)),
            // Access keys know no second factor.
            Key::MfaPresent => Some(ContextValue::Flag(false)),
            Key::BucketTag(tag) => self.bucket_tags.as_ref()?.0.get(tag).map(ContextValue::from),
            Key::ExistingObjectTag(tag) => self.object_tags.get(tag).map(ContextValue::from),
            _ => None,
        }
    }
}
