//! Deliveries against application servers that behave, misbehave, or attack.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that fails may panic"
)]

mod addresses;
mod answers;
mod application;
mod connections;
mod requests;
mod tls;
