//! Who may use buckets and objects: checking policies, a bucket's ACL and policy, and who can access an object.

use serde_json::{Value, json};

use crate::http::{Answer, request};
use crate::objects::{get, make_bucket, post, put};
use crate::server::Server;

fn change(server: &Server, method: &str, target: &str, document: &Value) -> Answer {
    request(&server.console, method, target).keyed().json(document).send()
}

fn statement(resource: &str) -> Value {
    json!({ "Effect": "Allow", "Principal": ["*"], "Action": ["oss:GetObject"], "Resource": [resource] })
}

fn policy(statements: &[Value]) -> String {
    json!({ "Version": "1", "Statement": statements }).to_string()
}

#[test]
fn a_policy_is_checked_without_being_set() {
    let server = Server::start(&[]);
    let right = statement("acs:oss:*:*:demo/*");
    let mut wrong = right.clone();
    wrong["Effect"] = json!("Perhaps");
    let mut of_a_user = right.clone();
    of_a_user.as_object_mut().unwrap().remove("Principal");
    for (kind, document, expected) in [
        ("bucket", policy(std::slice::from_ref(&right)), json!({ "valid": true, "public": true })),
        ("ram", policy(&[of_a_user]), json!({ "valid": true, "public": false })),
        ("bucket", policy(&[right.clone(), wrong]), json!(2)),
        ("bucket", policy(&[right.clone(), statement("acs:oss:*:*:other/*")]), json!(2)),
        ("ram", policy(&[right]), json!(1)),
        ("trust", "{".to_owned(), json!(null)),
    ] {
        let candidate = json!({ "kind": kind, "document": document, "bucket": "demo" });
        let answer = post(&server, "/api/access/check-policy", &candidate).json();
        if expected.is_object() {
            assert_eq!(answer, expected, "{document}");
        } else {
            assert_eq!((&answer["valid"], &answer["statement"]), (&json!(false), &expected), "{document}");
            assert!(!answer["message"].as_str().unwrap().is_empty());
        }
    }
    let unknown = post(&server, "/api/access/check-policy", &json!({ "kind": "other", "document": "{}" }));
    assert_eq!(unknown.status, 422);
}

#[test]
fn a_buckets_policy_and_acl_are_set_as_the_operations_do() {
    let server = Server::start(&[]);
    make_bucket(&server);
    let shown = get(&server, "/api/bucket-access?bucket=demo").json();
    assert_eq!((&shown["policy"], &shown["acl"]), (&json!(null), &json!("private")));
    let set = |document: String| {
        change(&server, "PUT", "/api/bucket-policy", &json!({ "bucket": "demo", "document": document }))
    };
    let refused = set(policy(&[statement("acs:oss:*:*:other/*")]));
    assert_eq!((refused.status, refused.error().as_str()), (400, "InvalidPolicyDocument"));
    let document = policy(&[statement("acs:oss:*:*:demo/*")]);
    let shown = set(document.clone()).json();
    assert_eq!((&shown["policy"], &shown["policy_is_public"]), (&json!(document), &json!(true)));
    let gone = request(&server.console, "DELETE", "/api/bucket-policy?bucket=demo").keyed().send().json();
    assert_eq!(gone["policy"], json!(null));
    let acl = |acl: &str| change(&server, "PUT", "/api/bucket-acl", &json!({ "bucket": "demo", "acl": acl }));
    assert_eq!(acl("public-read").json()["acl"], json!("public-read"));
    assert_eq!(acl("everybody").status, 400);
    for target in ["/api/bucket-access?bucket=no-such", "/api/object-access?bucket=no-such&key=a"] {
        assert_eq!(get(&server, target).error(), "NoSuchBucket");
    }
}

#[test]
fn what_is_public_is_refused_where_public_access_is_blocked() {
    let server = Server::start(&[("OSSICLE_ACCESS_BLOCK_PUBLIC_ACCESS", "true")]);
    make_bucket(&server);
    let document = policy(&[statement("acs:oss:*:*:demo/*")]);
    let set =
        change(&server, "PUT", "/api/bucket-policy", &json!({ "bucket": "demo", "document": document }));
    assert_eq!((set.status, set.error().as_str()), (403, "AccessDenied"));
    let acl = change(&server, "PUT", "/api/bucket-acl", &json!({ "bucket": "demo", "acl": "public-read" }));
    assert_eq!((acl.status, acl.error().as_str()), (403, "AccessDenied"));
    let shown = get(&server, "/api/bucket-access?bucket=demo").json();
    assert_eq!((&shown["policy"], &shown["acl"]), (&json!(null), &json!("private")));
}

#[test]
fn who_can_access_an_object_is_told_with_reasons() {
    let server = Server::start(&[]);
    make_bucket(&server);
    put(&server, "a.txt", "x");
    for user in ["alice", "bob"] {
        assert_eq!(post(&server, "/api/access/users", &json!({ "name": user })).status, 200);
    }
    let role = json!({ "name": "reader", "trust_policy": { "Version": "1", "Statement": [
        { "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "RAM": ["acs:ram::1:root"] } }] } });
    assert_eq!(post(&server, "/api/access/roles", &role).status, 200);
    let reading = json!({ "Effect": "Allow", "Action": ["oss:GetObject"], "Resource": ["*"],
        "Condition": { "IpAddress": { "acs:SourceIp": ["10.0.0.0/8"] } } });
    let document = json!({ "Version": "1", "Statement": [reading] });
    let attached =
        change(&server, "PUT", "/api/access/users/alice/policies/office", &json!({ "document": document }));
    assert_eq!(attached.status, 200);
    let document = json!({ "Version": "1", "Statement": [
        { "Effect": "Allow", "Action": ["oss:*"], "Resource": ["acs:oss:*:*:demo/*"] }] });
    let attached =
        change(&server, "PUT", "/api/access/roles/reader/policies/all", &json!({ "document": document }));
    assert_eq!(attached.status, 200);

    let answer = get(&server, "/api/object-access?bucket=demo&key=a.txt").json();
    assert_eq!(answer["cut"], json!(false));
    let line = |kind: &str, name: &str| {
        let lines = answer["identities"].as_array().unwrap();
        lines.iter().find(|line| line["kind"] == kind && line["name"] == name).unwrap().clone()
    };
    assert_eq!(
        line("everybody", "")["read"],
        json!({ "allowed": false, "reason": "the bucket's ACL private" })
    );
    assert_eq!(line("account", "")["write"], json!({ "allowed": true, "reason": "the account owns it" }));
    assert_eq!(
        line("role", "reader")["read"],
        json!({ "allowed": true, "reason": "statement 1 of the RAM policy all" })
    );
    assert_eq!(line("role", "reader")["depends_on_request"], json!(false));
    assert_eq!(line("user", "bob")["read"]["allowed"], json!(false));
    assert_eq!(line("user", "alice")["read"]["allowed"], json!(false));
    assert_eq!(line("user", "alice")["depends_on_request"], json!(true));
    assert_eq!(get(&server, "/api/object-access?bucket=demo&key=b").error(), "NoSuchKey");
}

#[test]
fn of_many_identities_the_first_are_told_and_the_answer_says_so() {
    let server = Server::start(&[]);
    make_bucket(&server);
    put(&server, "a.txt", "x");
    for number in 0..200 {
        let user = json!({ "name": format!("user-{number:03}") });
        assert_eq!(post(&server, "/api/access/users", &user).status, 200);
    }
    let answer = get(&server, "/api/object-access?bucket=demo&key=a.txt").json();
    assert_eq!((answer["identities"].as_array().unwrap().len(), &answer["cut"]), (200, &json!(true)));
}
