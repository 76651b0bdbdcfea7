//! Measures a decision over 20 policies of 10 statements: `cargo run --release -p ossicle-policy --example decision_time`.

use std::hint::black_box;
use std::time::Instant;

use ossicle_policy::{
    Access, Acl, Acls, Context, Key, Policy, PolicyError, PolicyKind, Principal, Resource, Right, Value,
    decide,
};

struct Values;

impl Context for Values {
    fn value(&self, key: &Key) -> Option<Value<'_>> {
        match key {
            Key::Prefix => Some(Value::from("a/")),
            Key::SourceIp => Some(Value::from("10.1.1.1")),
            _ => None,
        }
    }
}

fn policy(number: usize) -> Result<Policy, PolicyError> {
    let statement = |of: usize| {
        format!(
            r#"{{"Effect":"Allow","Action":["oss:GetObject","oss:Put*"],
            "Resource":["acs:oss:*:1:bucket-{number}-{of}/logs/*/a.log","acs:oss:*:1:b/folder-{number}/{of}/*"],
            "Condition":{{"IpAddress":{{"acs:SourceIp":["10.0.0.0/8"]}},"StringLike":{{"oss:Prefix":"a*"}}}}}}"#
        )
    };
    let statements: Vec<String> = (0..10).map(statement).collect();
    Policy::parse(PolicyKind::Ram, &format!(r#"{{"Version":"1","Statement":[{}]}}"#, statements.join(",")))
}

fn main() -> Result<(), PolicyError> {
    let policies = (0..20).map(policy).collect::<Result<Vec<_>, _>>()?;
    for path in ["b/folder-19/9/x/y/z.jpg", "b/nowhere/at/all.jpg"] {
        let access = Access {
            principal: Principal::User { account: "1", id: "11", name: "alice" },
            action: "oss:GetObject",
            resource: Resource { service: "oss", region: "r", account: "1", path },
            context: &Values,
            ram_policies: &policies,
            session_policy: None,
            bucket_policy: None,
            acls: Acls { right: Some(Right::Read), bucket: Acl::Private, object: Acl::Default },
            public_access_blocked: false,
        };
        // The best of many, as other work disturbs some.
        let nanoseconds = (0..200).map(|_| {
            let began = Instant::now();
            for _ in 0..100 {
                black_box(decide(black_box(&access)));
            }
            began.elapsed().as_nanos() / 100
        });
        println!("{path}: {}, {} ns", decide(&access), nanoseconds.min().unwrap_or_default());
    }
    Ok(())
}
