//! What somebody may do, and why: the decision that a request would meet, on what is stored now and the values of condition keys
//! that are given along.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use ossicle_policy::{
    Access, Acl, Acls, Context, Key, Policy, Principal, Resource, Value as KeyValue, decide,
};
use ossicle_protocol::xml::Document as _;
use ossicle_protocol::{BucketTags, Operation, Tags};
use ossicle_store::{Bucket, Error, IdentityKind, IdentityStatus, Object, PolicyOwner, PolicyOwnerKind};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Administration, Refusal, Request};
use crate::access::acl::{bucket_acl, is_blocked, object_acl};
use crate::access::authorize::{acl_of_bucket, acl_of_object, right_of};
use crate::access::directory::read_policies;
use crate::oss::kept::Kept as _;
use crate::oss::{stored_policy, tags};

/// The most condition keys that are given along.
const MOST_CONDITIONS: usize = 64;

/// The name of a session that is asked about as a role.
const ANY_SESSION: &str = "any";

/// A question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    /// `anonymous`, `root`, `user/NAME`, `role/NAME`, or the ARN of one of them.
    #[serde(rename = "as")]
    who: String,
    /// The action, as `oss:PutObject`.
    action: String,
    /// `bucket`, `bucket/key`, the same behind `acs:oss:*:*:`, or `*` for the account.
    resource: String,
    /// Values of condition keys.
    #[serde(default)]
    conditions: BTreeMap<String, String>,
}

/// Who is asked about.
struct Somebody {
    account: String,
    kind: Kind,
    /// Whether its access keys count: neither it nor its account is disabled.
    is_active: bool,
    policies: Vec<Policy>,
}

enum Kind {
    Anonymous,
    Root,
    User { name: String, id: String },
    Role { name: String },
}

/// What the action would be done to.
struct Place {
    path: String,
    owner: String,
    bucket_policy: Option<Policy>,
    acls: Acls,
    blocked: bool,
}

/// The values of condition keys: those of the question, else those that are stored.
struct Values {
    given: Vec<(Key, String)>,
    now_s: i64,
    object_tags: Tags,
    bucket_tags: Option<BucketTags>,
}

impl Administration<'_> {
    /// Explains a decision.
    pub(super) async fn explanations(&self, request: &Request, rest: &[&str]) -> Result<Value, Refusal> {
        if request.method != Method::POST || !rest.is_empty() {
            return Err(Refusal::no_such_path());
        }
        let question: Question = request.body()?;
        let somebody = self.somebody(&self.account_of(request).await?, &question.who).await?;
        if !somebody.is_active {
            let reason = "the user or the account is disabled";
            return Ok(json!({ "allowed": false, "reason": reason, "depends_on_request": false }));
        }
        let mut values = self.values(&question.conditions)?;
        let place = self.place(&question, &somebody, &mut values).await?;
        let access = Access {
            principal: somebody.principal(),
            action: &question.action,
            resource: Resource {
                service: "oss",
                region: self.region,
                account: &place.owner,
                path: &place.path,
            },
            context: &values,
            ram_policies: &somebody.policies,
            session_policy: None,
            bucket_policy: place.bucket_policy.as_ref(),
            acls: place.acls,
            public_access_blocked: place.blocked,
        };
        let verdict = decide(&access);
        let mut asked = somebody.policies.iter().chain(&place.bucket_policy);
        Ok(json!({
            "allowed": verdict.is_allowed(),
            "reason": verdict.to_string(),
            // With another value, another statement may apply.
            "depends_on_request": asked.any(|policy| policy.asks_for(|key| values.value(key).is_none())),
        }))
    }

    async fn somebody(&self, account: &str, who: &str) -> Result<Somebody, Refusal> {
        let (account, who) = match who.strip_prefix("acs:ram::").and_then(|arn| arn.split_once(':')) {
            Some((account, who)) => (account, who),
            None => (account, who),
        };
        let mut is_active = account == self.account
            || match self.store.account(account).await? {
                Some(found) => found.status == IdentityStatus::Active,
                None => return Err(Error::NoSuchIdentity(IdentityKind::Account).into()),
            };
        let (kind, owner) = match who.split_once('/') {
            Some(("user", name)) => {
                let user = self.store.user(account, name).await?;
                let user = user.ok_or(Error::NoSuchIdentity(IdentityKind::User))?;
                is_active &= user.status == IdentityStatus::Active;
                let kind = Kind::User { name: user.name, id: user.id };
                (kind, Some((PolicyOwnerKind::User, name)))
            }
            Some(("role", name)) => {
                let role = self.store.known_role(account, name).await?;
                role.ok_or(Error::NoSuchIdentity(IdentityKind::Role))?;
                (Kind::Role { name: name.to_owned() }, Some((PolicyOwnerKind::Role, name)))
            }
            None if who == "root" => (Kind::Root, None),
            None if who == "anonymous" => (Kind::Anonymous, None),
            _ => {
                return Err(Refusal::invalid(
                    "Somebody is anonymous, root, user/NAME, role/NAME, or the ARN of one of them.",
                ));
            }
        };
        let policies = match owner {
            None => Vec::new(),
            Some((kind, name)) => {
                let owner = PolicyOwner { account: account.to_owned(), kind, name: name.to_owned() };
                read_policies(name, &self.store.policies(owner).await?).to_vec()
            }
        };
        let is_active = is_active || matches!(kind, Kind::Anonymous);
        Ok(Somebody { account: account.to_owned(), kind, is_active, policies })
    }

    fn values(&self, conditions: &BTreeMap<String, String>) -> Result<Values, Refusal> {
        if conditions.len() > MOST_CONDITIONS {
            return Err(Refusal::invalid(format!("There may be {MOST_CONDITIONS} conditions at most.")));
        }
        let read = |(name, value): (&String, &String)| {
            let key = Key::parse(name).map_err(|error| Refusal::invalid(error.to_string()))?;
            Ok((key, value.clone()))
        };
        Ok(Values {
            given: conditions.iter().map(read).collect::<Result<_, Refusal>>()?,
            now_s: self.now_ms.div_euclid(1000),
            object_tags: Tags::default(),
            bucket_tags: None,
        })
    }

    /// Looks up what the action would be done to. A bucket that is not there yet would be the account's that asks.
    async fn place(
        &self,
        question: &Question,
        somebody: &Somebody,
        values: &mut Values,
    ) -> Result<Place, Refusal> {
        let path = match question.resource.splitn(5, ':').collect::<Vec<_>>().as_slice() {
            ["acs", "oss", _, _, path] => path,
            _ => question.resource.as_str(),
        };
        if !question.action.contains(':') || path.is_empty() {
            return Err(Refusal::invalid(
                "An action is written oss:PutObject, a resource bucket/key, bucket, or * for the account.",
            ));
        }
        let (name, key) = path.split_once('/').map_or((path, None), |(name, key)| (name, Some(key)));
        let mut place = Place {
            path: path.to_owned(),
            owner: somebody.account.clone(),
            bucket_policy: None,
            acls: Acls { right: right_of_action(&question.action), ..Acls::default() },
            blocked: false,
        };
        let bucket = if name == "*" { None } else { self.store.bucket(name).await? };
        match bucket {
            Some(bucket) => self.look_at(&bucket, key, &mut place, values).await?,
            None if name == "*" || question.action.eq_ignore_ascii_case("oss:PutBucket") => {
                place.acls.bucket = Acl::Private;
            }
            None => {
                let message = format!("There is no bucket {}.", name.escape_debug());
                return Err(Refusal::new(StatusCode::NOT_FOUND, "NoSuchBucket", message));
            }
        }
        Ok(place)
    }

    async fn look_at(
        &self,
        bucket: &Bucket,
        key: Option<&str>,
        place: &mut Place,
        values: &mut Values,
    ) -> Result<(), Refusal> {
        let object: Option<Object> = match key {
            Some(key) => self.store.object(&bucket.name, key).await?,
            None => None,
        };
        let document = self.store.bucket_document(&bucket.name, stored_policy::PLACE).await?;
        place.owner.clone_from(&bucket.owner);
        place.bucket_policy = document.map(|document| stored_policy::read_stored(&document));
        place.acls.bucket = acl_of_bucket(bucket_acl(bucket));
        place.blocked = is_blocked(self.store, &bucket.owner, bucket.block_public_access).await?;
        let tags = self.store.bucket_document(&bucket.name, BucketTags::DOCUMENT).await?;
        let tags = tags.map(|tags| BucketTags::parse(&tags)).transpose();
        values.bucket_tags = tags.map_err(|_| {
            let message = "The stored tags of the bucket cannot be read: set them again.";
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
        })?;
        if let Some(object) = object {
            place.acls.object = acl_of_object(object_acl(&object));
            values.object_tags = tags::of_object(&object.attributes);
        }
        Ok(())
    }
}

/// Returns the right of an ACL by which the operations of this action are allowed, if one is.
fn right_of_action(action: &str) -> Option<ossicle_policy::Right> {
    let accesses = Operation::ALL.iter().map(|operation| operation.access());
    let meant = accesses.filter(|access| access.action.eq_ignore_ascii_case(action));
    meant.map(|access| access.grant).find_map(right_of)
}

impl Somebody {
    fn principal(&self) -> Principal<'_> {
        let account = self.account.as_str();
        match &self.kind {
            Kind::Anonymous => Principal::Anonymous,
            Kind::Root => Principal::Account { uid: account },
            Kind::User { name, id } => Principal::User { account, id, name },
            Kind::Role { name } => Principal::RoleSession { account, role: name, session: ANY_SESSION },
        }
    }
}

impl Context for Values {
    fn value(&self, key: &Key) -> Option<KeyValue<'_>> {
        if let Some((_, given)) = self.given.iter().find(|(name, _)| name == key) {
            return Some(KeyValue::from(given.as_str()));
        }
        match key {
            Key::CurrentTime => Some(KeyValue::Time(self.now_s)),
            // Access keys know no second factor.
            Key::MfaPresent => Some(KeyValue::Flag(false)),
            Key::BucketTag(tag) => self.bucket_tags.as_ref()?.0.get(tag).map(KeyValue::from),
            Key::ExistingObjectTag(tag) => self.object_tags.get(tag).map(KeyValue::from),
            _ => None,
        }
    }
}
