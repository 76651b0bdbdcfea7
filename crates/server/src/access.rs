//! Access: who asks, and what they may do.

pub(crate) mod acl;
pub(crate) mod auth;
pub(crate) mod authorize;
pub(crate) mod directory;
pub(crate) mod identity;
pub(crate) mod master_key;
#[cfg_attr(not(test), expect(dead_code, reason = "role sessions come next"))]
pub(crate) mod token;
