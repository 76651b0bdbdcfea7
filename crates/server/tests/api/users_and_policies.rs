//! What users may do by their policies, and what they are told where they may not.

use serde_json::{Value, json};

use crate::harness::signing::Key;
use crate::harness::{Answer, Bucket, Server, Setup};

/// A user with these statements, and its key.
fn user(server: &Server, name: &str, statements: &[Value]) -> (Value, Key) {
    let made = server.administer("POST", "users", &json!({ "name": name })).expect(200);
    attach(server, name, "first", statements);
    let (id, secret) = server.make_key(&format!("?user={name}"));
    (serde_json::from_str(made.text()).unwrap(), Key { id, secret })
}

fn attach(server: &Server, name: &str, policy: &str, statements: &[Value]) {
    let document = json!({ "document": { "Version": "1", "Statement": statements } });
    server.administer("PUT", &format!("users/{name}/policies/{policy}"), &document).expect(200);
}

fn server() -> std::sync::Arc<Server> {
    std::sync::Arc::new(Setup::new().set("OSSICLE_LOG_LEVEL", "debug").start())
}

fn detail(answer: &Answer) -> Vec<String> {
    ["PolicyType", "AuthPrincipalOwnerId", "AuthPrincipalType", "NoPermissionType", "AuthAction"]
        .map(|name| answer.element(name))
        .to_vec()
}

#[test]
fn a_user_may_do_what_its_policies_allow_and_is_told_what_they_lack() {
    let server = server();
    let bucket = Bucket::on(&server);
    bucket.put("in/a", "x");
    let name = &bucket.name;
    let read = json!({ "Sid": "read", "Effect": "Allow", "Action": "oss:GetObject", "Resource": format!("acs:oss:*:*:{name}/in/*") });
    let (user, key) = user(&server, "alice", &[read]);
    let as_user = |method: &str, rest: &str| bucket.at(method, rest).key(&key.id, &key.secret);
    as_user("GET", "in/a").send().expect(200);
    as_user("HEAD", "in/a").send().expect(200);
    let answer = as_user("PUT", "in/a").body("y").send().expect_error(403, "AccessDenied");
    let owner = "1000000000000001";
    let lacks = ["AccountLevelIdentityBasedPolicy", owner, "SubUser", "ImplicitDeny", "oss:PutObject"];
    assert_eq!(detail(&answer), lacks);
    assert_eq!(answer.element("AuthPrincipalDisplayName"), user["id"].as_str().unwrap());
    // A change counts from the next request on.
    let all = json!({ "Effect": "Allow", "Action": "oss:*", "Resource": "*" });
    let no_deletion = json!({ "Effect": "Deny", "Action": "oss:DeleteObject", "Resource": "*" });
    attach(&server, "alice", "second", &[all, no_deletion]);
    as_user("PUT", "in/a").body("y").send().expect(200);
    as_user("PUT", "?acl").header("x-oss-acl", "private").send().expect(200);
    let answer = as_user("DELETE", "in/a").send().expect_error(403, "AccessDenied");
    let denies = ["AccountLevelIdentityBasedPolicy", owner, "SubUser", "ExplicitDeny", "oss:DeleteObject"];
    assert_eq!(detail(&answer), denies);
    let answer = answer.with_ec("0003-00000201");
    server.wait_for_log(&format!(
        "oss:DeleteObject on \"{name}/in/a\" is denied: statement 2 of the RAM policy second"
    ));
    let open = |message: &str| server.administer("POST", "diagnoses", &json!({ "message": message }));
    let message = answer.element("EncodedDiagnosticMessage");
    let opened: Value = serde_json::from_str(open(&message).expect(200).text()).unwrap();
    assert_eq!(opened["Reason"], "statement 2 of the RAM policy second");
    assert_eq!(opened["AuthResource"], format!("acs:oss:cn-hangzhou:{owner}:{name}/in/a"));
    assert_eq!(opened["NoPermissionType"], "ExplicitDeny");
    open(&message.to_lowercase()).expect(400);
    open("").expect(400);
    // The longest key, with what JSON makes longer.
    let long = format!("in/{}", "%22".repeat(1000));
    let answer = as_user("DELETE", &long).send().expect_error(403, "AccessDenied");
    open(&answer.element("EncodedDiagnosticMessage")).expect(200);
    server.administer("DELETE", "users/alice/policies/second", &Value::Null).expect(200);
    as_user("PUT", "in/a").body("y").send().expect_error(403, "AccessDenied");
}

#[test]
fn a_bucket_policy_and_the_policies_of_a_user_are_put_together() {
    let server = server();
    let bucket = Bucket::on(&server);
    bucket.put("a", "x");
    let (user, key) =
        user(&server, "bob", &[json!({ "Effect": "Deny", "Action": "oss:PutObject", "Resource": "*" })]);
    let as_user = |method: &str, key_of: &str| bucket.at(method, key_of).key(&key.id, &key.secret);
    let id = user["id"].as_str().unwrap();
    let allow = format!(r#""Effect":"Allow","Action":"oss:*","Principal":["{id}"]"#);
    let set = |statements: &[&str]| {
        let document = crate::bucket_policy::document(&bucket.name, statements);
        bucket.root("PUT", "?policy").body(document).send().expect(200);
    };
    as_user("GET", "a").send().expect_error(403, "AccessDenied");
    set(&[&allow]);
    as_user("GET", "a").send().expect(200);
    as_user("PUT", "a").body("y").send().expect_error(403, "AccessDenied").with_ec("0003-00000201");
    let deny = format!(r#""Effect":"Deny","Action":["oss:PutObject","oss:GetObject"],"Principal":["{id}"]"#);
    set(&[&allow, &deny]);
    as_user("PUT", "a").body("y").send().expect_error(403, "AccessDenied").with_ec("0003-00000203");
    let answer = as_user("GET", "a").send().expect_error(403, "AccessDenied").with_ec("0003-00000101");
    assert!(!answer.text().contains("AccessDeniedDetail"), "{}", answer.text());
    // A user may be let set the policy, and lets itself in no further than that.
    let (_, key) = self::user(
        &server,
        "carol",
        &[
            json!({ "Effect": "Allow", "Action": ["oss:PutBucketPolicy", "oss:GetBucketPolicy"], "Resource": "*" }),
        ],
    );
    let as_carol = |method: &str, rest: &str| bucket.at(method, rest).key(&key.id, &key.secret);
    as_carol("GET", "?policy").send().expect(200);
    as_carol("DELETE", "?policy").send().expect_error(403, "AccessDenied");
    as_carol("GET", "a").send().expect_error(403, "AccessDenied");
}

#[test]
fn a_user_makes_and_lists_buckets_of_its_account_as_its_policies_say() {
    let server = server();
    let bucket = Bucket::on(&server);
    let (name, other) = (&bucket.name, format!("{}-new", bucket.name));
    let (_, key) = user(
        &server,
        "dave",
        &[json!({ "Effect": "Allow", "Action": "oss:PutBucket", "Resource": format!("acs:oss:*:*:{other}"),
            "Condition": { "StringEquals": { "oss:x-oss-acl": "private" } } })],
    );
    let request = |method: &str, path: &str| server.request(method, path).key(&key.id, &key.secret);
    request("GET", "/").send().expect_error(403, "AccessDenied");
    request("PUT", &format!("/{name}-third")).send().expect_error(403, "AccessDenied");
    request("PUT", &format!("/{other}"))
        .header("x-oss-acl", "public-read")
        .send()
        .expect_error(403, "AccessDenied");
    request("PUT", &format!("/{other}")).send().expect(200);
    request("DELETE", &format!("/{other}")).send().expect_error(403, "AccessDenied");
    let info = server.request("GET", &format!("/{other}?bucketInfo")).send().expect(200);
    assert_eq!(info.element("ID"), "1000000000000001");
    attach(
        &server,
        "dave",
        "second",
        &[json!({ "Effect": "Allow", "Action": "oss:ListBuckets", "Resource": "acs:oss:*:*:*" })],
    );
    let names = request("GET", "/").query("prefix", name).send().expect(200).elements("Name");
    assert_eq!(names, [name.clone(), other]);
}

/// Both operations make a bucket and set the ACL of one that is there; either takes the right to what it does.
#[test]
fn neither_put_bucket_nor_put_bucket_acl_stands_for_the_other() {
    let server = server();
    let bucket = Bucket::on(&server);
    let allowing = |action: &str| json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
    let (_, maker) = user(&server, "erin", &[allowing("oss:PutBucket")]);
    let (_, setter) = user(&server, "frank", &[allowing("oss:PutBucketAcl")]);
    let ask = |key: &Key, path: &str| {
        let request = server.request("PUT", path).header("x-oss-acl", "public-read");
        request.key(&key.id, &key.secret).send()
    };
    let (there, new) = (format!("/{}", bucket.name), format!("/{}-new", bucket.name));
    ask(&maker, &there).expect_error(403, "AccessDenied");
    ask(&setter, &format!("{new}?acl")).expect_error(403, "AccessDenied");
    assert_eq!(bucket.root("GET", "?acl").send().expect(200).element("Grant"), "private");
    server.request("GET", &format!("{new}?acl")).send().expect_error(404, "NoSuchBucket");
    ask(&setter, &format!("{there}?acl")).expect(200);
    ask(&maker, &new).expect(200);
}
