//! The harness of the server's tests: the real server as a process, a client that sends bytes exactly as told, signatures
//! computed here from the published rules, and an application server that answers as a test says. Nothing of the server's
//! own code is used to make or judge a request.
//!
//! It serves the integration tests of `ossicle-server`, whose binary it starts; nothing else depends on it.

#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
#![expect(
    clippy::new_without_default,
    reason = "what is new here is made for a test and no default of anything"
)]

mod alone;
pub mod application;
pub mod bucket;
pub mod checksum;
pub mod document;
pub mod form;
pub mod journal;
mod nodes;
pub mod request;
pub mod server;
pub mod signing;
pub mod sts;
pub mod upload;
pub mod wire;

pub use application::{Application, Reply};
pub use bucket::Bucket;
pub use request::Request;
pub use server::{MASTER_KEY, Server, Setup};
pub use sts::StsRequest;
pub use wire::{Answer, Wire};
