//! The Security Token Service: temporary credentials for sessions of roles, on a listener of its own and, by its host names, on
//! the API's. What its requests and answers look like is `ossicle-protocol`'s.

mod assume_role;
pub(crate) mod forget_nonces;
mod internal_error;
mod nonces;
pub(crate) mod service;

pub(crate) use nonces::Nonces;
