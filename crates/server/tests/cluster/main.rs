//! Histories of a cluster: clients use the same few keys through all of its servers while servers, database, store for
//! content and the connections between them fail, and everything that they were told fits one order. No write that was
//! acknowledged is lost, no read is stale, no callback is lost, and none comes twice under two names.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use ossicle_harness as harness;

mod callbacks;
mod client;
mod content;
mod faults;
mod histories;
mod model;
mod nodes;
