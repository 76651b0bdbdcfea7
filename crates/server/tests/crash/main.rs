//! The real server is killed, and no callback that was asked for is lost: at random moments under load, and again and
//! again at the moments that matter. These tests keep every processor busy, so they have a process of their own.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use ossicle_harness::{self as harness, journal, upload};

mod aimed;
mod ledger;
mod random;
