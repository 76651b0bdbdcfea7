//! The commands as people and programs run them: what they print, in text and in JSON, and how they exit.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

#[expect(dead_code, unused_imports, reason = "shared with the tests of the API, which use all of it")]
#[path = "../delivery/harness.rs"]
mod harness;

mod folders;
mod journal;
mod listen;
mod run;
mod send;
mod verify;
