//! `ossicle account`, `user`, `role`, `key` and `policy`, against a running server and on the folder of a stopped one.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::server::folder;
use crate::harness::{Bucket, Server, Setup};
use crate::run::{Done, on, ossicle, path, with_input};

const TRUST: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1000000000000001:root"]}}]}"#;
const POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}"#;

/// Either a running server, or the folder of a stopped one.
enum Place<'a> {
    Running(&'a Server),
    Stopped(&'a Path),
}

impl Place<'_> {
    #[track_caller]
    fn run(&self, arguments: &[&str], input: &str, code: i32) -> Done {
        match self {
            Self::Running(server) => with_input(arguments, input.as_bytes(), Some(*server)),
            Self::Stopped(data) => {
                let folder = ["--data-dir", data.to_str().unwrap()];
                with_input(&[arguments, &folder].concat(), input.as_bytes(), None)
            }
        }
        .exits(code)
    }

    #[track_caller]
    fn text(&self, arguments: &[&str]) -> String {
        self.run(arguments, "", 0).out
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat(), "", 0).lines().remove(0)
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], words: &str) {
        let done = self.run(arguments, "", 1);
        assert!(done.err.contains(words), "no {words:?} in {}", done.err);
    }
}

/// Asks why somebody may do something in a bucket.
fn explain(place: &Place<'_>, who: &str, action: &str, resource: &str, more: &[&str]) -> String {
    let asked = ["policy", "explain", "--as", who, "--action", action, "--resource", resource];
    place.text(&[&asked, more].concat())
}

#[test]
fn policy_explain_tells_what_decides() {
    let server = Arc::new(Setup::new().start());
    let bucket = Bucket::on(&server);
    let place = Place::Running(&server);
    let own = format!("{}/own/a", bucket.name);
    place.text(&["user", "create", "alice"]);
    let statement = |effect: &str, condition: &str| {
        format!(
            r#"{{"Sid":"s","Effect":"{effect}","Action":"oss:PutObject","Resource":"acs:oss:*:*:{}/own/*"{condition}}}"#,
            bucket.name
        )
    };
    let policy =
        |statements: &[String]| format!(r#"{{"Version":"1","Statement":[{}]}}"#, statements.join(","));
    let address = r#","Condition":{"IpAddress":{"acs:SourceIp":"192.0.2.0/24"}}"#;
    place.run(
        &["policy", "put", "own", "--user", "alice", "-"],
        &policy(&[statement("Allow", ""), statement("Deny", address)]),
        0,
    );
    let put =
        |who: &str, resource: &str, more: &[&str]| explain(&place, who, "oss:PutObject", resource, more);
    let note = "a condition asks for what the request brings";
    let allowed = put("alice", &own, &[]);
    assert!(allowed.starts_with("allowed: statement 1 (s) of the RAM policy own\n"), "{allowed}");
    assert!(allowed.contains(note), "{allowed}");
    let denied = put("alice", &own, &["--condition", "acs:SourceIp=192.0.2.9"]);
    assert_eq!(denied, "denied: statement 2 (s) of the RAM policy own\n");
    let resource = format!("acs:oss:*:*:{own}");
    let elsewhere =
        put("acs:ram::1000000000000001:user/alice", &resource, &["--condition", "acs:SourceIp=::1"]);
    assert_eq!(elsewhere, "allowed: statement 1 (s) of the RAM policy own\n");
    let other = put("user/alice", &format!("{}/b", bucket.name), &["--condition", "acs:SourceIp=::1"]);
    assert_eq!(other, "denied: the bucket's ACL private\n");
    assert_eq!(put("root", &own, &[]), "allowed: the account owns it\n");
    assert_eq!(put("anonymous", &own, &[]), "denied: the bucket's ACL private\n");
    let everybody = statement("Allow", r#","Principal":["*"]"#);
    bucket.root("PUT", "?policy").body(policy(&[everybody])).send().expect(200);
    assert_eq!(put("anonymous", &own, &[]), "allowed: statement 1 (s) of the bucket policy\n");
    let answer = place.json(&[
        "policy",
        "explain",
        "--as",
        "anonymous",
        "--action",
        "oss:GetBucketAcl",
        "--resource",
        &bucket.name,
    ]);
    assert_eq!(
        answer,
        json!({"allowed": false, "reason": "no statement allows it", "depends_on_request": false})
    );
    place.text(&["user", "disable", "alice"]);
    assert_eq!(put("alice", &own, &[]), "denied: the user or the account is disabled\n");
    let refused = |who: &str, action: &str, resource: &str, more: &[&str], words: &str| {
        let asked = ["policy", "explain", "--as", who, "--action", action, "--resource", resource];
        place.refused(&[&asked, more].concat(), words);
    };
    refused("nobody", "oss:PutObject", &own, &[], "no such user");
    refused("acs:ram::77:root", "oss:PutObject", &own, &[], "no such account");
    refused("role/r", "oss:PutObject", &own, &[], "no such role");
    refused("group/g", "oss:PutObject", &own, &[], "Somebody is anonymous, root");
    refused("root", "PutObject", &own, &[], "An action is written");
    refused("root", "oss:PutObject", "no-such-bucket/a", &[], "There is no bucket no-such-bucket");
    refused("root", "oss:PutObject", &own, &["--condition", "acs:Sauce=1"], "no condition key");
}

/// Goes through everything that the commands do.
fn go_through(place: &Place<'_>) {
    let alice = place.text(&["user", "create", "alice", "--comment", "of the team"]);
    assert!(
        alice.contains("acs:ram::1000000000000001:user/alice") && alice.contains("of the team"),
        "{alice}"
    );
    place.refused(&["user", "create", "alice"], "Another user has this name");
    place.refused(&["user", "create", "a b"], "letters, digits");
    let list = place.text(&["user", "list"]);
    assert!(list.starts_with("NAME ") && list.lines().nth(1).unwrap().starts_with("alice "), "{list}");

    let made = place.text(&["key", "create", "--user", "alice"]);
    assert!(made.contains("access key id") && made.contains("not shown again"), "{made}");
    let key = place.json(&["key", "create", "--user", "alice"]);
    let (id, secret) = (key["id"].as_str().unwrap(), key["secret"].as_str().unwrap());
    assert_eq!((id.len(), secret.len()), (24, 30));
    place.refused(&["key", "create", "--user", "alice"], "delete one first");
    let listed = place.text(&["key", "list", "--user", "alice"]);
    assert!(listed.contains(id) && !listed.contains(secret), "{listed}");
    assert!(place.text(&["key", "disable", id]).contains("Disabled"));
    assert!(place.text(&["key", "enable", id]).contains("Active"));
    place.refused(&["key", "rotate", id, "--grace", "1d"], "delete one first");
    let other = listed.lines().skip(1).map(|line| line.split(' ').next().unwrap()).find(|other| *other != id);
    place.text(&["key", "delete", other.unwrap()]);
    let rotated = place.json(&["key", "rotate", id, "--grace", "1d"]);
    assert_ne!(rotated["id"], id);
    assert!(place.json(&["key", "show", id])["ends_ms"].is_i64());

    place.run(&["policy", "put", "all", "--user", "alice", "-"], POLICY, 0);
    let mistake = place.run(&["policy", "put", "all", "--user", "alice", "-"], "{", 1);
    assert!(!mistake.err.is_empty());
    assert_eq!(place.text(&["policy", "show", "all", "--user", "alice"]), format!("{POLICY}\n"));
    assert!(place.text(&["policy", "list", "--user", "alice"]).contains("all "));
    place.text(&["policy", "delete", "all", "--user", "alice"]);
    place.refused(&["policy", "show", "all", "--user", "alice"], "no such policy");

    let create = ["role", "create", "reader", "--trust-policy", "-", "--max-session", "2h"];
    let role = place.run(&create, TRUST, 0).out;
    assert!(role.contains("7200") && role.contains("sts:AssumeRole"), "{role}");
    assert!(place.text(&["role", "change", "reader", "--max-session", "1h"]).contains("3600"));
    place.run(&["policy", "put", "all", "--role", "reader", "-"], POLICY, 0);
    assert!(place.text(&["role", "list"]).contains("reader"));
    place.text(&["role", "delete", "reader"]);
    place.refused(&["role", "show", "reader"], "no such role");

    let account = place.json(&["account", "create", "other"]);
    let uid = account["uid"].as_str().unwrap();
    let users = ["user", "create", "bob", "--account", uid];
    assert!(place.text(&users).contains(&format!("acs:ram::{uid}:user/bob")));
    place.refused(&["account", "delete", uid], "users");
    place.text(&["user", "delete", "bob", "--account", uid]);
    assert!(place.text(&["account", "disable", uid]).contains("Disabled"));
    assert!(place.text(&["account", "list"]).contains(uid));
    place.text(&["account", "delete", uid]);
    place.refused(&["account", "show", uid], "no such account");
    place.refused(&["account", "disable", "1000000000000001"], "cannot be changed");
    assert!(place.text(&["user", "disable", "alice"]).contains("Disabled"));
    place.text(&["user", "delete", "alice"]);
    place.refused(&["key", "show", id], "no such access key");
}

#[test]
fn accounts_of_a_running_server() {
    go_through(&Place::Running(&Setup::new().start()));
}

#[test]
fn accounts_in_the_folder_of_a_stopped_server() {
    let data = folder();
    let mut server = Setup::new().data(data.path()).start();
    let in_use = ossicle(&["user", "list", "--data-dir", data.path().to_str().unwrap()]).exits(2);
    assert!(in_use.err.contains("in use"), "{}", in_use.err);
    server.terminate();
    assert!(server.wait().success());
    let place = Place::Stopped(data.path());
    go_through(&place);
    // What was made without the server counts with it.
    place.text(&["account", "create", "other", "--uid", "42"]);
    let key = place.json(&["key", "create", "--account", "42"]);
    let server = Setup::new().data(data.path()).start();
    let (id, secret) = (key["id"].as_str().unwrap(), key["secret"].as_str().unwrap());
    let listed = server.request("GET", "/").key(id, secret).send().expect(200);
    assert_eq!(listed.element("ID"), "42");
}

#[test]
fn places_and_arguments_that_make_no_sense() {
    let data = folder();
    let nowhere = path(data.path(), "nowhere");
    let ended = ossicle(&["user", "list", "--data-dir", &nowhere]).exits(2);
    assert!(ended.err.contains("no data folder"), "{}", ended.err);
    let unreachable = ossicle(&["user", "list", "--console", "http://127.0.0.1:1"]).exits(1);
    assert!(unreachable.err.contains("is the server running?"), "{}", unreachable.err);
    for arguments in [
        &["policy", "list"][..],
        &["policy", "list", "--user", "a", "--role", "b"],
        &["key", "rotate", "LTAIx", "--grace", "soon"],
        &["user", "list", "--config", "file"],
        &["user", "create"],
    ] {
        assert_eq!(ossicle(arguments).code, 2, "{arguments:?}");
    }
    let server = Setup::new().start();
    let missing = on(&server, &["policy", "put", "p", "--user", "a", &path(data.path(), "none.json")]);
    assert!(missing.exits(2).err.contains("none.json"));
    let page = on(&server, &["user", "list", "--format", "json"]).exits(0);
    assert_eq!(page.out, "");
    for name in ["a", "b"] {
        assert_eq!(server.administer("POST", "users", &json!({ "name": name })).status, 200);
    }
    let names = on(&server, &["user", "list", "--format", "json"]).exits(0).lines();
    assert_eq!(names.iter().map(|user| user["name"].as_str().unwrap()).collect::<String>(), "ab");
}
