//! What this server tells of itself.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ossicle_store::Node;

/// This server, as others shall see it.
#[derive(Debug)]
pub(crate) struct ThisNode {
    id: String,
    address: String,
    started_ms: i64,
    requests_per_second: AtomicU64,
    /// Whether the store took the last heartbeat.
    is_heard: AtomicBool,
}

impl ThisNode {
    /// Describes a server that listens at this address and has started now.
    pub(crate) fn new(id: &str, scheme: &str, listening: SocketAddr, now_ms: i64) -> Self {
        Self {
            id: id.to_owned(),
            address: address_for_others(scheme, listening, &host_name()),
            started_ms: now_ms,
            requests_per_second: AtomicU64::new(0),
            is_heard: AtomicBool::new(true),
        }
    }

    /// Returns its id, which no other process has.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Notes how many requests were answered in a second.
    pub(super) fn note_rate(&self, requests_per_second: u64) {
        self.requests_per_second.store(requests_per_second, Ordering::Relaxed);
    }

    /// Notes whether the store took a heartbeat.
    pub(super) fn note_heard(&self, is_heard: bool) {
        self.is_heard.store(is_heard, Ordering::Relaxed);
    }

    /// Returns whether the store took the last heartbeat.
    pub(super) fn is_heard(&self) -> bool {
        self.is_heard.load(Ordering::Relaxed)
    }

    /// Describes the server as it is now.
    pub(super) fn describe(&self, in_flight: u64, now_ms: i64) -> Node {
        Node {
            id: self.id.clone(),
            address: self.address.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_ms: self.started_ms,
            seen_ms: now_ms,
            in_flight,
            requests_per_second: self.requests_per_second.load(Ordering::Relaxed),
        }
    }
}

/// Returns the URL under which other machines may find the server. One that listens on every address has the machine's name
/// for a host.
fn address_for_others(scheme: &str, listening: SocketAddr, host_name: &str) -> String {
    if listening.ip().is_unspecified() && !host_name.is_empty() {
        format!("{scheme}://{host_name}:{}", listening.port())
    } else {
        format!("{scheme}://{listening}")
    }
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_of_use_to_others() {
        let cases = [
            ("http", "10.0.0.5:9000", "node-1", "http://10.0.0.5:9000"),
            ("https", "0.0.0.0:9000", "node-1", "https://node-1:9000"),
            ("http", "[::]:9000", "node-1", "http://node-1:9000"),
            ("http", "[::1]:9000", "node-1", "http://[::1]:9000"),
            ("http", "0.0.0.0:9000", "", "http://0.0.0.0:9000"),
        ];
        for (scheme, listening, host_name, expected) in cases {
            let address = address_for_others(scheme, listening.parse().unwrap(), host_name);
            assert_eq!(address, expected);
        }
    }
}
