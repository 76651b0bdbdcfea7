//! A node whose database or content is out of reach: it says so to load balancers and clients, quickly, and goes on by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ossicle_services::postgres::{self, Postgres};

use super::{Places, content_in};
use crate::harness::server::folder;
use crate::harness::{Answer, Bucket, Server, Setup};

/// Within this a node says that something is out of reach, on a machine that has much else to do.
const QUICK: Duration = Duration::from_secs(4);

/// Asks whether a node is ready until it says so or not, as the test wants it.
#[track_caller]
fn wait_until_ready(server: &Server, ready: bool, words: &str) {
    let begun = Instant::now();
    loop {
        let asked = Instant::now();
        let answer = server.ask_console("/readyz");
        assert!(asked.elapsed() < QUICK, "{:?}", asked.elapsed());
        if (answer.status == 200) == ready && answer.text().contains(words) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(15), "{} {}", answer.status, answer.text());
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[track_caller]
fn assert_told_to_come_back(send: impl FnOnce() -> Answer) {
    let begun = Instant::now();
    let answer = send();
    assert_eq!((answer.status, answer.must("Retry-After")), (503, "1"), "{}", answer.text());
    assert!(begun.elapsed() < QUICK, "{:?}", begun.elapsed());
}

#[test]
fn a_database_that_ends_and_comes_back() {
    if !postgres::found() {
        return;
    }
    let database = Postgres::start(&postgres::Setup::default()).unwrap();
    let content = folder();
    let metadata = database.new_database().unwrap();
    let server = Arc::new(Setup::new().cluster(&metadata, &content_in(content.path())).start());
    let bucket = Bucket::on(&server);
    bucket.put("before", "x");
    wait_until_ready(&server, true, "ok");
    for _ in 0..2 {
        database.stop_immediate().unwrap();
        wait_until_ready(&server, false, "");
        assert_told_to_come_back(|| bucket.at("PUT", "k").body("x").send());
        assert_told_to_come_back(|| bucket.at("GET", "before").send());
        assert_eq!(server.ask_console("/healthz").status, 200, "a restart would not help");
        database.start_again().unwrap();
        wait_until_ready(&server, true, "ok");
        assert_eq!(bucket.get("before"), b"x");
        bucket.put("after", "y");
    }
}

#[test]
fn a_database_that_does_not_answer() {
    if !postgres::found() {
        return;
    }
    let database = Postgres::start(&postgres::Setup::default()).unwrap();
    let content = folder();
    let metadata = database.new_database().unwrap();
    let server = Setup::new().cluster(&metadata, &content_in(content.path())).start();
    wait_until_ready(&server, true, "ok");
    database.pause().unwrap();
    wait_until_ready(&server, false, "the metadata database is out of reach");
    database.resume().unwrap();
    wait_until_ready(&server, true, "ok");
}

#[test]
fn content_that_goes_and_comes_back() {
    let Some(places) = Places::new() else { return };
    let server = Arc::new(places.node().start());
    let bucket = Bucket::on(&server);
    bucket.put("k", vec![1; 300_000]);
    wait_until_ready(&server, true, "ok");
    // As where it is no longer mounted.
    let (mounted, elsewhere) = (places.folder.path().join("content"), places.folder.path().join("elsewhere"));
    std::fs::rename(&mounted, &elsewhere).unwrap();
    wait_until_ready(&server, false, "the place for content is out of reach");
    bucket.put("small", "without content of its own");
    assert_told_to_come_back(|| bucket.at("PUT", "large").body(vec![2; 300_000]).send());
    // What is at the place of the mount stays empty.
    let left: Vec<_> =
        std::fs::read_dir(&mounted).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    assert!(left.iter().all(|path| path.ends_with("tmp")), "{left:?}");
    let _ = std::fs::remove_dir_all(&mounted);
    std::fs::rename(&elsewhere, &mounted).unwrap();
    wait_until_ready(&server, true, "ok");
    assert_eq!(bucket.get("k"), vec![1; 300_000]);
}
