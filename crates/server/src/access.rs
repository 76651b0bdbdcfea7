//! Access: who asks, and what they may do.

pub(crate) mod acl;
pub(crate) mod administration;
pub(crate) mod auth;
pub(crate) mod authorize;
pub(crate) mod context;
mod diagnosis;
pub(crate) mod directory;
pub(crate) mod identity;
pub(crate) mod master_key;
mod refusal;
pub(crate) mod role_sessions;
pub(crate) mod token;
