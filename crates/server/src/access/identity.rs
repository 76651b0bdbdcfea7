//! Who somebody is: an account's root, one of its users, or a session of a role, with the access key that was presented.

use std::sync::Arc;

use ossicle_policy::{Policy, Principal};
use ossicle_protocol::SecretKey;

use super::token::AssumedRole;

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
    pub(crate) policies: Arc<[Policy]>,
    /// What narrows that, for a session of a role.
    pub(crate) session_policy: Option<Policy>,
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
    /// A session of a role.
    RoleSession {
        /// The role.
        role: AssumedRole,
        /// The session's name.
        session: String,
        /// Where it comes from.
        origin: SessionOrigin,
    },
}

/// Where the session of a role comes from: with any of it, the session ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionOrigin {
    /// The access key that the first role was assumed with.
    pub(crate) issued_to: String,
    /// The roles that were assumed before, one by means of the other.
    pub(crate) roles: Vec<AssumedRole>,
}

impl Identity {
    /// Returns the resource name, as policies and STS have it.
    pub(crate) fn arn(&self) -> String {
        let account = &self.account;
        match &self.kind {
            IdentityKind::Root => format!("acs:ram::{account}:root"),
            IdentityKind::User { name, .. } => format!("acs:ram::{account}:user/{name}"),
            IdentityKind::RoleSession { role, session, .. } => {
                format!("acs:ram::{account}:assumed-role/{}/{session}", role.name)
            }
        }
    }

    /// Returns the principal that policies name.
    pub(crate) fn principal(&self) -> Principal<'_> {
        let account = &*self.account;
        match &self.kind {
            IdentityKind::Root => Principal::Account { uid: account },
            IdentityKind::User { name, id } => Principal::User { account, id, name },
            IdentityKind::RoleSession { role, session, .. } => {
                Principal::RoleSession { account, role: &role.name, session }
            }
        }
    }

    /// Returns the id that stands for it in logs: the account's, the user's or the role's.
    pub(crate) fn id(&self) -> &str {
        match &self.kind {
            IdentityKind::Root => &self.account,
            IdentityKind::User { id, .. } => id,
            IdentityKind::RoleSession { role, .. } => &role.id,
        }
    }
}
