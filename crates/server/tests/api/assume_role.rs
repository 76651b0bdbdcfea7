//! AssumeRole, and temporary credentials wherever a request to OSS may bring them.

use std::sync::Arc;

use crate::harness::form::{Form, Policy};
use crate::harness::request::Auth;
use crate::harness::sts::Style;
use crate::harness::{Answer, Bucket, Request, Server, Setup, StsRequest};
use ossicle_protocol::Timestamp;
use serde_json::{Value, json};

const ACCOUNT: &str = "1000000000000001";

/// A server with roles, and users who may assume some of them.
struct World {
    server: Arc<Server>,
    /// The access key of `alice`, who may assume every role that trusts her.
    alice: (String, String),
    /// That of `bob`, who may not.
    bob: (String, String),
}

/// What AssumeRole gave.
#[derive(Clone)]
struct Temporary {
    id: String,
    secret: String,
    token: String,
    answer: Value,
}

fn statement(elements: &Value) -> Value {
    json!({ "Version": "1", "Statement": [elements] })
}

impl World {
    fn new() -> Self {
        let server = Setup::new().set("OSSICLE_STS_LISTEN", "127.0.0.1:0").start();
        let server = Arc::new(server);
        let user = |name: &str| {
            server.administer("POST", "users", &json!({ "name": name })).expect(200);
            server.make_key(&format!("?user={name}"))
        };
        let (alice, bob) = (user("alice"), user("bob"));
        let world = Self { server, alice, bob };
        let may = statement(&json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*" }));
        world.attach("users/alice", "assume", &may);
        world.make_role("writer", &world.trust_of("user/alice"), 7200);
        world
    }

    fn attach(&self, owner: &str, name: &str, document: &Value) {
        let path = format!("{owner}/policies/{name}");
        self.server.administer("PUT", &path, &json!({ "document": document })).expect(200);
    }

    fn trust_of(&self, who: &str) -> Value {
        let principal = json!({ "RAM": [format!("acs:ram::{ACCOUNT}:{who}")] });
        statement(&json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal }))
    }

    fn make_role(&self, name: &str, trust: &Value, seconds: u32) -> Value {
        let role = json!({ "name": name, "trust_policy": trust, "max_session_s": seconds });
        serde_json::from_slice(&self.server.administer("POST", "roles", &role).expect(200).body).unwrap()
    }

    fn assume(&self, (id, secret): &(String, String), role: &str) -> StsRequest {
        StsRequest::new(self.server.sts(), "AssumeRole")
            .key(id, secret)
            .with("RoleArn", &format!("acs:ram::{ACCOUNT}:role/{role}"))
            .with("RoleSessionName", "session-1")
    }

    fn caller_identity(&self, temporary: &Temporary) -> StsRequest {
        temporary.sign(StsRequest::new(self.server.sts(), "GetCallerIdentity"))
    }
}

impl Temporary {
    #[track_caller]
    fn of(request: &StsRequest) -> Self {
        let answer: Value = serde_json::from_slice(&request.send().expect(200).body).unwrap();
        let text = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
        let (id, secret) = (text("AccessKeyId"), text("AccessKeySecret"));
        Self { id, secret, token: text("SecurityToken"), answer }
    }

    fn sign(&self, request: StsRequest) -> StsRequest {
        request.key(&self.id, &self.secret).token(&self.token)
    }

    fn expiration(&self) -> Timestamp {
        Timestamp::parse_iso8601(self.answer["Credentials"]["Expiration"].as_str().unwrap()).unwrap()
    }
}

#[track_caller]
fn expect_fault(answer: Answer, status: u16, code: &str) -> Value {
    let fault: Value = serde_json::from_slice(&answer.expect(status).body).unwrap();
    assert_eq!(fault["Code"], code, "{fault}");
    fault
}

fn json_of(answer: Answer) -> Value {
    serde_json::from_slice(&answer.expect(200).body).unwrap()
}

#[test]
fn a_user_assumes_a_role() {
    let world = World::new();
    for style in Style::ALL {
        let before = crate::harness::request::now();
        let temporary = Temporary::of(&world.assume(&world.alice, "writer").style(style));
        assert!(temporary.id.starts_with("STS."), "{}", temporary.id);
        let user = &temporary.answer["AssumedRoleUser"];
        assert_eq!(user["Arn"], format!("acs:ram::{ACCOUNT}:role/writer/session-1"));
        assert!(user["AssumedRoleId"].as_str().unwrap().ends_with(":session-1"), "{user}");
        let lasts = temporary.expiration().unix_seconds() - before.unix_seconds();
        assert!((3600..3660).contains(&lasts), "{lasts}");
        let caller = json_of(world.caller_identity(&temporary).style(style).send());
        assert_eq!(caller["IdentityType"], "AssumedRoleUser");
        assert_eq!(caller["Arn"], format!("acs:ram::{ACCOUNT}:assumed-role/writer/session-1"));
        assert_eq!(caller["PrincipalId"], user["AssumedRoleId"]);
    }
    let user = StsRequest::new(world.server.sts(), "GetCallerIdentity").key(&world.bob.0, &world.bob.1);
    let caller = json_of(user.send());
    assert_eq!(caller["IdentityType"], "RAMUser");
    assert_eq!(caller["Arn"], format!("acs:ram::{ACCOUNT}:user/bob"));
    assert_eq!(caller["UserId"], caller["PrincipalId"]);
}

#[test]
fn credentials_last_as_long_as_asked_for_and_the_role_allows() {
    let world = World::new();
    let ask = |seconds: &str| world.assume(&world.alice, "writer").with("DurationSeconds", seconds);
    for seconds in [900, 7200] {
        let before = crate::harness::request::now();
        let temporary = Temporary::of(&ask(&seconds.to_string()));
        let lasts = temporary.expiration().unix_seconds() - before.unix_seconds();
        assert!((seconds..seconds + 60).contains(&lasts), "{lasts}");
    }
    for seconds in ["899", "7201", "43201"] {
        expect_fault(ask(seconds).send(), 400, "InvalidParameter.DurationSeconds");
    }
}

#[test]
fn policies_and_trust_must_both_allow_it() {
    let world = World::new();
    world.make_role("bobs", &world.trust_of("user/bob"), 3600);
    world.make_role("everybodys", &world.trust_of("root"), 3600);
    let refused = |who: &(String, String), role: &str| {
        expect_fault(world.assume(who, role).send(), 403, "NoPermission");
    };
    refused(&world.alice, "bobs");
    refused(&world.bob, "writer");
    refused(&world.bob, "bobs");
    refused(&world.bob, "everybodys");
    Temporary::of(&world.assume(&world.alice, "everybodys"));
    // The second is the role's own ARN, which is what people paste.
    for resource in ["acs:ram:*:ACCOUNT:role/bobs", "acs:ram::ACCOUNT:role/bobs"] {
        let resource = resource.replace("ACCOUNT", ACCOUNT);
        let may = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource });
        world.attach("users/bob", "one", &statement(&may));
        Temporary::of(&world.assume(&world.bob, "bobs"));
    }
    refused(&world.bob, "everybodys");
    let fault = expect_fault(world.assume(&world.alice, "none").send(), 404, "EntityNotExist.Role");
    assert_eq!(fault["Message"], format!("The role not exists: acs:ram::{ACCOUNT}:role/none."));
}

#[test]
fn a_trust_policy_asks_for_an_external_id() {
    let world = World::new();
    let mut trust = world.trust_of("user/alice");
    trust["Statement"][0]["Condition"] = json!({ "StringEquals": { "sts:ExternalId": "tenant-7" } });
    world.make_role("guarded", &trust, 3600);
    let ask = || world.assume(&world.alice, "guarded");
    expect_fault(ask().send(), 403, "NoPermission");
    expect_fault(ask().with("ExternalId", "tenant-8").send(), 403, "NoPermission");
    Temporary::of(&ask().with("ExternalId", "tenant-7"));
}

#[test]
fn a_session_policy_must_be_one() {
    let world = World::new();
    let ask = |policy: &str| world.assume(&world.alice, "writer").with("Policy", policy);
    for policy in ["{", "{}", r#"{"Version":"2","Statement":[]}"#, r#"{"Version":"1","Statement":[{}]}"#] {
        expect_fault(ask(policy).send(), 400, "InvalidParameter.PolicyGrammar");
    }
    let long = format!(r#"{{"Version":"1","Statement":[{}]}}"#, " ".repeat(2048));
    expect_fault(ask(&long).send(), 400, "InvalidParameter.PolicySize");
    let good = statement(&json!({ "Effect": "Allow", "Action": "oss:*", "Resource": "*" }));
    Temporary::of(&ask(&good.to_string()));
}

#[test]
fn a_session_assumes_another_role_and_ends_with_the_first() {
    let world = World::new();
    let may = statement(&json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*" }));
    world.make_role("second", &world.trust_of("role/writer"), 3600);
    expect_fault(world.assume(&world.alice, "second").send(), 403, "NoPermission");
    let first = Temporary::of(&world.assume(&world.alice, "writer"));
    let request = || first.sign(world.assume(&world.alice, "second"));
    expect_fault(request().send(), 403, "NoPermission");
    world.attach("roles/writer", "assume", &may);
    let second = Temporary::of(&request());
    assert_eq!(
        json_of(world.caller_identity(&second).send())["Arn"],
        format!("acs:ram::{ACCOUNT}:assumed-role/second/session-1")
    );
    // A session policy narrows this, too.
    let narrow = statement(&json!({ "Effect": "Allow", "Action": "oss:*", "Resource": "*" })).to_string();
    let narrowed = Temporary::of(&world.assume(&world.alice, "writer").with("Policy", &narrow));
    expect_fault(narrowed.sign(world.assume(&world.alice, "second")).send(), 403, "NoPermission");
    world.server.administer("DELETE", "roles/writer/policies/assume", &Value::Null).expect(200);
    world.caller_identity(&second).send().expect(200);
    world.server.administer("DELETE", "roles/writer", &Value::Null).expect(200);
    expect_fault(world.caller_identity(&second).send(), 400, "InvalidSecurityToken.Malformed");
}

#[test]
fn no_more_than_four_roles_are_assumed_one_by_means_of_the_other() {
    let world = World::new();
    let may = statement(&json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*" }));
    world.make_role("round", &world.trust_of("root"), 3600);
    world.attach("roles/round", "assume", &may);
    let mut temporary = Temporary::of(&world.assume(&world.alice, "round"));
    for _ in 0..3 {
        temporary = Temporary::of(&temporary.sign(world.assume(&world.alice, "round")));
    }
    expect_fault(temporary.sign(world.assume(&world.alice, "round")).send(), 403, "NoPermission");
}

/// A request for an object, with a token in each place that has one.
fn reads(bucket: &Bucket, (id, secret, token): (&str, &str, &str)) -> Vec<(&'static str, Request)> {
    let get = |auth| bucket.at("GET", "docs/a").key(id, secret).auth(auth);
    vec![
        ("V1 header", get(Auth::HeaderV1).header("x-oss-security-token", token)),
        ("V1 header of one SDK", get(Auth::HeaderV1).header("security-token", token)),
        ("V4 header", get(Auth::HeaderV4).header("x-oss-security-token", token)),
        ("V1 URL", get(Auth::UrlV1).query("security-token", token)),
        ("V4 URL", get(Auth::UrlV4).query("x-oss-security-token", token)),
    ]
}

/// A bucket with one object, which sessions of `writer` may read.
fn bucket_of(world: &World) -> Bucket {
    let bucket = Bucket::on(&world.server);
    bucket.at("PUT", "docs/a").body("x").send().expect(200);
    let resource = format!("acs:oss:*:*:{}/*", bucket.name);
    let actions = ["oss:GetObject", "oss:PutObject"];
    let may = json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
    world.attach("roles/writer", "objects", &statement(&may));
    bucket
}

#[test]
fn temporary_credentials_are_taken_wherever_a_token_may_come() {
    let world = World::new();
    let bucket = bucket_of(&world);
    let (one, two) = (
        Temporary::of(&world.assume(&world.alice, "writer")),
        Temporary::of(&world.assume(&world.alice, "writer")),
    );
    let (id, secret) = (one.id.as_str(), one.secret.as_str());
    for (way, request) in reads(&bucket, (id, secret, &one.token)) {
        assert_eq!(request.send().expect(200).text(), "x", "{way}");
    }
    let refused = |key: (&str, &str, &str), code: &str, ec: &str| {
        for (way, request) in reads(&bucket, key) {
            let error = request.send();
            assert_eq!((error.status, error.element("Code").as_str()), (403, code), "{way}");
            assert_eq!(error.element("EC"), ec, "{way}");
        }
    };
    refused((id, secret, ""), "InvalidAccessKeyId", "0002-00000902");
    refused((id, secret, "bogus"), "InvalidSecurityToken", "0002-00000006");
    refused((id, secret, &two.token), "InvalidSecurityToken", "0002-00000006");
    refused((id, &two.secret, &one.token), "SignatureDoesNotMatch", "0002-00000040");
    refused((&two.id, secret, &one.token), "InvalidSecurityToken", "0002-00000006");
    // A permanent key has no token.
    let (alice, alices) = &world.alice;
    refused((alice, alices, &one.token), "InvalidAccessKeyId", "0002-00000002");
    refused(("TestAccessKeyId", "TestAccessKeySecret", &one.token), "InvalidAccessKeyId", "0002-00000002");
}

#[test]
fn forms_bring_temporary_credentials() {
    let world = World::new();
    let bucket = bucket_of(&world);
    let one = Temporary::of(&world.assume(&world.alice, "writer"));
    let condition = format!("{{\"bucket\":\"{}\"}}", bucket.name);
    let policy = || Policy::new().condition(&condition).key(&one.id, &one.secret);
    for mut fields in [policy().v1(), policy().v4()] {
        let form = |fields| Form::new().field("key", "docs/b").fields(fields).file("f", "x");
        let post = |fields| form(fields).onto(bucket.root("POST", "")).send();
        post(fields.clone()).expect_error(403, "InvalidAccessKeyId");
        let mut bogus = fields.clone();
        bogus.push(("x-oss-security-token".to_owned(), "bogus".to_owned()));
        post(bogus).expect_error(403, "InvalidSecurityToken");
        fields.push(("x-oss-security-token".to_owned(), one.token.clone()));
        post(fields).expect(204);
    }
}

#[test]
fn a_session_may_do_what_its_role_and_its_session_policy_allow() {
    let world = World::new();
    let bucket = bucket_of(&world);
    let resource = |key: &str| format!("acs:oss:*:*:{}/{key}", bucket.name);
    let get_docs = json!({ "Effect": "Allow", "Action": "oss:GetObject", "Resource": resource("docs/*") });
    let delete = json!({ "Effect": "Allow", "Action": "oss:*", "Resource": resource("*") });
    let whole = Temporary::of(&world.assume(&world.alice, "writer"));
    let ask = |policy: &Value| {
        let policy = statement(policy).to_string();
        Temporary::of(&world.assume(&world.alice, "writer").with("Policy", &policy))
    };
    let (docs, everything) = (ask(&get_docs), ask(&delete));
    let check = |who: &Temporary, method: &str, key: &str, expected: u16| {
        let request = bucket.at(method, key).key(&who.id, &who.secret);
        let answer = request.header("x-oss-security-token", &who.token).send();
        assert_eq!(answer.status, expected, "{method} {key}: {}", answer.text());
        if expected == 403 {
            answer.expect_error(403, "AccessDenied");
        }
    };
    check(&whole, "PUT", "docs/b", 200);
    check(&whole, "GET", "docs/b", 200);
    check(&whole, "DELETE", "docs/b", 403);
    check(&docs, "GET", "docs/b", 200);
    check(&docs, "PUT", "docs/b", 403);
    check(&docs, "GET", "other", 403);
    // A session policy gives nothing that the role does not have.
    check(&everything, "PUT", "other", 200);
    check(&everything, "DELETE", "other", 403);
    // What the role loses its sessions lose.
    world.server.administer("DELETE", "roles/writer/policies/objects", &Value::Null).expect(200);
    check(&whole, "GET", "docs/b", 403);
}

#[test]
fn a_session_ends_with_its_role_and_with_the_key_behind_it() {
    let world = World::new();
    let bucket = bucket_of(&world);
    let get = |who: &Temporary| {
        bucket.at("GET", "docs/a").key(&who.id, &who.secret).header("x-oss-security-token", &who.token).send()
    };
    let set = |status: &str| {
        let path = format!("keys/{}", world.alice.0);
        world.server.administer("PATCH", &path, &json!({ "status": status })).expect(200);
    };
    let one = Temporary::of(&world.assume(&world.alice, "writer"));
    get(&one).expect(200);
    set("Disabled");
    get(&one).expect_error(403, "InvalidAccessKeyId");
    expect_fault(world.caller_identity(&one).send(), 404, "InvalidAccessKeyId.NotFound");
    expect_fault(world.assume(&world.alice, "writer").send(), 403, "InvalidAccessKeyId.Inactive");
    set("Active");
    get(&one).expect(200);
    world.server.administer("DELETE", "roles/writer/policies/objects", &Value::Null).expect(200);
    world.server.administer("DELETE", "roles/writer", &Value::Null).expect(200);
    get(&one).expect_error(403, "InvalidSecurityToken");
    world.make_role("writer", &world.trust_of("user/alice"), 3600);
    get(&one).expect_error(403, "InvalidSecurityToken");
}

#[test]
fn temporary_credentials_outlive_the_server() {
    let world = World::new();
    let one = Temporary::of(&world.assume(&world.alice, "writer"));
    let World { server, .. } = world;
    let server = Arc::try_unwrap(server).ok().unwrap();
    let folder = server.kill();
    let server =
        Setup::new().data(&folder.path().join("data")).set("OSSICLE_STS_LISTEN", "127.0.0.1:0").start();
    let caller = one.sign(StsRequest::new(server.sts(), "GetCallerIdentity")).send();
    assert_eq!(json_of(caller)["IdentityType"], "AssumedRoleUser");
}
