//! The journal: searching, one delivery in full, masking, replay, counts, and events as they happen.

use std::io::Read as _;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::application::Application;
use crate::http::request;
use crate::objects::{form_fields, get, make_bucket, post, send_form};
use crate::server::Server;

/// Uploads with a callback and tells the id of its delivery.
fn call_back(server: &Server, key: &str, url: &str) -> String {
    let fields = form_fields(server, &json!({ "bucket": "demo", "key": key, "callback": { "url": url } }));
    let answer = send_form(server, &fields, "x", None);
    assert!(matches!(answer.status, 200 | 203), "{}", answer.status);
    answer.header("x-oss-request-id").unwrap().to_owned()
}

/// Journal updates are not waited for by uploads, so they may come a moment later.
fn eventually(what: &str, mut check: impl FnMut() -> bool) {
    for _ in 0..200 {
        if check() {
            return;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("{what} did not come true");
}

fn state(server: &Server, id: &str) -> Value {
    get(server, &format!("/api/deliveries/{id}")).json()["state"].clone()
}

/// What an event stream has sent by the time it contains `text`.
fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut all = String::new();
    let mut piece = [0; 4096];
    while !all.contains(text) {
        let length = stream.read(&mut piece).unwrap();
        assert!(length > 0, "the stream ended: {all}");
        all += &String::from_utf8_lossy(&piece[..length]);
    }
    all
}

#[test]
fn deliveries_are_found_by_what_they_are() {
    let (server, application) = (Server::start(&[]), Application::start());
    make_bucket(&server);
    let first = call_back(&server, "a/1", &application.url);
    application.answer_with(500);
    let second = call_back(&server, "a/2", &format!("{}?tenant=7", application.url));
    eventually("the failure is recorded", || state(&server, &second) == "failed");
    eventually("the success is recorded", || state(&server, &first) == "delivered");
    let ids = |query: &str| -> Vec<String> {
        let page = get(&server, &format!("/api/deliveries?{query}")).json();
        page["deliveries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    };
    for (query, expected) in [
        ("", vec![&second, &first]),
        ("bucket=demo", vec![&second, &first]),
        ("bucket=other", vec![]),
        ("state=failed", vec![&second]),
        ("state=delivered,failed", vec![&second, &first]),
        ("state=pending", vec![]),
        ("url=tenant%3D7", vec![&second]),
        ("url=a/1", vec![&first]),
        ("url=nothing", vec![]),
        ("since=99999999999999", vec![]),
        ("before=1", vec![]),
    ] {
        let expected: Vec<String> = expected.into_iter().cloned().collect();
        assert_eq!(ids(query), expected, "{query}");
    }
    let page = get(&server, "/api/deliveries?limit=1").json();
    assert_eq!(page["deliveries"][0]["id"], second);
    let cursor = page["cursor"].as_str().unwrap();
    assert_eq!(ids(&format!("limit=1&cursor={cursor}")), [first]);
    let refused = get(&server, "/api/deliveries?state=lost");
    assert_eq!((refused.status, refused.error().as_str()), (400, "InvalidArgument"));
    assert_eq!(get(&server, "/api/deliveries/nothing").status, 404);
    let summary = get(&server, "/api/deliveries/summary?hours=1").json();
    let total = |name: &str| {
        summary["slots"].as_array().unwrap().iter().map(|slot| slot[name].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!((total("delivered"), total("failed"), &summary["complete"]), (1, 1, &json!(true)));
}

#[test]
fn a_delivery_is_told_in_full_and_replayed() {
    let (server, application) = (Server::start(&[]), Application::start());
    make_bucket(&server);
    application.answer_with(502);
    let id = call_back(&server, "photo.jpg", &application.url);
    eventually("the failure is recorded", || state(&server, &id) == "failed");
    let detail = get(&server, &format!("/api/deliveries/{id}")).json();
    assert_eq!(detail["ec"], "0007-00000203");
    assert_eq!(detail["failure"]["message"], "Error status : 502.");
    assert_eq!(detail["urls"], json!([application.url]));
    let attempt = &detail["log"][0];
    assert_eq!(attempt["verified_with"], "callback_pub_key_v1.pem");
    assert!(attempt["request_head"].as_str().unwrap().starts_with("POST /callback HTTP/1.1"));
    assert!(attempt["response_head"].as_str().unwrap().starts_with("HTTP/1.1 502"));
    assert!(!attempt["findings"].as_array().unwrap().is_empty());

    let failed = post(&server, &format!("/api/deliveries/{id}/replay"), &json!({})).json();
    assert_eq!((&failed["delivered"], &failed["delivery"]["state"]), (&json!(false), &json!("failed")));
    application.answer_with(200);
    let replayed = post(&server, &format!("/api/deliveries/{id}/replay"), &json!({})).json();
    assert_eq!((&replayed["delivered"], &replayed["failure"]), (&json!(true), &Value::Null));
    assert_eq!(replayed["delivery"]["state"], "delivered");
    let log = replayed["delivery"]["log"].as_array().unwrap();
    assert_eq!(log.len(), 3);
    let sent_body = |at: usize| log[at]["request_body"].clone();
    assert_eq!(sent_body(0), sent_body(2));
    assert!(log[2]["request_head"].as_str().unwrap().contains("x-ossicle-attempt: 3"));
    assert_eq!(application.calls(), 3);
    // One that was delivered stays so, whatever a later replay meets.
    application.answer_with(500);
    let again = post(&server, &format!("/api/deliveries/{id}/replay"), &json!({})).json();
    assert_eq!((&again["delivered"], &again["delivery"]["state"]), (&json!(false), &json!("delivered")));
    assert_eq!(post(&server, "/api/deliveries/nothing/replay", &json!({})).error(), "NoSuchDelivery");
}

#[test]
fn what_the_operator_masks_is_never_shown() {
    let server = Server::start(&[("OSSICLE_CALLBACK_MASK", "token=[^&]+")]);
    let application = Application::start();
    make_bucket(&server);
    let mut events = request(&server.console, "GET", "/api/events").keyed().open();
    read_until(&mut events, "\r\n\r\n");
    let id = call_back(&server, "a", &format!("{}?token=s3cret&x=1", application.url));
    eventually("it is recorded", || state(&server, &id) == "delivered");
    let shown = [
        String::from_utf8(get(&server, &format!("/api/deliveries/{id}")).body).unwrap(),
        String::from_utf8(get(&server, "/api/deliveries").body).unwrap(),
        read_until(&mut events, "event: delivery"),
    ];
    for text in shown {
        assert!(!text.contains("s3cret"), "{text}");
    }
    let row = &get(&server, "/api/deliveries").json()["deliveries"][0];
    assert_eq!(row["url"], format!("{}?***&x=1", application.url));
    let replayed = post(&server, &format!("/api/deliveries/{id}/replay"), &json!({})).json();
    assert_eq!(replayed["delivered"], true, "what is sent is not masked");
}

#[test]
fn watchers_are_told_at_once_and_do_not_hold_up_a_stop() {
    let (server, application) = (Server::start(&[]), Application::start());
    make_bucket(&server);
    let mut events = request(&server.console, "GET", "/api/events").keyed().open();
    let head = read_until(&mut events, "\r\n\r\n");
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    let id = call_back(&server, "a", &application.url);
    let told = read_until(&mut events, "}\n\n");
    assert!(told.contains("event: delivery\ndata: {"), "{told}");
    let data = told.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let row: Value = serde_json::from_str(data).unwrap();
    assert_eq!((&row["id"], &row["state"], &row["object"]), (&json!(id), &json!("delivered"), &json!("a")));
    let took = server.stop();
    assert!(took < Duration::from_secs(5), "{took:?}");
}
