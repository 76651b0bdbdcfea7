//! What counts as failure: 203 with the exact words, and the object kept.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::{assert_called_back, assert_failed, callback, completion, encode, put};
use crate::harness::application::Step;
use crate::harness::checksum::{content_md5, crc64, etag};
use crate::harness::form::{Form, Policy};
use crate::harness::{Application, Bucket, Reply, Setup};

const STATUS: &str = "0007-00000203";
const LATE: &str = "0007-00000202";
const NOT_JSON: &str = "0007-00000205";

/// A port that nobody listens on.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn every_bad_answer() {
    let bucket = Bucket::new();
    let with_body = |body: &[u8]| Reply::new("200 OK", &[], body);
    let raw = |text: &str| Reply::raw(text).closing();
    let missing = "Error status : 400.User server missing content-length.";
    let invalid = "Error status : 400.User server return invalid content-length value.";
    let too_long = "Error status : 400.User server return too long content-length value.";
    let not_json = "Response body is not valid json format.";
    let rows = [
        (Reply::new("500 Internal Server Error", &[], b"{}"), "Error status : 500.", STATUS),
        (Reply::new("502 Bad Gateway", &[], b"{}"), "Error status : 502.", STATUS),
        (Reply::new("404 Not Found", &[], b"{}"), "Error status : 404.", STATUS),
        (Reply::new("400 Bad Request", &[], b"{}"), "Error status : 400.", STATUS),
        (Reply::new("201 Created", &[], b"{}"), "Error status : 201.", STATUS),
        (Reply::raw("HTTP/1.1 204 No Content\r\n\r\n"), "Error status : 204.", STATUS),
        (Reply::new("206 Partial Content", &[], b"{}"), "Error status : 206.", STATUS),
        (
            Reply::new("301 Moved", &[("Location", "http://127.0.0.1:1/")], b"{}"),
            "Error status : 301.",
            STATUS,
        ),
        (Reply::new("302 Found", &[("Location", "/again")], b"{}"), "Error status : 302.", STATUS),
        (raw("HTTP/1.1 200 OK\r\n\r\n{}"), missing, STATUS),
        (raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), missing, STATUS),
        (raw("HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}"), invalid, STATUS),
        (raw("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}"), invalid, STATUS),
        (raw("HTTP/1.1 200 OK\r\nContent-Length: 2.0\r\n\r\n{}"), invalid, STATUS),
        (raw("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n{}"), invalid, STATUS),
        (raw("HTTP/1.1 200 OK\r\nContent-Length: 3145729\r\n\r\n{}"), too_long, STATUS),
        (raw("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n{}"), too_long, STATUS),
        (with_body(b""), not_json, NOT_JSON),
        (with_body(b"OK"), not_json, NOT_JSON),
        (with_body(b"\xef\xbb\xbf{\"Status\":\"OK\"}"), not_json, NOT_JSON),
        (with_body(b"{\"Status\":\"OK\""), not_json, NOT_JSON),
        (with_body(b"{} {}"), not_json, NOT_JSON),
        (with_body(b"\"\xff\""), not_json, NOT_JSON),
        (with_body(b"<Status>OK</Status>"), not_json, NOT_JSON),
        (Reply::reset(), "Error status : 502.", STATUS),
        (Reply::default().closing(), "Error status : 502.", STATUS),
        (raw("HTTP/1.1 200 OK\r\nContent-Le"), "Error status : 502.", STATUS),
        (raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"), "Error status : 502.", STATUS),
        (
            Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}").then(Step::Reset),
            "Error status : 502.",
            STATUS,
        ),
        (raw("this is not HTTP\r\n\r\n"), "Error status : 502.", STATUS),
    ];
    for (number, (reply, message, ec)) in rows.into_iter().enumerate() {
        let application = Application::always(reply);
        let key = format!("k{number}");
        let answer = put(&bucket, &key, &callback(&application.url("/"), "a=b")).send();
        let answer = assert_failed(answer, message, ec);
        assert_eq!(answer.line, "HTTP/1.1 203 Non Authoritative Information", "{number}");
        assert_eq!(answer.spelled("ETag"), etag(b"Hello OSS!"));
        assert_eq!(answer.spelled("Content-MD5"), content_md5(b"Hello OSS!"));
        assert_eq!(answer.spelled("x-oss-hash-crc64ecma"), crc64(b"Hello OSS!"));
        assert_eq!(bucket.get(&key), b"Hello OSS!", "the object is kept");
        let count = application.requests().len();
        assert!(count == 1 || ec == STATUS && count <= 2, "{count} requests for row {number}");
        let record = bucket.server.delivery(&answer);
        assert_eq!(
            (record["state"].as_str(), record["failure"]["message"].as_str()),
            (Some("failed"), Some(message))
        );
    }
}

#[test]
fn nobody_listens() {
    let bucket = Bucket::new();
    for host in ["127.0.0.1", "localhost"] {
        let value = callback(&format!("http://{host}:{}/", closed_port()), "a=b");
        assert_failed(put(&bucket, "k", &value).send(), "Error status : 502.", STATUS);
    }
    let value = callback("http://does-not-exist.invalid/", "a=b");
    assert_failed(put(&bucket, "k", &value).send(), "Error status : 502.", STATUS);
    assert_eq!(bucket.get("k"), b"Hello OSS!");
}

#[test]
fn of_every_operation() {
    let (bucket, failing) = (Bucket::new(), Application::always(Reply::new("500 Oops", &[], b"{}")));
    let value = encode(&callback(&failing.url("/"), "a=b"));
    let answer = completion(&bucket, "c").header("x-oss-callback", &value).send();
    let answer = assert_failed(answer, "Error status : 500.", STATUS);
    assert!(answer.spelled("ETag").ends_with("-1\""));
    assert_eq!(answer.spelled("x-oss-hash-crc64ecma"), crc64(b"Hello OSS!"));

    let policy = Policy::new().condition(&format!("{{\"bucket\":\"{}\"}}", bucket.name));
    let form = Form::new().field("key", "p").fields(policy.v4()).field("callback", &value);
    let form = form.field("success_action_status", "200").file("f", "Hello OSS!");
    let answer = assert_failed(form.onto(bucket.root("POST", "")).send(), "Error status : 500.", STATUS);
    assert_eq!(answer.spelled("ETag"), etag(b"Hello OSS!"));

    bucket.put("t", "x");
    let body = format!("x-oss-process=trigger/callback,callback_{value}");
    let answer = bucket.at("POST", "t?x-oss-process").body(body).send();
    assert_failed(answer, "Error status : 500.", STATUS);
    bucket.assert_keys(&["c", "p", "t"]);
}

#[test]
fn too_late() {
    let server = Arc::new(Setup::new().set("OSSICLE_CALLBACK_TIMEOUT_MS", "300").start());
    let bucket = Bucket::on(&server);
    let late = Duration::from_secs(20);
    let pieces = |pause: Duration| {
        let body: Vec<Step> = b"{\"Status\":\"OK\"}"
            .iter()
            .flat_map(|byte| [Step::Pause(pause), Step::Write(vec![*byte])])
            .collect();
        body.into_iter().fold(Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n"), Reply::then)
    };
    let replies = [
        Reply::after(late, Reply::json("{}")),
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
            .then(Step::Pause(late))
            .then(Step::Write(b"{}".to_vec())),
        // Each piece comes in time, all of them together do not.
        pieces(Duration::from_millis(100)),
    ];
    for (number, reply) in replies.into_iter().enumerate() {
        let application = Application::always(reply);
        let started = Instant::now();
        let answer = put(&bucket, "k", &callback(&application.url("/"), "a=b")).send();
        assert!(started.elapsed() < Duration::from_secs(15), "row {number}");
        let answer = answer.expect_error(203, "CallbackFailed").with_ec(LATE);
        let message = answer.element("Message");
        let start = format!("Error status : -1 {} reply timeout, cost:", application.address());
        let rest = message.strip_prefix(&start).unwrap_or_else(|| panic!("{message}"));
        let (cost, rest) = rest.split_once("ms, ").unwrap();
        assert!((290..15_000).contains(&cost.parse::<u32>().unwrap()), "{message}");
        assert_eq!(rest, "timeout:300ms (err -4, errno0).");
        assert_eq!(bucket.get("k"), b"Hello OSS!");
    }
    // In time is in time.
    let application = Application::always(Reply::after(Duration::from_millis(100), Reply::json("{}")));
    assert_called_back(&put(&bucket, "k", &callback(&application.url("/"), "a=b")).send(), "{}");
}

#[test]
fn urls_are_tried_in_their_order_until_one_succeeds() {
    let bucket = Bucket::new();
    let failing = || Application::always(Reply::new("500 Oops", &[], b"{}"));
    let (first, second) = (failing(), Application::always(Reply::new("200 OK", &[], b"not json")));
    let (good, never) = (Application::json("{\"by\":\"third\"}"), Application::json("{}"));
    let urls = [first.url("/1"), second.url("/2"), good.url("/3?q"), never.url("/4")].join(";");
    let answer = put(&bucket, "k", &callback(&urls, "size=${size}")).send();
    assert_called_back(&answer, "{\"by\":\"third\"}");
    let pem = bucket.server.public_key();
    for (application, target) in [(&first, "/1"), (&second, "/2"), (&good, "/3?q")] {
        let request = application.only();
        assert_eq!((request.target(), request.text()), (target, "size=10"));
        assert!(request.is_signed_by(&pem), "each with its own signature");
    }
    assert!(never.requests().is_empty());
    let record = bucket.server.delivery(&answer);
    assert_eq!((record["state"].as_str(), record["log"].as_array().unwrap().len()), (Some("delivered"), 3));

    // When none does, the last one's words are told. A semicolon at the end is nothing.
    let urls = format!("{};http://127.0.0.1:{}/;{};", failing().url("/"), closed_port(), second.url("/"));
    let answer = put(&bucket, "k", &callback(&urls, "a=b")).send();
    assert_failed(answer, "Response body is not valid json format.", NOT_JSON);
}

#[test]
fn too_many_at_once() {
    let server = Arc::new(Setup::new().set("OSSICLE_CALLBACK_MAX_IN_FLIGHT", "1").start());
    let bucket = Bucket::on(&server);
    let slow = Application::always(Reply::after(Duration::from_millis(2500), Reply::json("{}")));
    let quick = Application::json("{}");
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_called_back(&put(&bucket, "slow", &callback(&slow.url("/"), "a=b")).send(), "{}")
        });
        slow.wait_for(1);
        let answer = put(&bucket, "quick", &callback(&quick.url("/"), "a=b")).send();
        assert_failed(answer, "Too many callback requests.", "0007-00000201");
        assert!(quick.requests().is_empty());
        assert_eq!(bucket.get("quick"), b"Hello OSS!");
    });
    assert_called_back(&put(&bucket, "quick", &callback(&quick.url("/"), "a=b")).send(), "{}");
}

#[test]
fn a_failed_callback_leaves_the_connection_usable() {
    let (bucket, failing) = (Bucket::new(), Application::always(Reply::new("500 Oops", &[], b"{}")));
    let mut wire = crate::harness::Wire::open(bucket.server.address());
    for _ in 0..3 {
        let answer = put(&bucket, "k", &callback(&failing.url("/"), "a=b")).send_on(&mut wire);
        assert_failed(answer, "Error status : 500.", STATUS);
    }
    bucket.key("GET", "k").send_on(&mut wire).expect(200);
}
