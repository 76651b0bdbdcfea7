//! Who somebody is: an account's root or one of its users, with the access key that was presented.

use std::sync::Arc;

use ossicle_policy::Policy;
use ossicle_protocol::SecretKey;

/// The holder of an access key. It is made by [`Directory`](super::directory::Directory) alone, and counts as the sender of a
/// request once its signature is verified.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) access_key_id: String,
    pub(crate) secret: SecretKey,
    /// The id of the account that it belongs to.
    pub(crate) account: Arc<str>,
    pub(crate) kind: IdentityKind,
    /// What it may do, besides what ACLs and bucket policies say.
    #[cfg_attr(not(test), expect(dead_code, reason = "the decision that asks them comes next"))]
    pub(crate) policies: Arc<[Policy]>,
}

/// What somebody is in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IdentityKind {
    /// The account itself.
    Root,
    /// A user.
    User {
        /// Its name.
        name: String,
        /// Its id.
        id: String,
    },
}

impl Identity {
    /// Returns the resource name, as policies and STS have it.
    #[expect(dead_code, reason = "the decision and STS tell it next")]
    pub(crate) fn arn(&self) -> String {
        let account = &self.account;
        match &self.kind {
            IdentityKind::Root => format!("acs:ram::{account}:root"),
            IdentityKind::User { name, .. } => format!("acs:ram::{account}:user/{name}"),
        }
    }

    /// Returns the id that stands for it in logs: the account's, or the user's.
    pub(crate) fn id(&self) -> &str {
        match &self.kind {
            IdentityKind::Root => &self.account,
            IdentityKind::User { id, .. } => id,
        }
    }
}
