//! `ossicle callback verify`, with callbacks captured from OSS.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::harness::server::folder;
use crate::run::{Done, ossicle, path, with_input};

const VECTORS: &str = include_str!("../../../callback/tests/vectors/callbacks.json");

fn vectors() -> Value {
    serde_json::from_str(VECTORS).unwrap()
}

fn text<'a>(captured: &'a Value, name: &str) -> &'a str {
    captured[name].as_str().unwrap()
}

/// The request as a proxy would have written it down, with another target and body than captured where these are given.
fn message(captured: &Value, target: &str, body: &str) -> String {
    format!(
        "POST {target} HTTP/1.1\r\nHost: app.example.com\r\nauthorization: {}\r\nx-oss-pub-key-url: {}\r\n\r\n{body}",
        text(captured, "authorization"),
        text(captured, "x_oss_pub_key_url"),
    )
}

/// Verifies a message on standard input with OSS's key, as JSON.
#[track_caller]
fn verdict(message: &str, code: i32) -> Value {
    let (folder, vectors) = (folder(), vectors());
    let key = path(folder.path(), "key.pem");
    fs::write(&key, text(&vectors, "oss_public_key_v1")).unwrap();
    let arguments = ["callback", "verify", "-", "--key", &key, "--format", "json"];
    with_input(&arguments, message.as_bytes(), None).exits(code).lines().remove(0)
}

#[test]
fn callbacks_captured_from_oss() {
    let vectors = vectors();
    for captured in vectors["valid"].as_array().unwrap() {
        let url = STANDARD.decode(text(captured, "x_oss_pub_key_url")).unwrap();
        let told = verdict(&message(captured, text(captured, "request_target"), text(captured, "body")), 0);
        assert_eq!(
            (&told["valid"], &told["reason"], &told["hint"]),
            (&true.into(), &Value::Null, &Value::Null)
        );
        assert_eq!(told["key_url"].as_str().unwrap().as_bytes(), url);
    }
    for captured in vectors["invalid"].as_array().unwrap() {
        let told = verdict(&message(captured, text(captured, "request_target"), text(captured, "body")), 1);
        assert_eq!(told["valid"], false, "{told}");
        assert!(told["reason"].as_str().unwrap().contains("signature"), "{told}");
    }
}

#[test]
fn hints_name_what_happened_to_the_request() {
    let vectors = vectors();
    let (first, second) = (&vectors["valid"][0], &vectors["valid"][1]);
    let of = |captured: &Value, target: Option<&str>, body: &str| {
        let target = target.unwrap_or_else(|| text(captured, "request_target")).to_owned();
        let told = verdict(&message(captured, &target, body), 1);
        assert_eq!(told["valid"], false, "{told}");
        told["hint"].as_str().unwrap().to_owned()
    };
    let body = text(first, "body");
    for (hint, expected) in [
        (of(first, None, &format!("{body}\n")), "without the line break at the end"),
        (of(first, None, &format!("{body}\r\n")), "without the line break at the end"),
        (of(second, None, &text(second, "body").replace('/', "%2F")), "with slashes unescaped"),
        (
            of(second, Some(&format!("{}?trace=1", text(second, "request_target"))), text(second, "body")),
            "without the query",
        ),
        (of(first, Some("/index.php?id=2"), body), "must be exactly what was sent"),
    ] {
        assert!(hint.contains(expected), "{hint}");
    }
}

#[test]
fn a_key_url_of_a_stranger_is_refused_with_the_cure() {
    let vectors = vectors();
    let captured = &vectors["valid"][0];
    let elsewhere = STANDARD.encode("http://127.0.0.1:1/key.pem");
    let message = message(captured, text(captured, "request_target"), text(captured, "body"))
        .replace(text(captured, "x_oss_pub_key_url"), &elsewhere);
    let done = with_input(&["callback", "verify", "-"], message.as_bytes(), None).exits(1);
    assert!(done.out.starts_with("not valid: "), "{done:?}");
    assert!(done.out.contains("hint: add --trust"), "{done:?}");
}

#[test]
fn parts_of_a_request_as_flags() {
    let (folder, vectors) = (folder(), vectors());
    let captured = &vectors["valid"][0];
    let (key, body) = (path(folder.path(), "key.pem"), path(folder.path(), "body"));
    fs::write(&key, text(&vectors, "oss_public_key_v1")).unwrap();
    let run = |content: &str| -> Done {
        fs::write(&body, content).unwrap();
        ossicle(&[
            "callback",
            "verify",
            "--target",
            text(captured, "request_target"),
            "--body",
            &body,
            "--authorization",
            text(captured, "authorization"),
            "--pub-key-url",
            text(captured, "x_oss_pub_key_url"),
            "--key",
            &key,
        ])
    };
    let done = run(text(captured, "body")).exits(0);
    assert_eq!(
        done.out,
        "valid: signed with the key at http://gosspublic.alicdn.com/callback_pub_key_v1.pem\n"
    );
    let done = run("bucket=other").exits(1);
    assert!(done.out.starts_with("not valid: "), "{done:?}");
}

#[test]
fn what_cannot_be_looked_at() {
    for (arguments, input, expected) in [
        (&["callback", "verify", "/no/such/file"][..], "", "cannot read /no/such/file"),
        (&["callback", "verify", "-"][..], "", "request line"),
        (&["callback", "verify", "-"][..], "POST / HTTP/1.1\r\n\r\n", "Authorization"),
        (&["callback", "verify"][..], "", "--target"),
    ] {
        let done = with_input(arguments, input.as_bytes(), None).exits(2);
        assert!(done.err.contains(expected), "{done:?}");
    }
}
