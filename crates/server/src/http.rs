//! The HTTP/1.1 edge: connections, bodies, replies and the spelling of header names. It knows nothing of buckets.

pub(crate) mod body;
pub(crate) mod header_case;
pub(crate) mod listener;
pub(crate) mod malformed;
pub(crate) mod reply;
pub(crate) mod threads;
