//! What the tests stand on: the real server as a process, a client that sends bytes exactly as told, signatures computed
//! here from the published rules, and an application server that answers as a test says. Nothing of the server's own
//! code is used to make or judge a request.

pub(crate) mod application;
pub(crate) mod bucket;
pub(crate) mod checksum;
pub(crate) mod document;
pub(crate) mod form;
pub(crate) mod request;
pub(crate) mod server;
pub(crate) mod signing;
pub(crate) mod wire;

pub(crate) use application::{Application, Reply};
pub(crate) use bucket::Bucket;
pub(crate) use request::Request;
pub(crate) use server::{Server, Setup};
pub(crate) use wire::{Answer, Wire};
