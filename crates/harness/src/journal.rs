//! The journal as the console's API shows it.

use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::signing::root_key;
use crate::{Server, Wire};

/// Returns all rows that a query finds, newest first.
#[track_caller]
pub fn rows(server: &Server, query: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = server.ask_console(&format!("/api/deliveries?limit=500&{query}{cursor}")).expect(200);
        let page: Value = serde_json::from_slice(&answer.body).unwrap();
        rows.extend(page["deliveries"].as_array().unwrap().iter().cloned());
        let Some(next) = page["cursor"].as_str() else { return rows };
        cursor = format!("&cursor={next}");
    }
}

/// Returns one delivery in full.
#[track_caller]
pub fn detail(server: &Server, id: &str) -> Value {
    let answer = server.ask_console(&format!("/api/deliveries/{id}")).expect(200);
    serde_json::from_slice(&answer.body).unwrap()
}

/// Asks for a delivery to be sent once more, and tells what the console answers.
#[track_caller]
pub fn replay(server: &Server, id: &str) -> Value {
    let (key, mut wire) = (root_key(), Wire::open(server.console()));
    let basic = STANDARD.encode(format!("{}:{}", key.id, key.secret));
    wire.send(format!(
        "POST /api/deliveries/{id}/replay HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic {basic}\r\n\
         Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}",
        server.console()
    ));
    serde_json::from_slice(&wire.answer().body).unwrap()
}

/// Waits until a delivery is in this state, and shows it in full.
#[track_caller]
pub fn wait_for_state(server: &Server, id: &str, state: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let shown = detail(server, id);
        if shown["state"] == state {
            return shown;
        }
        assert!(Instant::now() < deadline, "not {state}: {shown:#}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until no delivery is in one of these states.
#[track_caller]
pub fn wait_for_none(server: &Server, states: &str, patience: Duration) {
    let deadline = Instant::now() + patience;
    loop {
        let left = rows(server, &format!("state={states}"));
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "{} are still {states}, the first: {:#}", left.len(), left[0]);
        thread::sleep(Duration::from_millis(100));
    }
}
