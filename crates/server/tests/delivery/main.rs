//! No callback is lost, and an application server that behaves badly harms nobody: the real server meets hostile
//! application servers under load, runs out of disk, and tries failed callbacks again.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

#[expect(dead_code, reason = "shared with the tests of the API, which use all of it")]
mod harness;

mod full_disk;
mod hostile;
mod journal;
mod redelivery;
#[expect(dead_code, reason = "shared with the tests of crashes, which use all of it")]
mod upload;
