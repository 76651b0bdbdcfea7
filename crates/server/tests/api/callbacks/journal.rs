//! What becomes of a callback when somebody goes away, and what the journal knows of it.

use std::sync::Arc;
use std::time::Duration;

use super::{callback, completion, encode, put};
use crate::harness::{Application, Bucket, Reply, Setup, Wire};

#[test]
fn a_delivery_is_recorded_with_request_answer_and_times() {
    let (bucket, application) = (Bucket::new(), Application::json("{\"Status\":\"OK\"}"));
    let answer = put(&bucket, "k", &callback(&application.url("/path"), "size=${size}")).send().expect(200);
    let record = bucket.server.delivery(&answer);
    let told =
        ["state", "bucket", "object", "operation"].map(|name| record[name].as_str().unwrap().to_owned());
    assert_eq!(told, ["delivered", bucket.name.as_str(), "k", "PutObject"]);
    assert_eq!(record["log"].as_array().unwrap().len(), 1);
    let attempt = &record["log"][0];
    assert_eq!(attempt["url"], application.url("/path").as_str());
    assert!(attempt["request_head"].as_str().unwrap().starts_with("POST /path HTTP/1.1"), "{attempt}");
    assert!(attempt["response_head"].as_str().unwrap().starts_with("HTTP/1.1 200 OK"), "{attempt}");
    assert!(record.to_string().contains("size=10"));
    assert_eq!(attempt["verified_with"], "callback_pub_key_v1.pem");
}

#[test]
fn the_outcome_is_in_the_journal_when_the_client_has_its_answer() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let failing = Application::always(Reply::new("500 No", &[], b"{}"));
    for (url, status, state) in [(application.url("/"), 200, "delivered"), (failing.url("/"), 203, "failed")]
    {
        let value = encode(&callback(&url, "a=b"));
        for _ in 0..10 {
            let complete = completion(&bucket, "k").header("x-oss-callback", &value);
            for request in [put(&bucket, "k", &callback(&url, "a=b")), complete] {
                let answer = request.send().expect(status);
                let id = answer.must("x-oss-request-id");
                // One look, at once.
                let look = |path: &str| bucket.server.ask_console(path).expect(200).text().to_owned();
                let record: serde_json::Value =
                    serde_json::from_str(&look(&format!("/api/deliveries/{id}"))).unwrap();
                assert_eq!(record["state"], state);
                assert_eq!(record["log"].as_array().unwrap().len(), 1);
                let query = format!("/api/deliveries?state={state}&bucket={}&limit=1", bucket.name);
                assert!(look(&query).contains(id));
                let query = format!("/api/deliveries?state=pending&bucket={}", bucket.name);
                assert!(!look(&query).contains(id));
            }
        }
    }
}

#[test]
fn an_upload_without_a_callback_leaves_no_record() {
    let bucket = Bucket::new();
    let answer = bucket.put("k", "x");
    bucket.server.ask_console(&format!("/api/deliveries/{}", answer.must("x-oss-request-id"))).expect(404);
}

#[test]
fn a_client_that_goes_away_does_not_stop_the_delivery() {
    let bucket = Bucket::new();
    let application = Application::always(Reply::after(Duration::from_millis(400), Reply::json("{}")));
    let mut wire = Wire::open(bucket.server.address());
    wire.send(put(&bucket, "k", &callback(&application.url("/"), "id=${reqId}")).to_bytes());
    let request = application.wait_for(1).remove(0);
    drop(wire);
    let record = bucket.server.delivery_of(request.header("x-oss-request-id"));
    assert_eq!(record["state"], "delivered", "{record}");
    assert_eq!(bucket.get("k"), b"Hello OSS!");
}

#[test]
fn a_body_that_breaks_off_calls_nobody() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let value = encode(&callback(&application.url("/"), "a=b"));
    let request = bucket.key("PUT", "k").header("x-oss-callback", &value).body(vec![7; 100_000]);
    let mut wire = Wire::open(bucket.server.address());
    let bytes = request.to_bytes();
    wire.send(&bytes[..bytes.len() - 1]);
    drop(wire);
    std::thread::sleep(Duration::from_millis(200));
    bucket.assert_absent("k");
    assert!(application.requests().is_empty());
}

#[test]
fn a_kill_between_commit_and_delivery_is_not_forgotten() {
    let server = Arc::new(Setup::new().start());
    let bucket = Bucket::on(&server);
    let application = Application::always(Reply::after(Duration::from_secs(4), Reply::json("{}")));
    let mut wire = Wire::open(server.address());
    wire.send(put(&bucket, "k", &callback(&application.url("/"), "a=b")).to_bytes());
    let id = application.wait_for(1)[0].header("x-oss-request-id").to_owned();
    let name = bucket.name.clone();
    drop(bucket);
    let folder = Arc::into_inner(server).unwrap().kill();

    let server = Setup::new().data(&folder.path().join("data")).start();
    let answer = server.request("GET", &format!("/{name}/k")).send().expect(200);
    assert_eq!(answer.body, b"Hello OSS!");
    let record = server.ask_console(&format!("/api/deliveries/{id}")).expect(200);
    let record: serde_json::Value = serde_json::from_slice(&record.body).unwrap();
    assert!(matches!(record["state"].as_str(), Some("unknown" | "pending" | "failed")), "{record}");
}

#[test]
fn with_redelivery_a_failed_callback_is_tried_again() {
    let setup =
        Setup::new().set("OSSICLE_REDELIVERY_ENABLED", "true").set("OSSICLE_REDELIVERY_FIRST_DELAY_MS", "50");
    let server = Arc::new(setup.start());
    let bucket = Bucket::on(&server);
    let count = std::sync::atomic::AtomicUsize::new(0);
    let application =
        Application::new(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 | 1 => Reply::new("503 Busy", &[], b"{}"),
            _ => Reply::json("{}"),
        });
    let answer = put(&bucket, "k", &callback(&application.url("/"), "size=${size}")).send();
    let answer = super::assert_failed(answer, "Error status : 503.", "0007-00000203");
    let requests = application.wait_for(3);
    let pem = server.public_key();
    for request in &requests {
        assert_eq!(
            (request.text(), request.header("x-oss-request-id")),
            ("size=10", answer.must("x-oss-request-id"))
        );
        assert!(request.is_signed_by(&pem));
    }
    let record = server.delivery_once(answer.must("x-oss-request-id"), |state| state == "delivered");
    assert_eq!(record["state"], "delivered", "{record}");
}
