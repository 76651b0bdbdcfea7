//! Accounts, users and their access keys: who may sign, whose buckets are whose, and what the administration API takes.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::bucket_public_access_block::document as block_document;
use crate::harness::form::{Form, Policy};
use crate::harness::request::Auth;
use crate::harness::server::folder;
use crate::harness::{Answer, Application, Bucket, Server, Setup, Wire};
use crate::metrics::access_log_with;

const TRUST: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1000000000000001:root"]}}]}"#;

fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(answer.text()).unwrap()
}

/// Makes an account, and returns its id.
#[track_caller]
fn account(server: &Server, name: &str) -> String {
    let made = server.administer("POST", "accounts", &json!({ "name": name })).expect(200);
    json_of(&made)["uid"].as_str().unwrap().to_owned()
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, json_of(answer)["error"].as_str()), (status, Some(code)), "{}", answer.text());
}

/// An account of its own with its key, and a bucket of the configured account.
struct World {
    bucket: Bucket,
    uid: String,
    key: (String, String),
}

impl World {
    fn new() -> Self {
        Self::on(&Arc::new(Setup::new().start()))
    }

    fn on(server: &Arc<Server>) -> Self {
        let bucket = Bucket::on(server);
        let uid = account(server, "other");
        let key = server.make_key(&format!("?account={uid}"));
        Self { bucket, uid, key }
    }

    /// Sends a request signed with the other account's key.
    fn as_other(&self, method: &str, target: &str) -> Answer {
        self.bucket.server.request(method, target).key(&self.key.0, &self.key.1).send()
    }
}

#[test]
fn an_account_has_buckets_of_its_own() {
    let world = World::new();
    let (server, name) = (&world.bucket.server, world.bucket.name.clone());
    world.as_other("PUT", "/its-own").expect(200);
    world.as_other("PUT", "/its-own").expect(200);
    let put = server.request("PUT", "/its-own/key").key(&world.key.0, &world.key.1).body("x");
    put.send().expect(200);

    let listed = world.as_other("GET", "/").expect(200);
    assert_eq!(listed.elements("Name"), ["its-own"]);
    assert_eq!(listed.element("ID"), world.uid);
    let listed = server.request("GET", "/").send().expect(200);
    assert_eq!(listed.elements("Name"), [name.as_str()]);
    assert_eq!(listed.element("ID"), "1000000000000001");
    let page = server.request("GET", "/?max-keys=1").key(&world.key.0, &world.key.1).send().expect(200);
    assert_eq!(
        (page.elements("Name"), page.element("IsTruncated")),
        (vec!["its-own".to_owned()], "false".into())
    );

    for target in ["?bucketInfo", "?acl", "", "key?acl"] {
        let answer = world.as_other("GET", &format!("/its-own/{target}")).expect(200);
        assert_eq!(answer.element("ID"), world.uid, "{target}");
    }
    let answer = world.as_other("GET", "/its-own?list-type=2&fetch-owner=true").expect(200);
    assert_eq!(answer.element("ID"), world.uid);
}

#[test]
fn the_bucket_of_another_account_is_refused() {
    let world = World::new();
    let (server, name) = (&world.bucket.server, world.bucket.name.clone());
    world.bucket.put("key", "x");
    let not_yours = "The bucket you access does not belong to you.";
    world
        .as_other("PUT", &format!("/{name}"))
        .expect_error(409, "BucketAlreadyExists")
        .with_ec("0015-00000104");
    for (method, target) in [
        ("GET", ""),
        ("GET", "?bucketInfo"),
        ("GET", "?acl"),
        ("PUT", "?acl"),
        ("DELETE", ""),
        ("GET", "/key"),
        ("PUT", "/key"),
        ("DELETE", "/key"),
        ("GET", "/key?acl"),
        ("POST", "/key?uploads"),
    ] {
        let answer = world.as_other(method, &format!("/{name}{target}"));
        answer.expect_error(403, "AccessDenied").with("Message", not_yours).with_ec("0003-00000001");
    }
    world.as_other("PUT", "/its-own").expect(200);
    let copy = server.request("PUT", "/its-own/copy").header("x-oss-copy-source", &format!("/{name}/key"));
    copy.key(&world.key.0, &world.key.1).send().expect_error(403, "AccessDenied");
    // The other way round, too: the configured account has no right to what is not its own.
    server.request("PUT", "/its-own").send().expect_error(409, "BucketAlreadyExists");
    server.request("GET", "/its-own").send().expect_error(403, "AccessDenied").with("Message", not_yours);
    assert_eq!(world.bucket.get("key"), b"x");
}

#[test]
fn what_acls_allow_is_allowed_to_other_accounts() {
    let world = World::new();
    let name = world.bucket.name.clone();
    world.bucket.put("key", "x");
    for (acl, anonymous, signed, written) in [
        ("private", 403, 403, 403),
        ("authenticated-read", 403, 200, 403),
        ("public-read", 200, 200, 403),
        ("public-read-write", 200, 200, 200),
    ] {
        world.bucket.set_acl(acl);
        assert_eq!(world.bucket.key("GET", "key").anonymous().send().status, anonymous, "{acl}");
        assert_eq!(world.as_other("GET", &format!("/{name}/key")).status, signed, "{acl}");
        assert_eq!(world.as_other("GET", &format!("/{name}")).status, signed, "{acl}");
        assert_eq!(world.as_other("PUT", &format!("/{name}/new")).status, written, "{acl}");
        assert_eq!(world.as_other("GET", &format!("/{name}?acl")).status, 403, "{acl}");
    }
}

#[test]
fn public_access_is_blocked_for_each_account() {
    let world = World::new();
    let server = &world.bucket.server;
    world.as_other("PUT", "/its-own").expect(200);
    let set = |block| {
        let put = server.request("PUT", "/?publicAccessBlock").key(&world.key.0, &world.key.1);
        put.body(block_document(block)).send().expect(200);
    };
    set(true);
    let acl = || server.request("PUT", "/its-own?acl").header("x-oss-acl", "public-read");
    acl().key(&world.key.0, &world.key.1).send().expect_error(403, "AccessDenied");
    world.bucket.set_acl("public-read");
    let told = |answer: &Answer| answer.element("BlockPublicAccess");
    assert_eq!(told(&world.as_other("GET", "/?publicAccessBlock")), "true");
    assert_eq!(told(&server.request("GET", "/?publicAccessBlock").send()), "false");
    set(false);
    acl().key(&world.key.0, &world.key.1).send().expect(200);
}

#[test]
fn a_user_has_no_right_by_itself() {
    let world = World::new();
    let (server, name) = (&world.bucket.server, world.bucket.name.clone());
    server.administer("POST", "users", &json!({ "name": "alice" })).expect(200);
    let (id, secret) = server.make_key("?user=alice");
    world.bucket.put("key", "x");
    for (method, target) in [
        ("GET", format!("/{name}/key")),
        ("PUT", format!("/{name}/key")),
        ("GET", format!("/{name}?bucketInfo")),
        ("GET", "/".to_owned()),
        ("PUT", "/another-bucket".to_owned()),
        ("PUT", format!("/{name}")),
    ] {
        let answer = server.request(method, &target).key(&id, &secret).send();
        answer.expect_error(403, "AccessDenied");
    }
    world.bucket.set_acl("public-read");
    server.request("GET", &format!("/{name}/key")).key(&id, &secret).send().expect(200);
}

#[test]
fn a_key_that_is_disabled_ends_at_the_next_request() {
    let world = World::new();
    let server = &world.bucket.server;
    let list = || world.as_other("GET", "/");
    let disabled = "The OSS Access Key Id you provided is disabled.";
    let path = format!("keys/{}", world.key.0);
    list().expect(200);
    server.administer("PATCH", &path, &json!({ "status": "Disabled" })).expect(200);
    list()
        .expect_error(403, "InvalidAccessKeyId")
        .with("Message", disabled)
        .with("OSSAccessKeyId", &world.key.0);
    server.administer("PATCH", &path, &json!({ "status": "Active" })).expect(200);
    list().expect(200);
    let account = format!("accounts/{}", world.uid);
    server.administer("PATCH", &account, &json!({ "status": "Disabled" })).expect(200);
    list().expect_error(403, "InvalidAccessKeyId").with("Message", disabled);
    server.administer("PATCH", &account, &json!({ "status": "Active" })).expect(200);
    list().expect(200);
    server.administer("DELETE", &path, &Value::Null).expect(200);
    let message = "The OSS Access Key Id you provided does not exist in our records.";
    list().expect_error(403, "InvalidAccessKeyId").with("Message", message).with_ec("0002-00000902");
}

#[test]
fn a_rotated_key_counts_while_its_grace_lasts() {
    let world = World::new();
    let server = &world.bucket.server;
    let rotate = |grace: u32| {
        let path = format!("keys/{}/rotate", world.key.0);
        let made = json_of(&server.administer("POST", &path, &json!({ "grace_s": grace })).expect(200));
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("id"), text("secret"))
    };
    let (id, secret) = rotate(3600);
    let by_new = || server.request("GET", "/").key(&id, &secret).send().expect(200);
    by_new();
    world.as_other("GET", "/").expect(200);
    rotate(0);
    world.as_other("GET", "/").expect_error(403, "InvalidAccessKeyId");
    by_new();
    let keys = json_of(&server.administer("GET", &format!("keys?account={}", world.uid), &Value::Null));
    let of = |id: &str| keys["keys"].as_array().unwrap().iter().find(|key| key["id"] == id).unwrap().clone();
    assert_eq!(of(&id)["status"], "Active");
    let old = of(&world.key.0);
    assert_eq!(old["status"], "Disabled");
    assert!(old["rotated_ms"].is_i64() && old["ends_ms"].is_i64(), "{old}");
}

#[test]
fn wrong_secrets_and_tokens_of_keys_that_are_there() {
    let world = World::new();
    let server = &world.bucket.server;
    let signed = |secret: &str| server.request("GET", "/").key(&world.key.0, secret);
    signed("not the secret").send().expect_error(403, "SignatureDoesNotMatch");
    let with_token = signed(&world.key.1).header("x-oss-security-token", "token");
    with_token.send().expect_error(403, "InvalidAccessKeyId");
}

#[test]
fn keys_and_owners_outlive_a_restart_and_secrets_are_not_on_the_disk() {
    let data = folder();
    let server = Arc::new(Setup::new().data(data.path()).start());
    let world = World::on(&server);
    world.as_other("PUT", "/its-own").expect(200);
    let World { bucket, uid, key } = world;
    drop(server);
    let mut server = Arc::into_inner(bucket.server).unwrap();
    server.terminate();
    assert!(server.wait().success());
    let files = walk(data.path());
    assert!(files.iter().any(|content| has(content, key.0.as_bytes())), "the id is");
    assert!(!files.iter().any(|content| has(content, key.1.as_bytes())), "the secret is not");
    assert!(!server.log().contains(&key.1));

    let server = Setup::new().data(data.path()).start();
    let listed = server.request("GET", "/").key(&key.0, &key.1).send().expect(200);
    assert_eq!((listed.elements("Name"), listed.element("ID")), (vec!["its-own".to_owned()], uid));
    drop(server);
    std::fs::write(data.path().join("master.key"), [7; 32]).unwrap();
    let ended = Setup::new().data(data.path()).run();
    assert!(ended.stderr.contains("is not the master key"), "{ended:?}");
    std::fs::remove_file(data.path().join("master.key")).unwrap();
    let ended = Setup::new().data(data.path()).run();
    assert!(ended.stderr.contains("restore that file"), "{ended:?}");
    assert!(!data.path().join("master.key").exists(), "no other key is made in its place");
}

#[test]
fn the_master_key_may_come_from_the_environment() {
    let data = folder();
    let with = |key: &str| Setup::new().data(data.path()).set("OSSICLE_MASTER_KEY", key);
    let right = "5a".repeat(32);
    let server = Arc::new(with(&right).start());
    let World { bucket, key, .. } = World::on(&server);
    drop(server);
    let mut server = Arc::into_inner(bucket.server).unwrap();
    server.terminate();
    assert!(server.wait().success());
    assert!(!data.path().join("master.key").exists());
    for (wrong, cure) in [
        ("a5".repeat(32), "OSSICLE_MASTER_KEY is not the master key"),
        ("5a".repeat(31), "openssl rand -hex 32"),
        (String::new(), "restore that file"),
    ] {
        let ended = with(&wrong).run();
        assert!(ended.stderr.contains(cure), "{ended:?}");
        assert!(wrong.is_empty() || !ended.stderr.contains(&wrong), "{ended:?}");
    }
    let ended = with(&right).set("OSSICLE_ACCESS_MASTER_KEY_FILE", "/nowhere/master.key").run();
    assert!(ended.stderr.contains("are both set"), "{ended:?}");
    let server = with(&right).start();
    server.request("GET", "/").key(&key.0, &key.1).send().expect(200);
}

fn walk(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let contents =
        paths.map(|path| if path.is_dir() { walk(&path) } else { vec![std::fs::read(&path).unwrap()] });
    contents.flatten().collect()
}

fn has(content: &[u8], wanted: &[u8]) -> bool {
    content.windows(wanted.len()).any(|window| window == wanted)
}

#[test]
fn callbacks_and_the_access_log_name_whoever_asked_and_whoever_owns() {
    let folder = folder();
    let log = folder.path().join("access.log");
    let server = Setup::new().set("OSSICLE_LOG_ACCESS_LOG", log.to_str().unwrap());
    let world = World::on(&Arc::new(server.start()));
    let server = &world.bucket.server;
    world.as_other("PUT", "/its-own").expect(200);
    let application = Application::json("{}");
    let callback = json!({ "callbackUrl": application.url("/"), "callbackBody": "bucket=${bucket}" });
    let callback = STANDARD.encode(callback.to_string());
    let put = server.request("PUT", "/its-own/key").header("x-oss-callback", &callback).body("x");
    put.key(&world.key.0, &world.key.1).send().expect(200);
    let seen = application.only();
    assert_eq!(seen.header("x-oss-owner"), world.uid);
    assert_eq!(seen.header("x-oss-requester"), world.key.0);
    server.administer("POST", "users", &json!({ "name": "alice" })).expect(200);
    let user = json_of(&server.administer("GET", "users/alice", &Value::Null));
    let (id, secret) = server.make_key("?user=alice");
    let answer = server.request("GET", "/its-own/key").key(&id, &secret).send().expect(403);
    let lines = access_log_with(&log, answer.must("x-oss-request-id"));
    let line = lines.lines().find(|line| line.contains("GetObject")).unwrap();
    let user_id = user["id"].as_str().unwrap();
    assert!(line.contains(&format!("\"{user_id}\"")) && line.contains(&world.uid), "{line}");
}

#[test]
fn users_over_http() {
    let server = Setup::new().start();
    let administer = |method, path: &str, body| server.administer(method, path, &body);
    let made = json_of(&administer("POST", "users", json!({ "name": "bob", "comment": "c" })).expect(200));
    assert_eq!(made["arn"], "acs:ram::1000000000000001:user/bob");
    assert_eq!((made["status"].as_str(), made["comment"].as_str()), (Some("Active"), Some("c")));
    let id = made["id"].as_str().unwrap();
    assert!(id.len() == 18 && id.starts_with('2'), "{id}");
    refused(&administer("POST", "users", json!({ "name": "bob" })), 409, "EntityAlreadyExists.User");
    for name in ["", "a b", "a/b", "é", &"x".repeat(65)] {
        refused(&administer("POST", "users", json!({ "name": name })), 400, "InvalidParameter");
    }
    refused(&administer("POST", "users", json!({ "name": "c", "more": 1 })), 400, "InvalidParameter");
    let long = json!({ "name": "c", "comment": "x".repeat(1025) });
    refused(&administer("POST", "users", long), 400, "InvalidParameter");
    refused(&administer("GET", "users/nobody", Value::Null), 404, "EntityNotExist.User");
    refused(&administer("GET", "users?account=9", Value::Null), 404, "EntityNotExist.Account");
    for name in ["alice", "carol"] {
        administer("POST", "users", json!({ "name": name })).expect(200);
    }
    let page = json_of(&administer("GET", "users?limit=2", Value::Null));
    assert_eq!((page["users"][1]["name"].as_str(), page["next"].as_str()), (Some("bob"), Some("bob")));
    let page = json_of(&administer("GET", "users?limit=2&after=bob", Value::Null));
    assert_eq!((page["users"][0]["name"].as_str(), page["next"].as_str()), (Some("carol"), None));
    let changed = json_of(&administer("PATCH", "users/bob", json!({ "status": "Disabled", "comment": "d" })));
    assert_eq!((changed["status"].as_str(), changed["comment"].as_str()), (Some("Disabled"), Some("d")));
    refused(&administer("PATCH", "users/bob", json!({ "status": "Gone" })), 400, "InvalidParameter");
    for _ in 0..2 {
        server.make_key("?user=bob");
    }
    refused(&administer("POST", "keys?user=bob", Value::Null), 409, "LimitExceeded.AccessKey");
    refused(&administer("POST", "keys?user=nobody", Value::Null), 404, "EntityNotExist.User");
    let keys = json_of(&administer("GET", "keys?user=bob", Value::Null));
    let id = keys["keys"][0]["id"].as_str().unwrap().to_owned();
    assert!(id.len() == 24 && id.starts_with("LTAI") && keys["keys"][0].get("secret").is_none(), "{keys}");
    administer("DELETE", "users/bob", Value::Null).expect(200);
    refused(&administer("GET", &format!("keys/{id}"), Value::Null), 404, "EntityNotExist.AccessKey");
    refused(&administer("PUT", "users/alice", Value::Null), 404, "NoSuchPath");
    refused(&administer("GET", "things", Value::Null), 404, "NoSuchPath");
}

#[test]
fn accounts_over_http() {
    let server = Setup::new().start();
    let administer = |method, path: &str, body| server.administer(method, path, &body);
    let uid = account(&server, "other");
    assert!(uid.len() == 16 && uid.starts_with('1'), "{uid}");
    refused(&administer("POST", "accounts", json!({ "name": "other" })), 409, "EntityAlreadyExists.Account");
    let own = json!({ "name": "me", "uid": "1000000000000001" });
    refused(&administer("POST", "accounts", own), 409, "EntityAlreadyExists.Account");
    refused(&administer("POST", "accounts", json!({ "name": "x", "uid": "a" })), 400, "InvalidParameter");
    for method in ["PATCH", "DELETE"] {
        let answer = administer(method, "accounts/1000000000000001", json!({ "status": "Disabled" }));
        refused(&answer, 400, "InvalidParameter");
    }
    let list = json_of(&administer("GET", "accounts", Value::Null));
    assert_eq!(list["accounts"][0]["configured"], true);
    assert_eq!(list["accounts"][1]["uid"], uid.as_str());
    let at = format!("accounts/{uid}");
    administer("POST", &format!("users?account={uid}"), json!({ "name": "u" })).expect(200);
    refused(&administer("DELETE", &at, Value::Null), 409, "DeleteConflict.Account");
    administer("DELETE", &format!("users/u?account={uid}"), Value::Null).expect(200);
    let (id, secret) = server.make_key(&format!("?account={uid}"));
    let bucket = |method: &str| server.request(method, "/a-bucket").key(&id, &secret).send();
    bucket("PUT").expect(200);
    refused(&administer("DELETE", &at, Value::Null), 409, "DeleteConflict.Account");
    bucket("DELETE").expect(204);
    administer("DELETE", &at, Value::Null).expect(200);
    bucket("PUT").expect_error(403, "InvalidAccessKeyId");
    refused(&administer("GET", &at, Value::Null), 404, "EntityNotExist.Account");
}

#[test]
fn roles_and_policies_over_http() {
    let server = Setup::new().start();
    let administer = |method, path: &str, body| server.administer(method, path, &body);
    let new =
        |trust: Value, seconds: u32| json!({ "name": "r", "trust_policy": trust, "max_session_s": seconds });
    refused(&administer("POST", "roles", new(json!("{"), 3600)), 400, "MalformedPolicyDocument");
    refused(&administer("POST", "roles", new(json!(TRUST), 899)), 400, "InvalidParameter");
    refused(&administer("POST", "roles", new(json!(TRUST), 43_201)), 400, "InvalidParameter");
    let made = json_of(&administer("POST", "roles", new(json!(TRUST), 900)).expect(200));
    assert_eq!(made["arn"], "acs:ram::1000000000000001:role/r");
    assert_eq!((made["trust_policy"].as_str(), made["max_session_s"].as_u64()), (Some(TRUST), Some(900)));
    refused(&administer("POST", "roles", new(json!(TRUST), 900)), 409, "EntityAlreadyExists.Role");
    let changed = json_of(&administer("PATCH", "roles/r", json!({ "max_session_s": 43_200 })).expect(200));
    assert_eq!(changed["max_session_s"], 43_200);
    administer("DELETE", "roles/r", Value::Null).expect(200);
    let again = json_of(&administer("POST", "roles", new(json!(TRUST), 900)).expect(200));
    assert_ne!(again["id"], made["id"], "a role of the same name is another");

    let policy = json!({ "Version": "1", "Statement": [
        { "Effect": "Allow", "Action": "oss:GetObject", "Resource": "acs:oss:*:*:b/*" },
    ] });
    let put = json_of(&administer("PUT", "roles/r/policies/read", json!({ "document": policy })).expect(200));
    assert_eq!(serde_json::from_str::<Value>(put["document"].as_str().unwrap()).unwrap(), policy);
    let bad = json!({ "document": { "Version": "2", "Statement": [] } });
    refused(&administer("PUT", "roles/r/policies/read", bad), 400, "MalformedPolicyDocument");
    refused(
        &administer("PUT", "roles/r/policies/a_b", json!({ "document": policy })),
        400,
        "InvalidParameter",
    );
    refused(
        &administer("PUT", "roles/x/policies/read", json!({ "document": policy })),
        404,
        "EntityNotExist.Role",
    );
    refused(&administer("GET", "users/r/policies", Value::Null), 404, "EntityNotExist.User");
    let list = json_of(&administer("GET", "roles/r/policies", Value::Null));
    assert_eq!(list["policies"][0]["name"], "read");
    administer("DELETE", "roles/r/policies/read", Value::Null).expect(200);
    refused(&administer("GET", "roles/r/policies/read", Value::Null), 404, "EntityNotExist.Policy");
}

#[test]
fn every_way_of_signing_takes_keys_of_accounts() {
    let world = World::new();
    let (server, (id, secret)) = (&world.bucket.server, world.key.clone());
    world.as_other("PUT", "/its-own").expect(200);
    server.request("PUT", "/its-own/key").key(&id, &secret).body("x").send().expect(200);
    for auth in [Auth::HeaderV1, Auth::HeaderV4, Auth::UrlV1, Auth::UrlV4] {
        let get = |secret: &str| server.request("GET", "/its-own/key").auth(auth).key(&id, secret).send();
        assert_eq!(get(&secret).expect(200).text(), "x");
        get("another").expect_error(403, "SignatureDoesNotMatch");
        let of_other = server.request("GET", &format!("/{}", world.bucket.name)).auth(auth);
        of_other.key(&id, &secret).send().expect_error(403, "AccessDenied");
    }
    // One SDK names the bucket both in the host and in the path: the signature tells which reading is meant.
    let host = server.address();
    for resource in ["/its-own/key", "/its-own/its-own/key"] {
        let twice = server.request("GET", "/its-own/key").host(&format!("its-own.localhost:{}", host.port()));
        let answer = twice.auth(Auth::HeaderV1).resource(resource).key(&id, &secret).send();
        assert_eq!(answer.status, if resource == "/its-own/key" { 200 } else { 404 }, "{resource}");
    }
}

#[test]
fn forms_are_signed_with_keys_of_accounts() {
    let world = World::new();
    let (server, (id, secret)) = (&world.bucket.server, &world.key);
    world.as_other("PUT", "/its-own").expect(200);
    let post = |bucket: &str, secret: &str| {
        let policy = Policy::new().key(id, secret).condition(&format!("{{\"bucket\":\"{bucket}\"}}"));
        [policy.v1(), policy.v4()].map(|fields| {
            let form = Form::new().field("key", "posted").fields(fields).file("f", "x");
            form.onto(server.request("POST", &format!("/{bucket}")).anonymous()).send()
        })
    };
    for answer in post("its-own", secret) {
        answer.expect(204);
    }
    for answer in post("its-own", "another") {
        answer.expect_error(403, "SignatureDoesNotMatch");
    }
    for answer in post(&world.bucket.name, secret) {
        answer.expect_error(403, "AccessDenied");
    }
    world.bucket.assert_absent("posted");
    server.administer("PATCH", &format!("keys/{id}"), &json!({ "status": "Disabled" })).expect(200);
    let message = "The OSS Access Key Id you provided is disabled.";
    for answer in post("its-own", secret) {
        answer.expect_error(403, "InvalidAccessKeyId").with("Message", message);
    }
}

#[test]
fn another_account_makes_no_bucket_of_ones_own_its_own() {
    let world = World::new();
    let (server, bucket) = (&world.bucket.server, &world.bucket);
    let policy = json!({ "Version": "1", "Statement": [{
        "Effect": "Allow", "Action": "oss:*", "Principal": [world.uid],
        "Resource": [format!("acs:oss:*:*:{}", bucket.name), format!("acs:oss:*:*:{}/*", bucket.name)],
    }] });
    bucket.root("PUT", "?policy").body(policy.to_string()).send().expect(200);
    world.as_other("GET", &format!("/{}?acl", bucket.name)).expect(200);
    let put = server.request("PUT", &format!("/{}", bucket.name)).header("x-oss-acl", "public-read");
    put.key(&world.key.0, &world.key.1).send().expect_error(409, "BucketAlreadyExists");
    assert_eq!(bucket.root("GET", "?acl").send().element("Grant"), "private");
}

#[test]
fn further_keys_of_the_configured_account_own_its_buckets_and_administer_nothing() {
    let world = World::new();
    let (server, bucket) = (&world.bucket.server, &world.bucket);
    let (id, secret) = server.make_key("");
    server.request("PUT", &format!("/{}/key", bucket.name)).key(&id, &secret).body("x").send().expect(200);
    let listed = server.request("GET", "/").key(&id, &secret).send().expect(200);
    assert_eq!(
        (listed.elements("Name"), listed.element("ID")),
        (vec![bucket.name.clone()], "1000000000000001".into())
    );
    let basic = STANDARD.encode(format!("{id}:{secret}"));
    let mut wire = Wire::open(server.console());
    wire.send(format!(
        "GET /api/access/keys HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic {basic}\r\n\r\n",
        server.console()
    ));
    assert_eq!(wire.answer().status, 401);
}
