//! The console's API over HTTP, against the binary: who is let in, what is told, what strangers cannot do.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod access;
mod application;
mod bounds;
mod connections;
mod deliveries;
mod http;
mod objects;
mod server;
mod who_may;
