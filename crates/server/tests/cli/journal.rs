//! `ossicle callback list`, `show` and `replay`, against a running server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::harness::{Application, Bucket, Reply, Setup};
use crate::run::{on, ossicle, upload};

/// An application server that fails until the flag is set.
fn failing() -> (Application, Arc<AtomicBool>) {
    let healthy = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&healthy);
    let application = Application::new(move |_| match flag.load(Ordering::SeqCst) {
        true => Reply::json("{\"Status\":\"OK\"}"),
        false => Reply::new("502 Bad Gateway", &[], b"down"),
    });
    (application, healthy)
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["id"].as_str().unwrap()).collect()
}

#[test]
fn deliveries_are_listed_by_what_they_are() {
    let server = Arc::new(Setup::new().start());
    let (bucket, other) = (Bucket::on(&server), Bucket::on(&server));
    let none = on(&server, &["callback", "list"]).exits(0);
    assert_eq!(none.out, "no deliveries\n");
    assert_eq!(on(&server, &["callback", "list", "--format", "json"]).exits(0).out, "");
    let (application, healthy) = failing();
    let failed = upload(&bucket, "a/1", &application.url("/callback?tenant=7"));
    healthy.store(true, Ordering::SeqCst);
    let delivered = upload(&other, "b/2", &application.url("/callback"));
    let name = other.name.as_str();
    for (filters, expected) in [
        (vec![], vec![&delivered, &failed]),
        (vec!["--limit", "1"], vec![&delivered]),
        (vec!["--bucket", name], vec![&delivered]),
        (vec!["--bucket", "nobody"], vec![]),
        (vec!["--state", "failed"], vec![&failed]),
        (vec!["--state", "failed,delivered"], vec![&delivered, &failed]),
        (vec!["--state", "abandoned"], vec![]),
        (vec!["--url", "tenant=7"], vec![&failed]),
        (vec!["--url", "b/2"], vec![&delivered]),
        (vec!["--since", "1h"], vec![&delivered, &failed]),
        (vec!["--since", "2099-01-01T00:00:00Z"], vec![]),
    ] {
        let arguments = [&["callback", "list", "--format", "json"], filters.as_slice()].concat();
        let rows = on(&server, &arguments).exits(0).lines();
        assert_eq!(ids(&rows), expected, "{filters:?}");
    }
    let text = on(&server, &["callback", "list"]).exits(0).out;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].contains(&format!("{delivered}  delivered")), "{text}");
    assert!(lines[0].ends_with(&format!("{name}/b/2 -> {}", application.url("/callback"))), "{text}");
    assert!(lines[1].contains(&format!("{failed}  failed")), "{text}");
    assert_eq!(lines[2], "    Error status : 502.", "a failure says why");
}

#[test]
fn one_delivery_in_full() {
    let bucket = Bucket::on(&Arc::new(Setup::new().start()));
    let (application, _) = failing();
    let id = upload(&bucket, "k", &application.url("/callback"));
    let shown = on(&bucket.server, &["callback", "show", &id]).exits(0).out;
    for expected in [
        id.as_str(),
        "── attempt 1 at ",
        "POST /callback HTTP/1.1",
        "key=k&size=10",
        "HTTP/1.1 502 Bad Gateway",
        "the signature verifies with callback_pub_key_v1.pem",
    ] {
        assert!(shown.contains(expected), "{expected} is missing: {shown}");
    }
    let json = on(&bucket.server, &["callback", "show", &id, "--format", "json"]).exits(0).lines().remove(0);
    assert_eq!(
        (&json["id"], &json["state"], &json["body"]),
        (&json!(id), &json!("failed"), &json!("key=k&size=10"))
    );
    let missing = on(&bucket.server, &["callback", "show", "nothing"]).exits(1);
    assert!(missing.err.contains("404"), "{missing:?}");
}

#[test]
fn replays_one_or_all_that_failed() {
    let bucket = Bucket::on(&Arc::new(Setup::new().start()));
    let server = &bucket.server;
    let (application, healthy) = failing();
    let failed: Vec<String> =
        (0..3).map(|number| upload(&bucket, &format!("k/{number}"), &application.url("/"))).collect();
    let again = on(server, &["callback", "replay", &failed[0]]).exits(1);
    assert_eq!(again.out, format!("{}  failed: Error status : 502.\n", failed[0]));
    assert!(again.err.contains("1 of 1 were not delivered"), "{again:?}");
    healthy.store(true, Ordering::SeqCst);
    upload(&bucket, "well", &application.url("/"));
    let sent = application.requests().len();
    let dry = on(server, &["callback", "replay", "--since", "1h", "--dry-run"]).exits(0);
    assert!(dry.out.ends_with("3 would be sent again\n"), "{dry:?}");
    let dry = on(server, &["callback", "replay", "--since", "1h", "--dry-run", "--format", "json"]).exits(0);
    assert_eq!(ids(&dry.lines()), failed, "the oldest first");
    assert_eq!(application.requests().len(), sent, "a dry run sends nothing");
    let one = on(server, &["callback", "replay", &failed[1]]).exits(0);
    assert_eq!(one.out, format!("{}  delivered\n", failed[1]));
    let all = on(server, &["callback", "replay", "--since", "1h", "--format", "json"]).exits(0).lines();
    assert_eq!(ids(&all), [failed[0].as_str(), failed[2].as_str()]);
    assert!(all.iter().all(|line| line["delivered"] == true), "{all:?}");
    assert_eq!(application.requests().len(), sent + 3);
    let none = on(server, &["callback", "replay", "--since", "1h", "--dry-run"]).exits(0);
    assert_eq!(none.out, "0 would be sent again\n");
    let unknown = on(server, &["callback", "replay", "nothing"]).exits(1);
    assert!(unknown.out.contains("the journal has no delivery of this id"), "{unknown:?}");
}

#[test]
fn mistakes_name_the_cure() {
    let server = Setup::new().start();
    let console = format!("http://{}", server.console());
    for (arguments, code, expected) in [
        (vec!["callback", "replay"], 2, "--since"),
        (vec!["callback", "replay", "1", "--since", "1h"], 2, "cannot be used with"),
        (vec!["callback", "replay", "1", "--dry-run"], 2, "cannot be used with"),
        (vec!["callback", "replay", "--dry-run"], 2, "--since"),
        (vec!["callback", "list", "--since", "yesterday"], 2, "not a time"),
        (vec!["callback", "list", "--console", "http://127.0.0.1:1"], 1, "is the server running?"),
        (vec!["callback", "list", "--console", &console], 1, "Set OSSICLE_ROOT_ACCESS_KEY_ID"),
        (vec!["callback", "list", "--console", "https://127.0.0.1:1"], 1, "takes an http:// URL"),
    ] {
        let done = ossicle(&arguments).exits(code);
        assert!(done.err.contains(expected), "{arguments:?}: {done:?}");
    }
    let done = on(&server, &["callback", "list", "--state", "lost"]).exits(1);
    assert!(done.err.contains("the states are"), "{done:?}");
}

#[test]
fn names_of_objects_do_nothing_to_the_terminal() {
    let server = Arc::new(Setup::new().start());
    let bucket = Bucket::on(&server);
    let application = Application::json("{}");
    let id = upload(&bucket, "a\u{1b}[2Jb\u{9b}31m\r\nforged line\u{202e}c", &application.url("/"));
    let shown = "/a\\u001b[2Jb\\u009b31m\\u000d\\u000aforged line\\u202ec -> ";
    for command in [&["callback", "list"][..], &["callback", "show", &id]] {
        let out = on(&server, command).exits(0).out;
        assert!(out.lines().next().unwrap().contains(shown), "{out}");
        assert!(!out.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{out:?}");
    }
    let rows = on(&server, &["callback", "list", "--format", "json"]).exits(0).lines();
    assert_eq!(rows[0]["object"], "a\u{1b}[2Jb\u{9b}31m\r\nforged line\u{202e}c");
}
