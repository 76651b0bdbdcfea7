//! What clients were told and what the application server saw, to be held against what the server has after a crash.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::harness::application::Received;
use crate::harness::{Bucket, Server, Setup, signing};
use crate::journal::rows;

/// What the application server saw of one delivery.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The numbers of the attempts in the order in which they were read.
    pub(crate) attempts: Vec<u32>,
    /// The connection that each came on.
    connections: Vec<usize>,
    pub(crate) accepted: bool,
}

impl Seen {
    /// Whether the numbers came in the order in which the attempts were made. A killed server's last request may be read
    /// after its successor's first one; then the order of their connections tells, which no server shares with the next.
    pub(crate) fn is_in_order(&self) -> bool {
        let mut by_connection: Vec<(usize, u32)> =
            self.connections.iter().copied().zip(self.attempts.iter().copied()).collect();
        by_connection.sort_by_key(|(connection, _)| *connection);
        self.attempts.is_sorted() || by_connection.is_sorted_by_key(|(_, attempt)| *attempt)
    }
}

/// What the application server saw, by delivery.
pub(crate) type Book = Arc<Mutex<BTreeMap<String, Seen>>>;

/// What clients were told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Keys by request id of uploads that were answered.
    pub(crate) acknowledged: BTreeMap<String, String>,
    pub(crate) uploads: u32,
}

/// Writes down a callback that arrived.
pub(crate) fn note(book: &Book, request: &Received, accepted: bool) {
    let mut book = book.lock().unwrap();
    let seen = book.entry(request.header("x-ossicle-delivery-id").to_owned()).or_default();
    seen.connections.push(request.connection);
    seen.attempts.push(request.header("x-ossicle-attempt").parse().unwrap());
    seen.accepted |= accepted;
}

/// Starts a server on a folder; it tries again soon and often.
pub(crate) fn serve(data: &Path, redelivery: &str) -> Arc<Server> {
    Arc::new(setup(data, redelivery).start())
}

/// The settings of such a server.
pub(crate) fn setup(data: &Path, redelivery: &str) -> Setup {
    Setup::new()
        .data(data)
        .set("OSSICLE_LOG_LEVEL", "error")
        .set("OSSICLE_REDELIVERY_ENABLED", redelivery)
        .set("OSSICLE_REDELIVERY_FIRST_DELAY_MS", "20")
        .set("OSSICLE_REDELIVERY_MAX_DELAY_MS", "200")
        .set("OSSICLE_REDELIVERY_MAX_ATTEMPTS", "1000")
        .set("OSSICLE_CALLBACK_TIMEOUT_MS", "2000")
}

/// Ends the server as a power switch would, as far as a process can tell.
pub(crate) fn kill(server: &Server) {
    let id = rustix::process::Pid::from_raw(i32::try_from(server.child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
}

/// The keys of all objects that begin so.
pub(crate) fn keys(bucket: &Bucket, prefix: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut after = String::new();
    loop {
        let listing = bucket
            .root("GET", "?max-keys=1000")
            .query("marker", &after)
            .query("prefix", prefix)
            .send()
            .expect(200);
        keys.extend(listing.elements("Key"));
        if listing.element("IsTruncated") != "true" {
            return keys;
        }
        after = signing::decode(&listing.element("NextMarker"));
    }
}

/// A field of a row of the journal.
pub(crate) fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap().to_owned()
}

/// Every object has its record and no record is without its object; what was acknowledged is there.
#[track_caller]
pub(crate) fn assert_nothing_lost(bucket: &Bucket, told: &Told) -> BTreeMap<String, String> {
    let keys = keys(bucket, "");
    let records: BTreeMap<String, String> =
        rows(&bucket.server, "").iter().map(|row| (text(row, "id"), text(row, "object"))).collect();
    let recorded: BTreeSet<String> = records.values().cloned().collect();
    assert_eq!(keys, recorded, "objects and records of callbacks differ");
    for (id, key) in &told.acknowledged {
        assert_eq!(records.get(id), Some(key), "an acknowledged upload has no record");
    }
    records
}
