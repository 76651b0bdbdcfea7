//! Everything that somebody sends to the console has a bound, and each test goes past one.

use std::io::Read as _;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::http::request;
use crate::server::{KEY_ID, KEY_SECRET, Server};

/// The most pages that watch deliveries.
const WATCHERS: usize = 64;

/// The most sessions.
const SESSIONS: usize = 1024;

#[test]
fn documents_have_a_longest_length() {
    let server = Server::start(&[]);
    let log_in = |secret: String| {
        let document = json!({ "access_key_id": KEY_ID, "access_key_secret": secret });
        request(&server.console, "POST", "/api/session").json(&document).send()
    };
    assert_eq!(log_in("x".repeat(8000)).status, 401);
    assert_eq!(log_in("x".repeat(8 * 1024)).status, 413, "a stranger is not listened to for longer");
    let create = |length: usize| {
        let document = json!({ "name": "x".repeat(length) });
        request(&server.console, "POST", "/api/buckets").keyed().json(&document).send()
    };
    assert_eq!(create(255 * 1024).status, 400);
    assert_eq!(create(256 * 1024).status, 413);
}

#[test]
fn heads_have_a_longest_length() {
    let server = Server::start(&[]);
    let long = |name: &str, length: usize| {
        request(&server.console, "GET", "/api/session").header(name, &"x".repeat(length)).send().status
    };
    for name in ["Cookie", "Authorization", "X-Other"] {
        assert_eq!(long(name, 32 * 1024), 200, "{name}");
        assert_eq!(long(name, 64 * 1024), 431, "{name}");
    }
    let many = (0..200).fold(request(&server.console, "GET", "/api/session"), |request, number| {
        request.header(&format!("X-{number}"), "x")
    });
    assert_eq!(many.send().status, 431);
}

#[test]
fn answers_repeat_a_bounded_part_of_a_request() {
    let server = Server::start(&[]);
    let long = "x".repeat(30_000);
    for (asked, status) in [
        (request(&server.console, "GET", "/api/session").header("Host", &long), 421),
        (request(&server.console, "GET", &format!("/api/{long}")), 404),
        (request(&server.console, "GET", &format!("/{long}")), 404),
        (request(&server.console, "GET", &format!("/api/deliveries?state={long}")).keyed(), 400),
        (request(&server.console, "GET", &format!("/api/deliveries?limit={long}")).keyed(), 400),
        (request(&server.console, "GET", &format!("/api/object?bucket={long}&key={long}")).keyed(), 404),
        (request(&server.console, "GET", &format!("/api/deliveries/{long}")).keyed(), 404),
        (request(&server.console, "POST", "/api/buckets").keyed().json(&json!({ "name": [long] })), 422),
    ] {
        let answer = asked.send();
        assert_eq!(answer.status, status, "{}", answer.head);
        assert!(answer.head.len() + answer.body.len() < 4096, "{status}: {} bytes", answer.body.len());
    }
}

#[test]
fn however_many_log_in_nobody_is_logged_out() {
    let server = Server::start(&[]);
    let log_in = || {
        let document = json!({ "access_key_id": KEY_ID, "access_key_secret": KEY_SECRET });
        let answer = request(&server.console, "POST", "/api/session").json(&document).send();
        answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    };
    let ask =
        |cookie: &str| request(&server.console, "GET", "/api/info").header("Cookie", cookie).send().status;
    let first = log_in();
    let others: Vec<String> = (0..SESSIONS).map(|_| log_in()).collect();
    assert_eq!((ask(&first), ask(others.last().unwrap())), (200, 200));
    assert_eq!(ask(&format!("{first}{}", "A".repeat(16 * 1024))), 401, "no more of a cookie is looked at");
}

#[test]
fn so_many_may_watch_deliveries_and_no_more() {
    let server = Server::start(&[]);
    let watch = || {
        let mut stream = request(&server.console, "GET", "/api/events").keyed().open();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        (status[9..].to_vec(), stream)
    };
    let watchers: Vec<(Vec<u8>, TcpStream)> = (0..WATCHERS).map(|_| watch()).collect();
    assert!(watchers.iter().all(|(status, _)| status == b"200"));
    let refused = request(&server.console, "GET", "/api/events").keyed().send();
    assert_eq!((refused.status, refused.error().as_str()), (503, "TooManyWatchers"));
    drop(watchers);
    let begun = Instant::now();
    while watch().0 != b"200" {
        assert!(begun.elapsed() < Duration::from_secs(20), "no place is free again");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn searches_take_parameters_of_any_size_without_harm() {
    let server = Server::start(&[]);
    let search = |query: &str| {
        request(&server.console, "GET", &format!("/api/deliveries?{query}")).keyed().send().status
    };
    assert_eq!(search(&format!("state={}", "failed,".repeat(5000))), 200);
    assert_eq!(search(&format!("url={}", "x".repeat(4096))), 200);
    assert_eq!(search(&format!("url={}", "x".repeat(4097))), 400);
    assert_eq!(search(&format!("bucket={}", "x".repeat(30_000))), 200);
    for number in [i64::MIN, -1, 0, i64::MAX] {
        assert_eq!(search(&format!("since={number}")), 200, "{number}");
        assert_eq!(search(&format!("before={number}")), 200, "{number}");
        assert_eq!(search(&format!("since={number}&before={number}")), 200, "{number}");
        let summary = format!("/api/deliveries/summary?hours={number}");
        assert_eq!(request(&server.console, "GET", &summary).keyed().send().status, 200, "{number}");
    }
    for limit in ["0", "1", "18446744073709551615"] {
        assert_eq!(search(&format!("limit={limit}")), 200, "{limit}");
    }
    assert_eq!(search("cursor=nobody-gave-this-out"), 400);
    let listed = format!("/api/objects?bucket=b&prefix={}&after={}", "x".repeat(9000), "y".repeat(9000));
    assert!(matches!(request(&server.console, "GET", &listed).keyed().send().status, 400 | 404));
}

#[test]
fn a_flood_of_scrapes_leaves_the_console_to_others() {
    let server = Server::start(&[]);
    let scrapes: Vec<_> = (0..600)
        .map(|_| {
            let console = server.console.clone();
            thread::spawn(move || request(&console, "GET", "/metrics").send().status)
        })
        .collect();
    for _ in 0..10 {
        let begun = Instant::now();
        assert_eq!(request(&server.console, "GET", "/api/deliveries").keyed().send().status, 200);
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }
    assert!(scrapes.into_iter().all(|scrape| scrape.join().unwrap() == 200));
}
