//! The commands as people and programs run them: what they print, in text and in JSON, and how they exit.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use ossicle_harness as harness;

mod accounts;
mod cluster;
mod folders;
mod journal;
mod lifecycle;
mod listen;
mod run;
mod send;
mod verify;
