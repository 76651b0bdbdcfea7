//! The nodes of a cluster: servers that use the same store, each of which tells the others of itself. A server with a folder
//! of its own is the only one.

pub(crate) mod heartbeat;
pub(crate) mod list;
mod readiness;
mod this_node;

pub(crate) use readiness::Readiness;
pub(crate) use this_node::ThisNode;
