//! The Security Token Service on the wire: an RPC API of Alibaba Cloud, version 2015-04-01, as pure functions and types.
//!
//! A request is read into a [`Presented`], which is not believed; [`Presented::verify`] turns it into a [`Verified`], and
//! only that says what to do. Who the caller is, and whether a nonce was seen before, is the server's to know.

mod acs3;
mod action;
mod answer;
mod fault;
mod fields;
mod parameters;
mod presented;
mod rpc;

pub use action::{Action, AssumeRole, RoleArn};
pub use answer::{Answer, AssumedRole, CallerIdentity, Format, IdentityType};
pub use fault::{Fault, FaultCode};
pub use presented::{Presented, Request, Verified, presented};

/// The version of the API, the only one there is.
pub const VERSION: &str = "2015-04-01";

/// How far a client's clock may be off, and so how long a nonce must be remembered after the time that its request names.
pub const MAX_SKEW_MILLIS: i64 = crate::sign::MAX_SKEW_MILLIS;
