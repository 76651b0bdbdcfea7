//! What the tests of the API stand on, and these as well.

#[path = "../api/harness/application.rs"]
pub(crate) mod application;
#[path = "../api/harness/bucket.rs"]
pub(crate) mod bucket;
#[path = "../api/harness/checksum.rs"]
pub(crate) mod checksum;
#[path = "../api/harness/document.rs"]
pub(crate) mod document;
#[path = "../api/harness/form.rs"]
pub(crate) mod form;
#[path = "../api/harness/request.rs"]
pub(crate) mod request;
#[path = "../api/harness/server.rs"]
pub(crate) mod server;
#[path = "../api/harness/signing.rs"]
pub(crate) mod signing;
#[path = "../api/harness/wire.rs"]
pub(crate) mod wire;

pub(crate) use application::{Application, Reply};
pub(crate) use bucket::Bucket;
pub(crate) use request::Request;
pub(crate) use server::{Server, Setup};
pub(crate) use wire::{Answer, Wire};
