//! Identities at hand, by access key, and roles by name. What was looked up is valid while nobody has changed any account, user, key or policy since,
//! which the store's version of all identities tells, whichever process has changed them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use ossicle_policy::{Policy, PolicyKind};
use ossicle_protocol::SecretKey;
use ossicle_store::{self as store, AccessKey, IdentityStatus, KnownAccessKey, Store};

use super::identity::{Identity, IdentityKind};
use super::master_key::{MasterKey, Purpose};
use crate::sync::lock;

/// More keys than this are not kept at hand.
const MOST_ENTRIES: usize = 4096;

/// The policies of those that are kept at hand may have so many bytes together.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The access keys in the store, with whose they are.
#[derive(Debug)]
pub(crate) struct Directory {
    /// The account that has no row, and is never disabled.
    configured: String,
    master_key: MasterKey,
    known: Mutex<Known>,
}

/// The identities of a store, as a request sees them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdentitiesOf<'a> {
    /// The store.
    pub(crate) store: &'a Store,
    /// The version of all identities that the request has seen in it. Without one it is looked up.
    pub(crate) version: Option<u64>,
}

impl<'a> From<&'a Store> for IdentitiesOf<'a> {
    fn from(store: &'a Store) -> Self {
        Self { store, version: None }
    }
}

impl IdentitiesOf<'_> {
    async fn version(&self) -> Result<u64, store::Error> {
        match self.version {
            Some(version) => Ok(version),
            None => self.store.identity_version().await,
        }
    }
}

/// A role as it is now.
#[derive(Debug)]
pub(crate) struct KnownRole {
    /// Its id.
    pub(crate) id: String,
    /// Who may assume it; nobody where the document cannot be read.
    pub(crate) trust: Policy,
    /// What its sessions may do.
    pub(crate) policies: Arc<[Policy]>,
    /// The longest that a session lasts.
    pub(crate) max_session_s: u32,
}

/// What came of looking an access key up.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// It counts.
    Active(Arc<Identity>),
    /// It, its user or its account is disabled.
    Disabled,
}

#[derive(Debug, Default)]
struct Known {
    /// The version of all identities at which the entries were looked up.
    version: u64,
    entries: HashMap<String, Entry>,
    /// By account and name. None where there is no such role, or its account is disabled.
    roles: HashMap<(String, String), RoleEntry>,
    bytes: usize,
}

#[derive(Debug, Clone)]
struct Entry {
    key: Arc<AccessKey>,
    /// None where its user or account is disabled.
    identity: Option<Arc<Identity>>,
    bytes: usize,
}

#[derive(Debug, Clone)]
struct RoleEntry {
    role: Option<Arc<KnownRole>>,
    bytes: usize,
}

impl Directory {
    pub(crate) fn new(configured: String, master_key: MasterKey) -> Self {
        Self { configured, master_key, known: Mutex::default() }
    }

    /// Looks up who holds an access key at this time; `None` for a key that there is not.
    pub(crate) async fn find(
        &self,
        identities: IdentitiesOf<'_>,
        access_key_id: &str,
        now_ms: i64,
    ) -> Result<Option<Found>, store::Error> {
        // Before the key: what changes in between is looked up once more.
        let version = identities.version().await?;
        let entry = match self.at_hand(access_key_id, version) {
            Some(entry) => entry,
            None => match identities.store.known_access_key(access_key_id).await? {
                Some(known) => self.keep(self.entry(known), version),
                None => return Ok(None),
            },
        };
        Ok(Some(match entry.identity {
            Some(identity) if entry.key.is_active(now_ms) => Found::Active(identity),
            _ => Found::Disabled,
        }))
    }

    /// Looks up a role; `None` if there is none, or if its account is disabled.
    pub(crate) async fn role(
        &self,
        identities: IdentitiesOf<'_>,
        account: &str,
        name: &str,
    ) -> Result<Option<Arc<KnownRole>>, store::Error> {
        let version = identities.version().await?;
        let at = (account.to_owned(), name.to_owned());
        if let Some(entry) = self.role_at_hand(&at, version) {
            return Ok(entry.role);
        }
        let entry = self.role_entry(identities.store.known_role(account, name).await?);
        self.keep_role(at, entry.clone(), version);
        Ok(entry.role)
    }

    /// Returns the key under which tokens are sealed.
    pub(crate) fn master_key(&self) -> &MasterKey {
        &self.master_key
    }

    /// Opens the secret of a key.
    pub(crate) fn secret(&self, key: &AccessKey) -> Option<SecretKey> {
        let secret = self.master_key.open(Purpose::AccessKeySecret(&key.id), &key.sealed_secret)?;
        Some(SecretKey::new(std::str::from_utf8(&secret).ok()?))
    }

    fn at_hand(&self, access_key_id: &str, version: u64) -> Option<Entry> {
        let known = lock(&self.known);
        if known.version == version { known.entries.get(access_key_id).cloned() } else { None }
    }

    fn keep(&self, entry: Entry, version: u64) -> Entry {
        let mut known = lock(&self.known);
        known.make_room(version, entry.bytes);
        known.bytes += entry.bytes;
        if let Some(before) = known.entries.insert(entry.key.id.clone(), entry.clone()) {
            known.bytes -= before.bytes;
        }
        entry
    }

    fn role_at_hand(&self, at: &(String, String), version: u64) -> Option<RoleEntry> {
        let known = lock(&self.known);
        if known.version == version { known.roles.get(at).cloned() } else { None }
    }

    fn keep_role(&self, at: (String, String), entry: RoleEntry, version: u64) {
        let mut known = lock(&self.known);
        known.make_room(version, entry.bytes);
        known.bytes += entry.bytes;
        if let Some(before) = known.roles.insert(at, entry) {
            known.bytes -= before.bytes;
        }
    }

    fn role_entry(&self, known: Option<store::KnownRole>) -> RoleEntry {
        let Some(store::KnownRole { role, account, policies }) = known else {
            return RoleEntry { role: None, bytes: 0 };
        };
        let bytes = role.trust_policy.len() + bytes_of(&policies);
        if !self.is_active(&role.account, account.as_ref()) {
            return RoleEntry { role: None, bytes: 0 };
        }
        let trust = String::from_utf8_lossy(&role.trust_policy);
        let trust = Policy::parse(PolicyKind::Trust, &trust).unwrap_or_else(|error| {
            tracing::error!(role = role.name, %error, "a trust policy cannot be read");
            Policy::unreadable(PolicyKind::Trust)
        });
        let policies = read_policies(&role.name, &policies);
        let (id, max_session_s) = (role.id, role.max_session_s);
        RoleEntry { role: Some(Arc::new(KnownRole { id, trust, policies, max_session_s })), bytes }
    }

    fn is_active(&self, uid: &str, account: Option<&store::Account>) -> bool {
        uid == self.configured || account.is_some_and(|account| account.status == IdentityStatus::Active)
    }

    fn entry(&self, known: KnownAccessKey) -> Entry {
        let bytes = bytes_of(&known.policies);
        let is_of_active_account = self.is_active(&known.key.account, known.account.as_ref());
        let is_of_active_user = known.user.as_ref().is_none_or(|user| user.status == IdentityStatus::Active);
        let is_active = is_of_active_account && is_of_active_user;
        let identity = if is_active { self.identity(&known).map(Arc::new) } else { None };
        Entry { key: Arc::new(known.key), identity, bytes }
    }

    fn identity(&self, known: &KnownAccessKey) -> Option<Identity> {
        let KnownAccessKey { key, user, policies, .. } = known;
        let secret = self.secret(key);
        if secret.is_none() {
            tracing::error!(
                access_key_id = key.id,
                "the master key does not open the secret of this access key"
            );
        }
        let kind = match user {
            None => IdentityKind::Root,
            Some(user) => IdentityKind::User { name: user.name.clone(), id: user.id.clone() },
        };
        Some(Identity {
            access_key_id: key.id.clone(),
            secret: secret?,
            account: key.account.as_str().into(),
            kind,
            policies: read_policies(&key.id, policies),
            session_policy: None,
        })
    }
}

impl Known {
    /// Makes room for an entry of so many bytes, looked up at this version.
    fn make_room(&mut self, version: u64, bytes: usize) {
        let is_full =
            self.entries.len() + self.roles.len() >= MOST_ENTRIES || self.bytes + bytes > MOST_BYTES;
        if self.version != version || is_full {
            *self = Self { version, ..Self::default() };
        }
    }
}

fn bytes_of(policies: &[store::AttachedPolicy]) -> usize {
    policies.iter().map(|policy| policy.document.len()).sum()
}

/// Reads policies. One that cannot be read may deny anything, and therefore denies everything.
pub(crate) fn read_policies(holder: &str, attached: &[store::AttachedPolicy]) -> Arc<[Policy]> {
    let read = |policy: &store::AttachedPolicy| {
        let document = String::from_utf8_lossy(&policy.document);
        let parsed = Policy::parse(PolicyKind::Ram, &document).unwrap_or_else(|error| {
            tracing::error!(holder, policy = policy.name, %error, "a policy cannot be read and denies everything");
            Policy::unreadable(PolicyKind::Ram)
        });
        parsed.named(&policy.name)
    };
    attached.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use ossicle_store::{IdentityChange, PolicyOwner, PolicyOwnerKind, StoreOptions, User};

    use super::*;

    struct World {
        _folder: tempfile::TempDir,
        store: Store,
        directory: Directory,
    }

    impl World {
        /// A user `u` of the configured account, and its access key `key`.
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
            Self { _folder: folder, store, directory: Directory::new("1".into(), master) }
        }

        async fn find(&self, now_ms: i64) -> Option<Found> {
            self.directory.find((&self.store).into(), "key", now_ms).await.unwrap()
        }

        async fn identity(&self) -> Arc<Identity> {
            match self.find(0).await {
                Some(Found::Active(identity)) => identity,
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn an_identity_is_at_hand_until_something_changes() {
        let world = World::new().await;
        let first = world.identity().await;
        assert!(first.secret.matches("secret"));
        assert_eq!((&*first.account, first.id()), ("1", "20"));
        assert!(Arc::ptr_eq(&first, &world.identity().await));
        let owner = PolicyOwner { account: "1".into(), kind: PolicyOwnerKind::User, name: "u".into() };
        let document = br#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}"#;
        world.store.put_policy(owner.clone(), "p", document.to_vec(), 0).await.unwrap();
        assert_eq!(world.identity().await.policies.len(), 1);
        world.store.put_policy(owner, "q", b"{".to_vec(), 0).await.unwrap();
        let names: Vec<_> =
            world.identity().await.policies.iter().map(|policy| policy.name().map(str::to_owned)).collect();
        assert_eq!(names, [Some("p".to_owned()), Some("q".to_owned())]);
        let unreadable = Policy::unreadable(PolicyKind::Ram).named("q");
        assert_eq!(
            world.identity().await.policies[1],
            unreadable,
            "one that cannot be read denies everything"
        );
        world.store.delete_access_key("key").await.unwrap();
        assert!(world.find(0).await.is_none());
    }

    #[tokio::test]
    async fn what_is_disabled_does_not_count_from_the_next_request_on() {
        let world = World::new().await;
        let set = |status| IdentityChange { status: Some(status), ..IdentityChange::default() };
        world.identity().await;
        world.store.change_access_key("key", set(IdentityStatus::Disabled)).await.unwrap();
        assert!(matches!(world.find(0).await, Some(Found::Disabled)));
        world.store.change_access_key("key", set(IdentityStatus::Active)).await.unwrap();
        world.identity().await;
        world.store.change_user("1", "u", set(IdentityStatus::Disabled)).await.unwrap();
        assert!(matches!(world.find(0).await, Some(Found::Disabled)));
        world.store.change_user("1", "u", set(IdentityStatus::Active)).await.unwrap();
        let rotate = store::RotateAccessKey {
            old: "key".into(),
            ends_ms: 100,
            id: "new".into(),
            sealed_secret: Vec::new(),
            now_ms: 0,
        };
        world.store.rotate_access_key(rotate).await.unwrap();
        assert!(matches!(world.find(99).await, Some(Found::Active(_))));
        assert!(matches!(world.find(100).await, Some(Found::Disabled)), "its grace is over");
        let unopened = world.directory.find((&world.store).into(), "new", 0).await.unwrap();
        assert!(matches!(unopened, Some(Found::Disabled)), "the master key does not open its secret");
    }

    #[tokio::test]
    async fn keys_of_another_account_depend_on_it() {
        let world = World::new().await;
        let elsewhere = Directory::new("2".into(), world.directory.master_key.clone());
        let found = elsewhere.find((&world.store).into(), "key", 0).await.unwrap();
        assert!(matches!(found, Some(Found::Disabled)), "its account is neither configured nor stored");
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let world = World::new().await;
        let identity = world.identity().await;
        let entry = |n: usize, bytes| Entry {
            key: Arc::new(AccessKey { id: format!("k{n}"), ..AccessKey::default() }),
            identity: Some(Arc::clone(&identity)),
            bytes,
        };
        let sizes = || {
            let known = world.directory.known.lock().unwrap();
            (known.entries.len(), known.bytes)
        };
        for n in 0..MOST_ENTRIES + 10 {
            world.directory.keep(entry(n, 1), 9);
        }
        assert_eq!(sizes(), (10, 10));
        world.directory.keep(entry(0, MOST_BYTES), 9);
        assert_eq!(sizes(), (1, MOST_BYTES));
        world.directory.keep(entry(0, 5), 9);
        assert_eq!(sizes(), (1, 5));
    }
}
