//! Who is calling: access keys and the verification of a presented signature. What the caller may do is `authorize`'s.

use std::sync::Arc;

use ossicle_protocol::sign::{Claim, Client, Identified, Presented, Scope};
use ossicle_protocol::{Error, ErrorCode, SecretKey, Timestamp};

use super::directory::{Directory, Found, IdentitiesOf};
use super::identity::{Identity, IdentityKind};
use super::role_sessions::{self, SessionFault};
use super::token::{KEY_ID_PREFIX, TokenFault};
use crate::oss::failure::Failure;

/// Who sent a request.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// Nobody signed.
    Anonymous,
    /// The holder of an access key, by a signature that was verified.
    Signed(Arc<Identity>),
}

impl Caller {
    /// Returns who signed.
    pub(crate) fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Anonymous => None,
            Self::Signed(identity) => Some(identity),
        }
    }

    /// Returns whether the caller is this account itself, and none of its users.
    pub(crate) fn is_root_of(&self, account: &str) -> bool {
        self.identity()
            .is_some_and(|identity| identity.kind == IdentityKind::Root && *identity.account == *account)
    }

    /// Returns the account of whoever signed.
    pub(crate) fn account(&self) -> Option<&str> {
        self.identity().map(|identity| &*identity.account)
    }

    /// Returns the access key id, or what OSS's access log has for an anonymous caller.
    pub(crate) fn name(&self) -> &str {
        self.identity().map_or("-", |identity| &identity.access_key_id)
    }
}

/// Why an access key does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyFault {
    /// There is no such key.
    Unknown,
    /// It, its user or its account is disabled.
    Disabled,
    /// It is permanent, and comes with a security token.
    NotTemporary,
    /// It is temporary, and comes without one.
    TokenMissing,
    /// It is of a session that does not count.
    Session(SessionFault),
}

impl KeyFault {
    fn to_oss(self) -> Error {
        let unknown = Error::new(ErrorCode::InvalidAccessKeyId);
        match self {
            Self::Unknown | Self::TokenMissing | Self::Session(SessionFault::IssuerGone) => unknown,
            Self::Disabled => unknown
                .with_message("The OSS Access Key Id you provided is disabled.")
                .with_ec("0002-00000901"),
            Self::NotTemporary => unknown.with_ec("0002-00000002"),
            Self::Session(SessionFault::Token(TokenFault::Expired)) => ErrorCode::SecurityTokenExpired.into(),
            Self::Session(SessionFault::Token(_) | SessionFault::RoleGone) => {
                ErrorCode::InvalidSecurityToken.into()
            }
        }
    }
}

/// The access keys that the server knows: the configured account's, and those in the directory.
#[derive(Debug)]
pub(crate) struct Credentials {
    root: Arc<Identity>,
    directory: Directory,
    scope: Scope,
}

impl Credentials {
    /// Takes the access key of the configured account, which stands in no directory.
    pub(crate) fn new(
        (root_id, root_secret): (String, SecretKey),
        account: &str,
        directory: Directory,
        scope: Scope,
    ) -> Self {
        let root = Identity {
            access_key_id: root_id,
            secret: root_secret,
            account: account.into(),
            kind: IdentityKind::Root,
            policies: Arc::default(),
            session_policy: None,
        };
        Self { root: Arc::new(root), directory, scope }
    }

    /// Returns the root access key, for the console's log-in and the signatures that it makes.
    pub(crate) fn root(&self) -> (&str, &SecretKey) {
        (&self.root.access_key_id, &self.root.secret)
    }

    /// Returns the scope that a V4 signature must be made for.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Returns the identities and roles in the store.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Looks up the holder of the access key that a signature names. The configured account's is found without a look-up.
    pub(crate) async fn look_up(
        &self,
        identities: IdentitiesOf<'_>,
        access_key_id: &str,
        security_token: Option<&str>,
        now: Timestamp,
    ) -> Result<Result<Arc<Identity>, KeyFault>, ossicle_store::Error> {
        let is_temporary = access_key_id.starts_with(KEY_ID_PREFIX);
        match security_token.filter(|token| !token.is_empty()) {
            Some(_) if !is_temporary => return Ok(Err(KeyFault::NotTemporary)),
            Some(token) => {
                let session = role_sessions::find(&self.directory, identities, access_key_id, token, now);
                let found = Box::pin(session).await?;
                return Ok(found.map(Arc::new).map_err(KeyFault::Session));
            }
            None if access_key_id == self.root.access_key_id => return Ok(Ok(Arc::clone(&self.root))),
            None if is_temporary => return Ok(Err(KeyFault::TokenMissing)),
            None => {}
        }
        Ok(match self.directory.find(identities, access_key_id, now.unix_millis()).await? {
            Some(Found::Active(identity)) => Ok(identity),
            Some(Found::Disabled) => Err(KeyFault::Disabled),
            None => Err(KeyFault::Unknown),
        })
    }

    /// Returns the holder of the access key that a signature names, or says what OSS says of the key.
    pub(crate) async fn find(
        &self,
        identities: IdentitiesOf<'_>,
        access_key_id: &str,
        security_token: Option<&str>,
        now: Timestamp,
    ) -> Result<Arc<Identity>, Failure> {
        let found = self.look_up(identities, access_key_id, security_token, now).await?;
        Ok(found.map_err(|fault| fault.to_oss().with_detail("OSSAccessKeyId", access_key_id))?)
    }

    /// Finds out who made a signature, and what it covers.
    pub(crate) async fn verify<'a>(
        &self,
        identities: IdentitiesOf<'_>,
        claim: Claim<'_, 'a>,
        client: Client,
        now: Timestamp,
    ) -> Result<(Identified<'a>, Arc<Identity>), Failure> {
        let presented: &Presented = claim.presented();
        let identity =
            self.find(identities, presented.access_key_id(), presented.security_token(), now).await?;
        let identified = claim.verify(&identity.secret, client, now, &self.scope)?;
        Ok((identified, identity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_key_is_said_as_oss_says_it() {
        let check = |fault: KeyFault, code, ec: &str| {
            let error = fault.to_oss();
            assert_eq!((error.code(), error.ec()), (code, ec), "{fault:?}");
        };
        // Manual, "EC": 0002-00000002, 0002-00000006, 0002-00000007, 0002-00000902.
        let token = |fault| KeyFault::Session(SessionFault::Token(fault));
        check(KeyFault::Unknown, ErrorCode::InvalidAccessKeyId, "0002-00000902");
        check(KeyFault::TokenMissing, ErrorCode::InvalidAccessKeyId, "0002-00000902");
        check(KeyFault::Session(SessionFault::IssuerGone), ErrorCode::InvalidAccessKeyId, "0002-00000902");
        check(KeyFault::Disabled, ErrorCode::InvalidAccessKeyId, "0002-00000901");
        check(KeyFault::NotTemporary, ErrorCode::InvalidAccessKeyId, "0002-00000002");
        check(token(TokenFault::Malformed), ErrorCode::InvalidSecurityToken, "0002-00000006");
        check(token(TokenFault::OtherKey), ErrorCode::InvalidSecurityToken, "0002-00000006");
        check(KeyFault::Session(SessionFault::RoleGone), ErrorCode::InvalidSecurityToken, "0002-00000006");
        check(token(TokenFault::Expired), ErrorCode::SecurityTokenExpired, "0002-00000007");
    }
}
