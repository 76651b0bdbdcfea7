//! Who is calling: access keys and the verification of a presented signature. What the caller may do is `authorize`'s.

use ossicle_protocol::sign::{self, Client, Identified, Presented, Scope, SignedRequest};
use ossicle_protocol::{Error, ErrorCode, SecretKey, Timestamp};

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Nobody signed.
    Anonymous,
    /// The holder of this access key, which is the owner's.
    Owner {
        /// The access key id.
        access_key_id: String,
    },
}

impl Caller {
    /// Makes the caller the owner, by a signature that was verified.
    pub(crate) fn owner(verified: &Presented) -> Self {
        Self::Owner { access_key_id: verified.access_key_id().to_owned() }
    }

    pub(crate) fn is_owner(&self) -> bool {
        matches!(self, Self::Owner { .. })
    }

    /// Returns the access key id, or what OSS's access log has for an anonymous caller.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Anonymous => "-",
            Self::Owner { access_key_id } => access_key_id,
        }
    }
}

/// The access keys that the server knows.
#[derive(Debug)]
pub(crate) struct Credentials {
    root_id: String,
    root_secret: SecretKey,
    scope: Scope,
}

impl Credentials {
    pub(crate) fn new(root_id: String, root_secret: SecretKey, scope: Scope) -> Self {
        Self { root_id, root_secret, scope }
    }

    /// Returns the root access key, for the console's log-in and the signatures that it makes.
    pub(crate) fn root(&self) -> (&str, &SecretKey) {
        (&self.root_id, &self.root_secret)
    }

    /// Returns the scope that a V4 signature must be made for.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Returns the secret of `access_key_id`. A security token never fits, as every key here is permanent; OSS says the
    /// same of a permanent key that comes with a token.
    pub(crate) fn secret(
        &self,
        access_key_id: &str,
        security_token: Option<&str>,
    ) -> Result<&SecretKey, Error> {
        let tokenless = security_token.is_none_or(str::is_empty);
        if access_key_id == self.root_id && tokenless {
            return Ok(&self.root_secret);
        }
        Err(Error::new(ErrorCode::InvalidAccessKeyId).with_detail("OSSAccessKeyId", access_key_id))
    }

    /// Finds out who sent a request and what it is: see [`sign::identify`].
    pub(crate) fn identify<'a>(
        &self,
        asked: &SignedRequest<'a>,
        client: Client,
        now: Timestamp,
    ) -> Result<Identified<'a>, Error> {
        sign::identify(asked, client, now, &self.scope, |presented| {
            self.secret(presented.access_key_id(), presented.security_token())
        })
    }
}
