//! Random sequences of operations on accounts, users, roles, access keys and policies, compared with plain maps after every
//! step, on every engine.

use std::collections::BTreeMap;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use super::support::{Engine, copy_of, engines, in_memory, open_with, options};
use crate::{
    AccessKey, Account, AttachedPolicy, Bucket, CreateBucket, Error, IdentityChange, IdentityKind,
    IdentityStatus, ListBuckets, MOST_ACCOUNT_KEYS, MOST_USER_KEYS, PolicyOwner, PolicyOwnerKind, Role,
    RoleChange, RotateAccessKey, Store, User,
};

/// The first has no row. Few of everything, so that steps meet.
const ACCOUNTS: [&str; 3] = ["1", "2", "3"];
const NAMES: [&str; 3] = ["a", "ab", "b"];
const KEYS: [&str; 8] = ["k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"];
const BUCKETS: [&str; 2] = ["one", "two"];

#[derive(Debug, Clone)]
enum Step {
    CreateAccount { account: u8, name: u8 },
    ChangeAccount { account: u8, disable: bool },
    DeleteAccount { account: u8 },
    CreateUser { account: u8, name: u8 },
    ChangeUser { account: u8, name: u8, disable: bool },
    DeleteUser { account: u8, name: u8 },
    CreateRole { account: u8, name: u8 },
    ChangeRole { account: u8, name: u8, trust: u8 },
    DeleteRole { account: u8, name: u8 },
    CreateKey { key: u8, account: u8, user: Option<u8> },
    ChangeKey { key: u8, disable: bool },
    Rotate { old: u8, new: u8, grace: u8 },
    DeleteKey { key: u8 },
    PutPolicy { account: u8, role: bool, owner: u8, name: u8 },
    DeletePolicy { account: u8, role: bool, owner: u8, name: u8 },
    CreateBucket { bucket: u8, account: u8 },
    DeleteBucket { bucket: u8 },
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (account, name) = (|| 0..3_u8, || 0..3_u8);
    let (key, flag) = (|| 0..8_u8, any::<bool>);
    let accounts = prop_oneof![
        5 => (account(), name()).prop_map(|(account, name)| Step::CreateAccount { account, name }),
        1 => (account(), flag()).prop_map(|(account, disable)| Step::ChangeAccount { account, disable }),
        2 => account().prop_map(|account| Step::DeleteAccount { account }),
        2 => (0..2_u8, account()).prop_map(|(bucket, account)| Step::CreateBucket { bucket, account }),
        2 => (0..2_u8).prop_map(|bucket| Step::DeleteBucket { bucket }),
    ];
    let owners = prop_oneof![
        5 => (account(), name()).prop_map(|(account, name)| Step::CreateUser { account, name }),
        1 => (account(), name(), flag())
            .prop_map(|(account, name, disable)| Step::ChangeUser { account, name, disable }),
        2 => (account(), name()).prop_map(|(account, name)| Step::DeleteUser { account, name }),
        3 => (account(), name()).prop_map(|(account, name)| Step::CreateRole { account, name }),
        1 => (account(), name(), any::<u8>())
            .prop_map(|(account, name, trust)| Step::ChangeRole { account, name, trust }),
        2 => (account(), name()).prop_map(|(account, name)| Step::DeleteRole { account, name }),
    ];
    let keys = prop_oneof![
        6 => (key(), account(), proptest::option::of(name()))
            .prop_map(|(key, account, user)| Step::CreateKey { key, account, user }),
        2 => (key(), flag()).prop_map(|(key, disable)| Step::ChangeKey { key, disable }),
        4 => (key(), key(), 0..9_u8).prop_map(|(old, new, grace)| Step::Rotate { old, new, grace }),
        2 => key().prop_map(|key| Step::DeleteKey { key }),
    ];
    let policies = prop_oneof![
        4 => (account(), flag(), name(), name())
            .prop_map(|(account, role, owner, name)| Step::PutPolicy { account, role, owner, name }),
        1 => (account(), flag(), name(), name())
            .prop_map(|(account, role, owner, name)| Step::DeletePolicy { account, role, owner, name }),
    ];
    let step = prop_oneof![8 => accounts, 10 => owners, 12 => keys, 8 => policies, 1 => Just(Step::Reopen)];
    proptest::collection::vec(step, 1..80)
}

type Policies = BTreeMap<&'static str, AttachedPolicy>;

#[derive(Debug)]
struct Run {
    dir: tempfile::TempDir,
    engine: Engine,
    store: Store,
    accounts: BTreeMap<&'static str, Account>,
    users: BTreeMap<(&'static str, &'static str), (User, Policies)>,
    roles: BTreeMap<(&'static str, &'static str), (Role, Policies)>,
    keys: BTreeMap<&'static str, AccessKey>,
    buckets: BTreeMap<&'static str, &'static str>,
    version: u64,
    now: i64,
}

#[test]
fn random_sequences_of_identities() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let cases = std::env::var("OSSICLE_MODEL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(120);
    for engine in engines() {
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let run = |steps| {
            runtime.block_on(async {
                let mut run = Run::begin(engine);
                for step in steps {
                    run.step(step).await;
                }
                run.end().await;
            });
            Ok(())
        };
        runner.run(&steps(), run).unwrap();
    }
}

const NO_ACCOUNT: Error = Error::NoSuchIdentity(IdentityKind::Account);
const NO_USER: Error = Error::NoSuchIdentity(IdentityKind::User);
const NO_ROLE: Error = Error::NoSuchIdentity(IdentityKind::Role);
const NO_KEY: Error = Error::NoSuchIdentity(IdentityKind::AccessKey);

fn status(disable: bool) -> IdentityStatus {
    if disable { IdentityStatus::Disabled } else { IdentityStatus::Active }
}

fn change(disable: bool) -> IdentityChange {
    IdentityChange { status: Some(status(disable)), comment: Some(format!("disabled: {disable}")) }
}

impl Run {
    fn begin(engine: Engine) -> Self {
        let dir = in_memory();
        let store = open_with(dir.path(), engine, &options().account("1"));
        Self {
            dir,
            engine,
            store,
            accounts: BTreeMap::new(),
            users: BTreeMap::new(),
            roles: BTreeMap::new(),
            keys: BTreeMap::new(),
            buckets: BTreeMap::new(),
            version: 0,
            now: 0,
        }
    }

    async fn step(&mut self, step: Step) {
        self.now += 1;
        let at = |of: &[&'static str], at: u8| of[usize::from(at)];
        let pair = |account, name| (at(&ACCOUNTS, account), at(&NAMES, name));
        let done = match step {
            Step::CreateAccount { account, name } => {
                self.create_account(at(&ACCOUNTS, account), at(&NAMES, name)).await
            }
            Step::ChangeAccount { account, disable } => {
                self.change_account(at(&ACCOUNTS, account), disable).await
            }
            Step::DeleteAccount { account } => self.delete_account(at(&ACCOUNTS, account)).await,
            Step::CreateUser { account, name } => self.create_user(pair(account, name)).await,
            Step::ChangeUser { account, name, disable } => {
                self.change_user(pair(account, name), disable).await
            }
            Step::DeleteUser { account, name } => self.delete_user(pair(account, name)).await,
            Step::CreateRole { account, name } => self.create_role(pair(account, name)).await,
            Step::ChangeRole { account, name, trust } => self.change_role(pair(account, name), trust).await,
            Step::DeleteRole { account, name } => self.delete_role(pair(account, name)).await,
            Step::CreateKey { key, account, user } => {
                let user = user.map_or("", |user| at(&NAMES, user));
                self.create_key(at(&KEYS, key), at(&ACCOUNTS, account), user).await
            }
            Step::ChangeKey { key, disable } => self.change_key(at(&KEYS, key), disable).await,
            Step::Rotate { old, new, grace } => {
                self.rotate(at(&KEYS, old), at(&KEYS, new), i64::from(grace)).await
            }
            Step::DeleteKey { key } => self.delete_key(at(&KEYS, key)).await,
            Step::PutPolicy { account, role, owner, name } => {
                self.put_policy(pair(account, owner), role, at(&NAMES, name)).await
            }
            Step::DeletePolicy { account, role, owner, name } => {
                self.delete_policy(pair(account, owner), role, at(&NAMES, name)).await
            }
            Step::CreateBucket { bucket, account } => {
                self.create_bucket(at(&BUCKETS, bucket), at(&ACCOUNTS, account)).await;
                false
            }
            Step::DeleteBucket { bucket } => {
                let bucket = at(&BUCKETS, bucket);
                let existed = self.buckets.remove(bucket).is_some();
                assert_eq!(self.store.delete_bucket(bucket).await.is_ok(), existed);
                false
            }
            Step::Reopen => {
                self.reopen().await;
                false
            }
        };
        // Whoever looks at the version learns of every change.
        self.version += u64::from(done);
        assert_eq!(self.store.identity_version().await, Ok(self.version));
    }

    fn exists(&self, account: &str) -> bool {
        account == "1" || self.accounts.contains_key(account)
    }

    async fn create_account(&mut self, uid: &'static str, name: &'static str) -> bool {
        let account = Account {
            uid: uid.into(),
            name: name.into(),
            created_ms: self.now,
            comment: "c".into(),
            ..Account::default()
        };
        let taken = self.exists(uid) || self.accounts.values().any(|other| other.name == name);
        let result = self.store.create_account(account.clone()).await;
        if taken {
            assert_eq!(result, Err(Error::IdentityExists(IdentityKind::Account)));
        } else {
            result.unwrap();
            self.accounts.insert(uid, account);
        }
        !taken
    }

    async fn change_account(&mut self, uid: &str, disable: bool) -> bool {
        let result = self.store.change_account(uid, change(disable)).await;
        let Some(account) = self.accounts.get_mut(uid) else {
            assert_eq!(result, Err(NO_ACCOUNT));
            return false;
        };
        account.status = status(disable);
        account.comment = format!("disabled: {disable}");
        assert_eq!(result.as_ref(), Ok(&*account));
        true
    }

    async fn delete_account(&mut self, uid: &str) -> bool {
        let has = if !self.accounts.contains_key(uid) {
            Some(NO_ACCOUNT)
        } else if self.users.keys().any(|(account, _)| *account == uid) {
            Some(Error::AccountInUse { has: "users" })
        } else if self.roles.keys().any(|(account, _)| *account == uid) {
            Some(Error::AccountInUse { has: "roles" })
        } else if self.buckets.values().any(|account| *account == uid) {
            Some(Error::AccountInUse { has: "buckets" })
        } else {
            None
        };
        assert_eq!(self.store.delete_account(uid).await.err(), has);
        if has.is_none() {
            self.accounts.remove(uid);
            self.keys.retain(|_, key| key.account != uid);
        }
        has.is_none()
    }

    async fn create_user(&mut self, (account, name): (&'static str, &'static str)) -> bool {
        let user = User {
            account: account.into(),
            name: name.into(),
            id: format!("u{}", self.now),
            created_ms: self.now,
            ..User::default()
        };
        let result = self.store.create_user(user.clone()).await;
        let refusal = match self.users.contains_key(&(account, name)) {
            _ if !self.exists(account) => Some(NO_ACCOUNT),
            true => Some(Error::IdentityExists(IdentityKind::User)),
            false => None,
        };
        assert_eq!(result.err(), refusal);
        if refusal.is_none() {
            self.users.insert((account, name), (user, Policies::new()));
        }
        refusal.is_none()
    }

    async fn change_user(&mut self, place: (&'static str, &'static str), disable: bool) -> bool {
        let result = self.store.change_user(place.0, place.1, change(disable)).await;
        let Some((user, _)) = self.users.get_mut(&place) else {
            assert_eq!(result, Err(NO_USER));
            return false;
        };
        user.status = status(disable);
        user.comment = format!("disabled: {disable}");
        assert_eq!(result.as_ref(), Ok(&*user));
        true
    }

    async fn delete_user(&mut self, place: (&'static str, &'static str)) -> bool {
        let existed = self.users.remove(&place).is_some();
        let result = self.store.delete_user(place.0, place.1).await;
        assert_eq!(result, if existed { Ok(()) } else { Err(NO_USER) });
        self.keys.retain(|_, key| !existed || (key.account.as_str(), key.user.as_str()) != place);
        existed
    }

    async fn create_role(&mut self, (account, name): (&'static str, &'static str)) -> bool {
        let role = Role {
            account: account.into(),
            name: name.into(),
            id: format!("r{}", self.now),
            created_ms: self.now,
            trust_policy: b"{}".to_vec(),
            max_session_s: 3600,
            ..Role::default()
        };
        let result = self.store.create_role(role.clone()).await;
        let refusal = match self.roles.contains_key(&(account, name)) {
            _ if !self.exists(account) => Some(NO_ACCOUNT),
            true => Some(Error::IdentityExists(IdentityKind::Role)),
            false => None,
        };
        assert_eq!(result.err(), refusal);
        if refusal.is_none() {
            self.roles.insert((account, name), (role, Policies::new()));
        }
        refusal.is_none()
    }

    async fn change_role(&mut self, place: (&'static str, &'static str), trust: u8) -> bool {
        let change = RoleChange {
            trust_policy: Some(vec![trust; 300]),
            max_session_s: Some(u32::from(trust)),
            comment: None,
        };
        let result = self.store.change_role(place.0, place.1, change).await;
        let Some((role, _)) = self.roles.get_mut(&place) else {
            assert_eq!(result, Err(NO_ROLE));
            return false;
        };
        (role.trust_policy, role.max_session_s) = (vec![trust; 300], u32::from(trust));
        assert_eq!(result.as_ref(), Ok(&*role));
        true
    }

    async fn delete_role(&mut self, place: (&'static str, &'static str)) -> bool {
        let existed = self.roles.remove(&place).is_some();
        let result = self.store.delete_role(place.0, place.1).await;
        assert_eq!(result, if existed { Ok(()) } else { Err(NO_ROLE) });
        existed
    }

    /// Returns why a key of this owner cannot be made, if it cannot.
    fn refusal_of_key(&self, id: &str, account: &str, user: &str) -> Option<Error> {
        let most = if user.is_empty() { MOST_ACCOUNT_KEYS } else { MOST_USER_KEYS };
        let of_owner = self.keys.values().filter(|key| key.account == account && key.user == user).count();
        if self.keys.contains_key(id) {
            Some(Error::IdentityExists(IdentityKind::AccessKey))
        } else {
            let full = Error::TooManyIdentities { kind: IdentityKind::AccessKey, most };
            (of_owner >= most).then_some(full)
        }
    }

    async fn create_key(&mut self, id: &'static str, account: &'static str, user: &'static str) -> bool {
        let key = AccessKey {
            id: id.into(),
            account: account.into(),
            user: user.into(),
            sealed_secret: vec![7; 300],
            created_ms: self.now,
            ..AccessKey::default()
        };
        let result = self.store.create_access_key(key.clone()).await;
        let refusal = if !self.exists(account) {
            Some(NO_ACCOUNT)
        } else if !user.is_empty() && !self.users.contains_key(&(account, user)) {
            Some(NO_USER)
        } else {
            self.refusal_of_key(id, account, user)
        };
        assert_eq!(result.err(), refusal);
        if refusal.is_none() {
            self.keys.insert(id, key);
        }
        refusal.is_none()
    }

    async fn change_key(&mut self, id: &str, disable: bool) -> bool {
        let result = self.store.change_access_key(id, change(disable)).await;
        let Some(key) = self.keys.get_mut(id) else {
            assert_eq!(result, Err(NO_KEY));
            return false;
        };
        key.status = status(disable);
        key.comment = format!("disabled: {disable}");
        if !disable {
            key.ends_ms = None;
        }
        assert_eq!(result.as_ref(), Ok(&*key));
        true
    }

    async fn rotate(&mut self, old: &'static str, new: &'static str, grace: i64) -> bool {
        let rotate = RotateAccessKey {
            old: old.into(),
            ends_ms: self.now + grace,
            id: new.into(),
            sealed_secret: vec![8; 9],
            now_ms: self.now,
        };
        let result = self.store.rotate_access_key(rotate).await;
        let Some(before) = self.keys.get(old).cloned() else {
            assert_eq!(result, Err(NO_KEY));
            return false;
        };
        let kept = self.keys.clone();
        self.keys.retain(|id, key| {
            let of_owner = (&key.account, &key.user) == (&before.account, &before.user);
            !of_owner || *id == old || key.ends_ms.is_none_or(|end| end > self.now)
        });
        if let Some(refusal) = self.refusal_of_key(new, &before.account, &before.user) {
            assert_eq!(result, Err(refusal));
            self.keys = kept;
            return false;
        }
        let made = AccessKey {
            id: new.into(),
            status: IdentityStatus::Active,
            sealed_secret: vec![8; 9],
            created_ms: self.now,
            rotated_ms: None,
            ends_ms: None,
            ..before
        };
        assert_eq!(result.as_ref(), Ok(&made));
        self.keys.insert(new, made);
        let now = self.now;
        let before = self.keys.get_mut(old).unwrap();
        before.rotated_ms = Some(now);
        before.ends_ms = Some(before.ends_ms.unwrap_or(i64::MAX).min(now + grace));
        true
    }

    async fn delete_key(&mut self, id: &str) -> bool {
        let existed = self.keys.remove(id).is_some();
        let result = self.store.delete_access_key(id).await;
        assert_eq!(result, if existed { Ok(()) } else { Err(NO_KEY) });
        existed
    }

    fn policies(&mut self, place: (&'static str, &'static str), role: bool) -> Option<&mut Policies> {
        if role {
            self.roles.get_mut(&place).map(|(_, policies)| policies)
        } else {
            self.users.get_mut(&place).map(|(_, policies)| policies)
        }
    }

    async fn put_policy(
        &mut self,
        place: (&'static str, &'static str),
        role: bool,
        name: &'static str,
    ) -> bool {
        let (owner, now, document) = (owner(place, role), self.now, vec![b'd'; 400]);
        let result = self.store.put_policy(owner, name, document.clone(), now).await;
        let Some(policies) = self.policies(place, role) else {
            assert_eq!(result, Err(if role { NO_ROLE } else { NO_USER }));
            return false;
        };
        let policy = policies.entry(name).or_insert_with(|| AttachedPolicy {
            name: name.into(),
            document,
            created_ms: now,
            ..AttachedPolicy::default()
        });
        policy.updated_ms = now;
        assert_eq!(result.as_ref(), Ok(&*policy));
        true
    }

    async fn delete_policy(
        &mut self,
        place: (&'static str, &'static str),
        role: bool,
        name: &'static str,
    ) -> bool {
        let result = self.store.delete_policy(owner(place, role), name).await;
        let Some(policies) = self.policies(place, role) else {
            assert_eq!(result, Err(if role { NO_ROLE } else { NO_USER }));
            return false;
        };
        let existed = policies.remove(name).is_some();
        assert_eq!(result, if existed { Ok(()) } else { Err(Error::NoSuchIdentity(IdentityKind::Policy)) });
        existed
    }

    async fn create_bucket(&mut self, name: &'static str, account: &'static str) {
        let bucket = Bucket { name: name.into(), owner: account.into(), ..Bucket::default() };
        let result = self.store.create_bucket(bucket.clone()).await;
        match self.buckets.get(name) {
            Some(owner) => {
                assert!(matches!(result, Ok(CreateBucket::Existed(found)) if found.owner == *owner))
            }
            None if self.exists(account) => {
                assert_eq!(result, Ok(CreateBucket::Created(bucket)));
                self.buckets.insert(name, account);
            }
            None => assert_eq!(result, Err(NO_ACCOUNT)),
        }
    }

    async fn reopen(&mut self) {
        if self.engine.is_shared() {
            return;
        }
        let dir = copy_of(self.dir.path());
        self.store = open_with(dir.path(), self.engine, &options().account("1"));
        self.dir = dir;
    }

    async fn end(&mut self) {
        let accounts: Vec<_> = self.accounts.values().cloned().collect();
        assert_eq!(self.store.accounts("", 9).await, Ok(accounts));
        for account in ACCOUNTS {
            let of = |place: &(&str, &str)| place.0 == account;
            let users = self.users.iter().filter(|(place, _)| of(place)).map(|(_, (user, _))| user.clone());
            assert_eq!(self.store.users(account, "", 9).await, Ok(users.collect()));
            let roles = self.roles.iter().filter(|(place, _)| of(place)).map(|(_, (role, _))| role.clone());
            assert_eq!(self.store.roles(account, "", 9).await, Ok(roles.collect()));
            let which = ListBuckets { owner: Some(account.into()), max: 9, ..ListBuckets::default() };
            let buckets = self.store.list_buckets(&which).await.unwrap().buckets;
            let names: Vec<_> = buckets.iter().map(|bucket| bucket.name.as_str()).collect();
            let owned = self.buckets.iter().filter(|(_, owner)| **owner == account).map(|(name, _)| *name);
            assert_eq!(names, owned.collect::<Vec<_>>());
            for user in ["", NAMES[0], NAMES[1], NAMES[2]] {
                let keys = self.keys.values().filter(|key| key.account == account && key.user == user);
                let keys: Vec<_> = keys.cloned().collect();
                assert_eq!(self.store.access_keys(account, user).await, Ok(keys));
            }
        }
        for id in KEYS {
            let known = self.store.known_access_key(id).await.unwrap();
            let Some(key) = self.keys.get(id) else {
                assert_eq!(known, None);
                continue;
            };
            let known = known.unwrap();
            let owner = self.users.get(&(key.account.as_str(), key.user.as_str()));
            assert_eq!(known.key, *key);
            assert_eq!(known.account.as_ref(), self.accounts.get(key.account.as_str()));
            assert_eq!(known.user.as_ref(), owner.map(|(user, _)| user));
            let policies = owner.map(|(_, policies)| policies.values().cloned().collect::<Vec<_>>());
            assert_eq!(known.policies, policies.unwrap_or_default());
        }
        for (place, (role, policies)) in &self.roles {
            let known = self.store.known_role(place.0, place.1).await.unwrap().unwrap();
            assert_eq!((known.role, known.policies), (role.clone(), policies.values().cloned().collect()));
        }
        let report = self.store.fsck(false).await.unwrap();
        assert!(report.is_sound(), "{report:?}");
        self.store.close().await;
    }
}

fn owner((account, name): (&str, &str), role: bool) -> PolicyOwner {
    let kind = if role { PolicyOwnerKind::Role } else { PolicyOwnerKind::User };
    PolicyOwner { account: account.into(), kind, name: name.into() }
}
