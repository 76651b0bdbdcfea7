//! Nodes: the processes that serve from one store.

/// A process that serves from the store, as it told of itself last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// A name that no other process has: 1 to 64 printable characters.
    pub id: String,
    /// Where others reach it.
    pub address: String,
    /// The version of the program.
    pub version: String,
    /// When it started, in milliseconds since 1970.
    pub started_ms: i64,
    /// When it told this, in milliseconds since 1970.
    pub seen_ms: i64,
    /// Requests that it was answering then.
    pub in_flight: u64,
    /// Requests that it had answered in a second, of late.
    pub requests_per_second: u64,
}
