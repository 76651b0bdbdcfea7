//! No callback is lost, and an application server that behaves badly harms nobody: the real server meets hostile
//! application servers under load, runs out of disk, and tries failed callbacks again.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use ossicle_harness::{self as harness, journal, upload};

mod full_disk;
mod hostile;
mod redelivery;
