//! The real server is killed, and no callback that was asked for is lost: at random moments under load, and again and
//! again at the moments that matter. These tests keep every processor busy, so they have a process of their own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

#[path = "../delivery/harness.rs"]
#[expect(dead_code, unused_imports, reason = "shared with the tests of the API, which use all of it")]
mod harness;
#[path = "../delivery/journal.rs"]
#[expect(dead_code, reason = "shared with the tests of delivery, which use all of it")]
mod journal;
#[path = "../delivery/upload.rs"]
mod upload;

mod aimed;
mod ledger;
mod random;
