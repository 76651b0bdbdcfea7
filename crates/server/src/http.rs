//! The HTTP/1.1 edge: connections and their bounds, bodies, replies and the spelling of header names. It knows nothing of
//! buckets.

pub(crate) mod answer_memory;
pub(crate) mod body;
pub(crate) mod budget;
pub(crate) mod connection;
pub(crate) mod connections;
mod farewell;
pub(crate) mod framing;
pub(crate) mod header_case;
pub(crate) mod listener;
pub(crate) mod malformed;
mod outgoing;
pub(crate) mod reply;
pub(crate) mod threads;
pub(crate) mod tls_version;
mod to_the_end;
mod watched;
