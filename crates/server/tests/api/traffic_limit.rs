//! `x-oss-traffic-limit`: requests that ask to be slow.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::form::Form;
use crate::harness::request::{Auth, Request};
use crate::harness::{Answer, Bucket, Setup, Wire};

const LIMIT: &str = "x-oss-traffic-limit";

/// The lowest limit: 100 KiB a second.
const SLOWEST: &str = "819200";

/// What takes a second at that speed.
const A_SECOND: usize = 100 * 1024;

/// Sends, and says how long the whole answer took.
fn timed(send: impl FnOnce() -> Answer) -> (Answer, Duration) {
    let started = Instant::now();
    let answer = send();
    (answer, started.elapsed())
}

#[track_caller]
fn assert_takes_about_a_second(what: &str, (answer, took): &(Answer, Duration)) {
    assert!(matches!(answer.status, 200 | 204 | 206), "{what} {answer:?}");
    // A machine with much to do may add to it.
    assert!((950..8000).contains(&took.as_millis()), "{what} took {took:?}");
    // Bytes that come late by themselves are held up for less.
    let delay: u64 = answer.spelled("x-oss-qos-delay-time").parse().unwrap();
    assert!((1..8000).contains(&delay), "{what} {delay}");
}

#[test]
fn limited_requests_take_their_time_and_others_do_not() {
    let bucket = Bucket::new();
    let body = vec![7; A_SECOND];
    bucket.put("k", &body);
    bucket.put("twice", vec![7; 2 * A_SECOND]);
    let upload = bucket.initiate("parts");
    let part = format!("parts?uploadId={upload}&partNumber=1");
    let part_copy = format!("parts?uploadId={upload}&partNumber=2");
    let source = format!("/{}/k", bucket.name);
    let form = || Form::new().field("key", "form");
    bucket.set_acl("public-read-write");
    let slow = |request: Request| request.header(LIMIT, SLOWEST);
    let requests: Vec<(&str, Request)> = vec![
        ("PutObject", slow(bucket.key("PUT", "put").body(&body))),
        ("PutObject, chunked", slow(bucket.key("PUT", "chunked").unframed())),
        ("PutObject, query", bucket.key("PUT", "query").query(LIMIT, SLOWEST).body(&body)),
        ("PutObject, V1 URL", bucket.key("PUT", "v1").query(LIMIT, SLOWEST).body(&body).auth(Auth::UrlV1)),
        ("PutObject, V4 URL", bucket.key("PUT", "v4").query(LIMIT, SLOWEST).body(&body).auth(Auth::UrlV4)),
        ("AppendObject", slow(bucket.at("POST", "log?append&position=0").body(&body))),
        ("UploadPart", slow(bucket.at("PUT", &part).body(&body))),
        ("PostObject, field", form().field(LIMIT, SLOWEST).file("f", &body).onto(bucket.root("POST", ""))),
        ("PostObject, header", slow(form().file("f", &body).onto(bucket.root("POST", "")))),
        ("CopyObject", slow(bucket.key("PUT", "copy").header("x-oss-copy-source", &source))),
        ("UploadPartCopy", slow(bucket.at("PUT", &part_copy).header("x-oss-copy-source", &source))),
        ("GetObject", slow(bucket.key("GET", "k"))),
        ("GetObject, range", slow(bucket.key("GET", "twice").header("Range", "bytes=102400-"))),
        ("GetObject, public URL", bucket.key("GET", "k").query(LIMIT, SLOWEST).anonymous()),
        ("GetObject, V1 URL", bucket.key("GET", "k").query(LIMIT, SLOWEST).auth(Auth::UrlV1)),
    ];
    thread::scope(|scope| {
        let running: Vec<_> = requests
            .iter()
            .map(|(what, request)| {
                let body = &body;
                let send = move || {
                    if !what.contains("chunked") {
                        return request.clone().send();
                    }
                    let head = request.clone().header("Transfer-Encoding", "chunked").head();
                    let mut wire = Wire::open(request.address());
                    wire.send([head.as_bytes(), b"19000\r\n", body, b"\r\n0\r\n\r\n"].concat());
                    wire.answer()
                };
                scope.spawn(move || assert_takes_about_a_second(what, &timed(send)))
            })
            .collect();
        // Meanwhile, without a limit.
        for round in 0..20 {
            let (put, took) = timed(|| bucket.key("PUT", "fast").body(&body).send().expect(200));
            assert!(took < Duration::from_millis(900), "{round} {took:?}");
            assert_eq!(put.header("x-oss-qos-delay-time"), None);
            let (get, took) = timed(|| bucket.key("GET", "k").send().expect(200));
            assert!(took < Duration::from_millis(900), "{round} {took:?}");
            assert_eq!(get.header("x-oss-qos-delay-time"), None);
        }
        for running in running {
            running.join().unwrap();
        }
    });
    for key in ["put", "chunked", "query", "v1", "v4", "log", "form", "copy"] {
        assert_eq!(bucket.get(key), body, "{key}");
    }
}

#[test]
fn a_limit_may_be_added_to_a_signed_url_of_version_1() {
    // The mobile and C SDKs do not sign it.
    let bucket = Bucket::new();
    bucket.put("k", vec![7; A_SECOND]);
    let url = bucket.key("GET", "k").auth(Auth::UrlV1).head();
    let limited = url.replacen(" HTTP/1.1", &format!("&{LIMIT}={SLOWEST} HTTP/1.1"), 1);
    let send = || {
        let mut wire = Wire::open(bucket.server.address());
        wire.send(&limited);
        wire.answer()
    };
    assert_takes_about_a_second("GetObject", &timed(send));
}

#[test]
fn a_higher_limit_is_kept_too() {
    let bucket = Bucket::new();
    let body = vec![7; 8 * 1024 * 1024];
    let request = |method: &str| bucket.key(method, "k").header(LIMIT, &(8 * 8 * 1024 * 1024).to_string());
    assert_takes_about_a_second("PutObject", &timed(|| request("PUT").body(&body).send()));
    assert_takes_about_a_second("GetObject", &timed(|| request("GET").send()));
    assert_eq!(bucket.get("k"), body);
}

#[test]
fn limits_out_of_bounds_are_refused() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    let upload = bucket.initiate("parts");
    let part = format!("parts?uploadId={upload}&partNumber=1");
    let copy =
        |rest: &str| bucket.at("PUT", rest).header("x-oss-copy-source", &format!("/{}/k", bucket.name));
    bucket.set_acl("public-read-write");
    let form = || Form::new().field("key", "form").file("f", "x").onto(bucket.root("POST", ""));
    let requests = [
        bucket.key("PUT", "new").body("x"),
        bucket.at("POST", "log?append&position=0").body("x"),
        bucket.at("PUT", &part).body("x"),
        bucket.key("GET", "k"),
        copy("new"),
        copy(&part),
        form(),
    ];
    for request in &requests {
        for bad in ["819199", "838860801", "abc", "-1", "99999999999999999999"] {
            for limited in [request.clone().header(LIMIT, bad), request.clone().query(LIMIT, bad)] {
                let answer = limited.send().expect_error(400, "InvalidArgument").with_ec("0004-00000502");
                answer.with("ArgumentName", LIMIT).with("ArgumentValue", bad);
            }
        }
        let twice = request.clone().header(LIMIT, SLOWEST).query(LIMIT, SLOWEST);
        twice.send().expect_error(400, "InvalidArgument").with_ec("0004-00000501");
    }
    let bad = Form::new().field("key", "form").field(LIMIT, "1").file("f", "x").onto(bucket.root("POST", ""));
    bad.send().expect_error(400, "InvalidArgument").with_ec("0004-00000502");
    bucket.assert_keys(&["k"]);
    // An empty header counts as absent.
    bucket.key("GET", "k").header(LIMIT, "").send().expect(200);
    for request in [copy("new"), copy(&part)] {
        request.header(LIMIT, SLOWEST).send().expect(200);
    }
}

#[test]
fn limited_requests_hold_little_memory() {
    const MIB: usize = 1024 * 1024;
    let server = Arc::new(Setup::new().start());
    let bucket = Bucket::on(&server);
    let body = vec![7; 16 * MIB];
    bucket.put("k", &body);
    bucket.get("k");
    let before = server.memory();
    let slow = |request: Request| request.header(LIMIT, SLOWEST);
    let put = slow(bucket.key("PUT", "slow").body(&body)).to_bytes();
    let wires: Vec<Wire> = (0..96)
        .map(|number| {
            let mut wire = Wire::open(server.address());
            if number % 2 == 0 {
                wire.send(slow(bucket.key("GET", "k")).to_bytes());
            } else {
                wire.send_what_fits(&put);
            }
            wire
        })
        .collect();
    thread::sleep(Duration::from_millis(1500));
    let more = server.memory().saturating_sub(before);
    assert!(more < 96 * 3 * MIB / 2, "{} MiB", more / MIB);
    drop(wires);
    bucket.assert_keys(&["k"]);
}

/// Begins a copy whose answer is held up for a minute, and returns its connection once the copy is there.
fn begin_slow_copy(bucket: &Bucket) -> Wire {
    bucket.put("large", vec![7; 120 * A_SECOND]);
    let source = format!("/{}/large", bucket.name);
    let copy = bucket.key("PUT", "copy").header("x-oss-copy-source", &source).header(LIMIT, SLOWEST);
    let mut wire = Wire::open(bucket.server.address());
    wire.send(copy.to_bytes());
    let started = Instant::now();
    while bucket.key("HEAD", "copy").send().status != 200 {
        assert!(started.elapsed() < Duration::from_secs(20), "no copy");
        thread::sleep(Duration::from_millis(20));
    }
    wire
}

#[test]
fn a_stop_does_not_wait_for_slow_copies() {
    let server = Arc::new(Setup::new().start());
    let bucket = Bucket::on(&server);
    let mut wire = begin_slow_copy(&bucket);
    let started = Instant::now();
    server.terminate();
    wire.answer().expect(200);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn changing_the_headers_of_an_object_is_not_held_up() {
    let bucket = Bucket::new();
    bucket.put("k", vec![7; 20 * A_SECOND]);
    let copy = bucket.key("PUT", "k").header("x-oss-copy-source", &format!("/{}/k", bucket.name));
    let (answer, took) = timed(|| copy.header(LIMIT, SLOWEST).send().expect(200));
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(answer.spelled("x-oss-qos-delay-time"), "0");
}
