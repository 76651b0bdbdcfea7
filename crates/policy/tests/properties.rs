//! What holds for all policies: denials only take away, permissions only add, sessions only narrow.

use std::collections::HashMap;

use ossicle_policy::{
    Access, Acl, Acls, Context, Key, Policy, PolicyKind, Principal, Resource, Right, Value, decide,
};
use proptest::prelude::*;

struct Values(HashMap<&'static str, String>);

impl Context for Values {
    fn value(&self, key: &Key) -> Option<Value<'_>> {
        let name = match key {
            Key::Prefix => "prefix",
            Key::SourceIp => "address",
            _ => return None,
        };
        self.0.get(name).map(|value| Value::from(value.as_str()))
    }
}

const PRINCIPALS: [Principal<'static>; 6] = [
    Principal::Anonymous,
    Principal::Account { uid: "1" },
    Principal::Account { uid: "2" },
    Principal::User { account: "1", id: "11", name: "alice" },
    Principal::User { account: "2", id: "21", name: "mallory" },
    Principal::RoleSession { account: "1", role: "app", session: "s" },
];

fn statement(kind: PolicyKind) -> impl Strategy<Value = (bool, String)> {
    let pick = |options: &'static [&'static str]| prop::sample::select(options);
    (
        any::<bool>(),
        pick(&[
            r#""Action":"*""#,
            r#""Action":"oss:Get*""#,
            r#""Action":["oss:PutObject"]"#,
            r#""NotAction":"oss:Put*""#,
        ]),
        pick(&[
            r#""Resource":"*""#,
            r#""Resource":"acs:oss:*:1:b/*""#,
            r#""Resource":["acs:oss:*:*:b/a?"]"#,
            r#""NotResource":"acs:oss:*:*:b/a*""#,
        ]),
        pick(&[
            "",
            r#","Condition":{"StringLike":{"oss:Prefix":"a*"}}"#,
            r#","Condition":{"NotIpAddress":{"acs:SourceIp":"10.0.0.0/8"}}"#,
        ]),
        pick(&[
            r#","Principal":"*""#,
            r#","Principal":["1","21"]"#,
            r#","Principal":["11"]"#,
            r#","Principal":["arn:sts::1:assumed-role/app/*"]"#,
            r#","NotPrincipal":["2"]"#,
            "",
        ]),
    )
        .prop_map(move |(allows, action, resource, condition, principal)| {
            let effect = if allows { "Allow" } else { "Deny" };
            let principal = if kind == PolicyKind::Bucket { principal } else { "" };
            (allows, format!(r#"{{"Effect":"{effect}",{action},{resource}{condition}{principal}}}"#))
        })
}

fn statements(kind: PolicyKind) -> impl Strategy<Value = Vec<(bool, String)>> {
    prop::collection::vec(statement(kind), 0..4)
}

fn policy(kind: PolicyKind, statements: &[(bool, String)]) -> Option<Policy> {
    let texts: Vec<&str> = statements.iter().map(|(_, text)| text.as_str()).collect();
    let document = format!(r#"{{"Version":"1","Statement":[{}]}}"#, texts.join(","));
    if texts.is_empty() { None } else { Policy::parse(kind, &document).ok() }
}

#[derive(Debug, Clone)]
struct Asked {
    principal: Principal<'static>,
    action: &'static str,
    path: &'static str,
    address: &'static str,
    acl: Acl,
    blocked: bool,
}

fn asked() -> impl Strategy<Value = Asked> {
    (
        prop::sample::select(&PRINCIPALS[..]),
        prop::sample::select(&["oss:GetObject", "oss:PutObject", "oss:GetBucketAcl"][..]),
        prop::sample::select(&["b", "b/a", "b/ab", "b/c", "c/a"][..]),
        prop::sample::select(&["10.0.0.1", "11.0.0.1"][..]),
        prop::sample::select(
            &[Acl::Private, Acl::PublicRead, Acl::PublicReadWrite, Acl::AuthenticatedRead][..],
        ),
        any::<bool>(),
    )
        .prop_map(|(principal, action, path, address, acl, blocked)| Asked {
            principal,
            action,
            path,
            address,
            acl,
            blocked,
        })
}

fn is_allowed(
    asked: &Asked,
    ram: Option<&Policy>,
    session: Option<&Policy>,
    bucket: Option<&Policy>,
) -> bool {
    let right = match asked.action {
        "oss:GetObject" => Some(Right::Read),
        "oss:PutObject" => Some(Right::Write),
        _ => None,
    };
    let context = Values(HashMap::from([("prefix", "a/".to_owned()), ("address", asked.address.to_owned())]));
    let access = Access {
        principal: asked.principal,
        action: asked.action,
        resource: Resource { service: "oss", region: "r", account: "1", path: asked.path },
        context: &context,
        ram_policies: ram.map(std::slice::from_ref).unwrap_or_default(),
        session_policy: session,
        bucket_policy: bucket,
        acls: Acls { right, bucket: asked.acl, object: Acl::Default },
        public_access_blocked: asked.blocked,
    };
    decide(&access).is_allowed()
}

proptest! {
    #[test]
    fn a_session_policy_grants_nothing_that_its_role_lacks(
        asked in asked(),
        ram in statements(PolicyKind::Ram),
        session in statements(PolicyKind::Session),
        bucket in statements(PolicyKind::Bucket),
    ) {
        let (ram, bucket) = (policy(PolicyKind::Ram, &ram), policy(PolicyKind::Bucket, &bucket));
        let session = policy(PolicyKind::Session, &session);
        let narrowed = is_allowed(&asked, ram.as_ref(), session.as_ref(), bucket.as_ref());
        prop_assert!(!narrowed || is_allowed(&asked, ram.as_ref(), None, bucket.as_ref()));
    }

    #[test]
    fn removing_a_denial_revokes_nothing_and_adding_a_permission_neither(
        asked in asked(),
        ram in statements(PolicyKind::Ram),
        bucket in statements(PolicyKind::Bucket),
        more in statement(PolicyKind::Ram),
        more_for_bucket in statement(PolicyKind::Bucket),
    ) {
        let decided = |ram: &[(bool, String)], bucket: &[(bool, String)]| {
            is_allowed(
                &asked,
                policy(PolicyKind::Ram, ram).as_ref(),
                None,
                policy(PolicyKind::Bucket, bucket).as_ref(),
            )
        };
        let before = decided(&ram, &bucket);
        let allowing = |all: &[(bool, String)]| -> Vec<_> { all.iter().filter(|(allows, _)| *allows).cloned().collect() };
        prop_assert!(!before || decided(&allowing(&ram), &bucket));
        prop_assert!(!before || decided(&ram, &allowing(&bucket)));
        let with = |all: &[(bool, String)], one: &(bool, String)| [all, std::slice::from_ref(one)].concat();
        prop_assert!(!before || !more.0 || decided(&with(&ram, &more), &bucket));
        prop_assert!(!before || !more_for_bucket.0 || decided(&ram, &with(&bucket, &more_for_bucket)));
        // And the other way round.
        prop_assert!(before || more.0 || !decided(&with(&ram, &more), &bucket));
        prop_assert!(before || more_for_bucket.0 || !decided(&ram, &with(&bucket, &more_for_bucket)));
    }

    #[test]
    fn blocking_public_access_grants_nothing(
        asked in asked(),
        ram in statements(PolicyKind::Ram),
        bucket in statements(PolicyKind::Bucket),
    ) {
        let (ram, bucket) = (policy(PolicyKind::Ram, &ram), policy(PolicyKind::Bucket, &bucket));
        let with = |blocked| is_allowed(&Asked { blocked, ..asked.clone() }, ram.as_ref(), None, bucket.as_ref());
        prop_assert!(!with(true) || with(false));
    }

    #[test]
    fn a_policy_that_does_not_parse_grants_nothing(
        asked in asked(),
        bucket in statements(PolicyKind::Bucket),
        document in r#"\{"Version":"1","Statement":\[\{"Effect":"Allow","Action":"\*","Resource":"\*"[,:"\{\}\[\]a-z]{1,12}\}\]\}"#,
    ) {
        for kind in [PolicyKind::Ram, PolicyKind::Session, PolicyKind::Bucket] {
            if Policy::parse(kind, &document).is_err() {
                let stands_for = Policy::unreadable(kind);
                let bucket = policy(PolicyKind::Bucket, &bucket);
                let allowed = match kind {
                    PolicyKind::Ram => is_allowed(&asked, Some(&stands_for), None, bucket.as_ref()) && asked.principal.account().is_some()
                        && !matches!(asked.principal, Principal::Account { .. }),
                    PolicyKind::Session => is_allowed(&asked, None, Some(&stands_for), bucket.as_ref()),
                    _ => is_allowed(&asked, None, None, Some(&stands_for)) && !asked.principal.is_account("1"),
                };
                prop_assert!(!allowed, "{}", document);
            }
        }
    }

    #[test]
    fn parsing_never_panics(document in ".{0,200}") {
        for kind in [PolicyKind::Ram, PolicyKind::Session, PolicyKind::Trust, PolicyKind::Bucket] {
            let _ = Policy::parse(kind, &document);
        }
    }
}
