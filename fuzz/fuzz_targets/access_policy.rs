//! Policies of RAM and buckets: any text is read or refused, whatever is read decides on any request, and a denial of
//! everything beside it leaves nothing to anybody but the owner.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ossicle_policy::{
    Access, Acl, Acls, Context, Key, Policy, PolicyKind, Principal, Resource, Right, Value, decide,
};

struct Same<'a>(&'a str);

impl Context for Same<'_> {
    fn value(&self, _: &Key) -> Option<Value<'_>> {
        Some(Value::from(self.0))
    }
}

fuzz_target!(|input: (&str, &str, &str, &str)| {
    let (document, action, path, value) = input;
    for kind in [PolicyKind::Ram, PolicyKind::Session, PolicyKind::Trust, PolicyKind::Bucket] {
        let Ok(policy) = Policy::parse(kind, document) else { continue };
        let _ = policy.is_public();
        let _ = policy.check_bucket(path);
        let ram = [policy.clone(), Policy::unreadable(PolicyKind::Ram)];
        let access = Access {
            principal: Principal::User { account: "1", id: "2", name: "alice" },
            action,
            resource: Resource { service: "oss", region: "cn-hangzhou", account: "1", path },
            context: &Same(value),
            ram_policies: &ram[..1],
            session_policy: Some(&policy),
            bucket_policy: Some(&policy),
            acls: Acls { right: Some(Right::Read), bucket: Acl::PublicRead, object: Acl::Default },
            public_access_blocked: false,
        };
        let _ = decide(&access).to_string();
        assert!(!decide(&Access { ram_policies: &ram, ..access }).is_allowed());
    }
});
