//! Who holds a temporary key: what its token says, and whether all that the session comes from is still there.

use std::sync::Arc;

use ossicle_policy::{Policy, PolicyKind};
use ossicle_protocol::Timestamp;
use ossicle_store as store;

use super::directory::{Directory, Found, IdentitiesOf};
use super::identity::{Identity, IdentityKind, SessionOrigin};
use super::token::{RoleSession, TokenFault};

/// Why a temporary key does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionFault {
    /// Its token is no good.
    Token(TokenFault),
    /// The access key that it was given out to is gone or disabled.
    IssuerGone,
    /// A role that it comes from is gone.
    RoleGone,
}

/// Looks up who holds a temporary key. Roles and the key behind it are looked up each time, at hand in the directory.
pub(super) async fn find(
    directory: &Directory,
    identities: IdentitiesOf<'_>,
    access_key_id: &str,
    token: &str,
    now: Timestamp,
) -> Result<Result<Identity, SessionFault>, store::Error> {
    let mut session = match RoleSession::open(token, access_key_id, directory.master_key(), now) {
        Ok(session) => session,
        Err(fault) => return Ok(Err(SessionFault::Token(fault))),
    };
    match directory.find(identities, &session.issued_to, now.unix_millis()).await? {
        Some(Found::Active(_)) => {}
        Some(Found::Disabled) | None => return Ok(Err(SessionFault::IssuerGone)),
    }
    let mut policies = None;
    for role in &session.roles {
        match directory.role(identities, &role.account, &role.name).await? {
            Some(known) if known.id == role.id => policies = Some(Arc::clone(&known.policies)),
            _ => return Ok(Err(SessionFault::RoleGone)),
        }
    }
    let (Some(role), Some(policies)) = (session.roles.pop(), policies) else {
        return Ok(Err(SessionFault::Token(TokenFault::Malformed)));
    };
    Ok(Ok(Identity {
        access_key_id: session.access_key_id,
        secret: session.secret,
        account: role.account.as_str().into(),
        policies,
        session_policy: session.policy.as_deref().map(read_policy),
        kind: IdentityKind::RoleSession {
            role,
            session: session.session_name,
            origin: SessionOrigin { issued_to: session.issued_to, roles: session.roles },
        },
    }))
}

/// Reads a session policy. It was read before it went into the token, so one that cannot be read is another version's, which may
/// deny something.
fn read_policy(document: &str) -> Policy {
    Policy::parse(PolicyKind::Session, document).unwrap_or_else(|_| Policy::unreadable(PolicyKind::Session))
}

#[cfg(test)]
mod tests {
    use ossicle_protocol::SecretKey;
    use ossicle_store::{
        AccessKey, IdentityChange, IdentityStatus, PolicyOwner, PolicyOwnerKind, Role, Store, StoreOptions,
        User,
    };

    use super::*;
    use crate::access::master_key::{MasterKey, Purpose};
    use crate::access::token::AssumedRole;

    const ALL: &[u8] = br#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}"#;

    struct World {
        _folder: tempfile::TempDir,
        store: Store,
        directory: Directory,
    }

    impl World {
        /// A user `u` with the access key `key`, and the roles `first` and `second`.
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store =
                Store::open(&folder.path().join("data"), StoreOptions::default().account("1")).unwrap();
            let master = MasterKey::load_or_make(&folder.path().join("master.key")).unwrap();
            let user = User { account: "1".into(), name: "u".into(), id: "20".into(), ..User::default() };
            store.create_user(user).await.unwrap();
            let sealed_secret = master.seal(Purpose::AccessKeySecret("key"), b"secret").unwrap();
            let (id, account, user) = ("key".into(), "1".into(), "u".into());
            let key = AccessKey { id, account, user, sealed_secret, ..AccessKey::default() };
            store.create_access_key(key).await.unwrap();
            let world = Self { _folder: folder, store, directory: Directory::new("1".into(), master) };
            world.make_role("first", "301").await;
            world.make_role("second", "302").await;
            world
        }

        async fn make_role(&self, name: &str, id: &str) {
            let (account, name, id) = ("1".to_owned(), name.to_owned(), id.to_owned());
            let trust_policy = b"{}".to_vec();
            let role = Role { account, name, id, trust_policy, max_session_s: 3600, ..Role::default() };
            self.store.create_role(role).await.unwrap();
        }

        fn token(&self, roles: &[(&str, &str)]) -> String {
            let role = |(name, id): &(&str, &str)| AssumedRole {
                account: "1".into(),
                name: (*name).into(),
                id: (*id).into(),
            };
            let session = RoleSession {
                access_key_id: "STS.key".into(),
                secret: SecretKey::new("temporary"),
                roles: roles.iter().map(role).collect(),
                session_name: "alice".into(),
                issued_to: "key".into(),
                issued: Timestamp::from_unix_seconds(0),
                expires: Timestamp::from_unix_seconds(900),
                policy: Some("{".into()),
            };
            session.seal(self.directory.master_key()).unwrap()
        }

        async fn find(&self, token: &str) -> Result<Identity, SessionFault> {
            let now = Timestamp::from_unix_seconds(1);
            find(&self.directory, (&self.store).into(), "STS.key", token, now).await.unwrap()
        }
    }

    #[tokio::test]
    async fn a_session_has_the_policies_that_its_role_has_now() {
        let world = World::new().await;
        let token = world.token(&[("first", "301"), ("second", "302")]);
        let identity = world.find(&token).await.unwrap();
        assert_eq!(identity.arn(), "acs:ram::1:assumed-role/second/alice");
        assert_eq!((identity.id(), identity.policies.len()), ("302", 0));
        assert!(identity.secret.matches("temporary"));
        let (account, kind) = ("1".to_owned(), PolicyOwnerKind::Role);
        let owner = PolicyOwner { account, kind, name: "second".into() };
        world.store.put_policy(owner, "p", ALL.to_vec(), 0).await.unwrap();
        let identity = world.find(&token).await.unwrap();
        assert_eq!(identity.policies.len(), 1);
        let policy = identity.session_policy.unwrap();
        assert_eq!(policy, Policy::unreadable(PolicyKind::Session), "what cannot be read denies");
    }

    #[tokio::test]
    async fn a_session_ends_with_each_role_that_it_comes_from() {
        for gone in ["first", "second"] {
            let world = World::new().await;
            let token = world.token(&[("first", "301"), ("second", "302")]);
            world.find(&token).await.unwrap();
            world.store.delete_role("1", gone).await.unwrap();
            assert_eq!(world.find(&token).await.unwrap_err(), SessionFault::RoleGone);
            world.make_role(gone, "309").await;
            assert_eq!(world.find(&token).await.unwrap_err(), SessionFault::RoleGone, "it is another role");
        }
    }

    #[tokio::test]
    async fn a_session_ends_with_the_key_and_the_user_behind_it() {
        let set = |status| IdentityChange { status: Some(status), ..IdentityChange::default() };
        let world = World::new().await;
        let token = world.token(&[("first", "301")]);
        world.store.change_access_key("key", set(IdentityStatus::Disabled)).await.unwrap();
        assert_eq!(world.find(&token).await.unwrap_err(), SessionFault::IssuerGone);
        world.store.change_access_key("key", set(IdentityStatus::Active)).await.unwrap();
        world.find(&token).await.unwrap();
        world.store.change_user("1", "u", set(IdentityStatus::Disabled)).await.unwrap();
        assert_eq!(world.find(&token).await.unwrap_err(), SessionFault::IssuerGone);
        world.store.change_user("1", "u", set(IdentityStatus::Active)).await.unwrap();
        world.find(&token).await.unwrap();
        world.store.delete_access_key("key").await.unwrap();
        assert_eq!(world.find(&token).await.unwrap_err(), SessionFault::IssuerGone);
    }
}
