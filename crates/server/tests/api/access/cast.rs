//! Accounts, users, roles and keys for those who call. They are put into a data folder before a server is started on it, with
//! secrets that are sealed by code of our own, under a master key that is known here. Sessions of roles are begun at the server;
//! those that cannot be had there, as they have ended, are sealed here as well.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ossicle_store::{
    AccessKey, Account, IdentityStatus, PolicyOwner, PolicyOwnerKind, Role, Store, StoreOptions, User,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::needs::Effect;
use crate::harness::signing::Key;
use crate::harness::{Server, StsRequest};

/// The account whose root key the server is given.
const OWN: &str = "1000000000000001";

/// Another one.
const OTHER: &str = "1000000000000002";

const MASTER_KEY: [u8; 32] = *b"the master key of this test only";

/// Those that are there.
pub(crate) struct Cast {
    /// The key of the other account.
    pub(crate) other_account: Key,
    /// The same account's, which is disabled.
    pub(crate) disabled: Key,
    /// A key of a user of the owner's account, by its name.
    users: Vec<(&'static str, Key)>,
}

/// The users of the owner's account, with their policies.
const USERS: [(&str, &[&str]); 5] = [
    ("without-policy", &[]),
    ("reader", &[ALLOW_READING]),
    ("with-allow", &[ALLOW]),
    ("with-deny", &[ALLOW, DENY]),
    ("assumer", &[ALLOW_ASSUMING]),
];

/// The roles of the owner's account, which may do everything, with their ids.
pub(super) const ROLES: [(&str, &str); 2] = [("one", "300000000000000001"), ("other", "300000000000000002")];

const ALLOW: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"acs:oss:*:*:*"}]}"#;
const DENY: &str = r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"oss:*","Resource":"*"}]}"#;
pub(super) const ALLOW_READING: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:*/*"}]}"#;

const ALLOW_ASSUMING: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}"#;
const TRUST: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
    "Principal":{"RAM":["acs:ram::1000000000000001:root"]}}]}"#;

/// Returns a policy of a bucket that has this effect on everything that the other account may ask for.
pub(super) fn policy_about_other_account(bucket: &str, effect: Effect) -> String {
    let resource = format!("acs:oss:*:{OWN}:{bucket}");
    format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"{effect:?}","Action":["oss:*"],"Principal":["{OTHER}"],
            "Resource":["{resource}","{resource}/*"]}}]}}"#
    )
}

/// A temporary key with its token.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) key: Key,
    pub(crate) token: String,
}

/// A session of the first role as the server would seal it.
pub(super) struct Sealed {
    pub(super) until_ms: i64,
    pub(super) role_id: &'static str,
    /// The permanent key that it was begun with.
    pub(super) issued_to: String,
}

impl Sealed {
    pub(super) fn session(&self) -> Session {
        let key = Key { id: "STS.SealedByTheTestAlone12345".to_owned(), secret: "secret".to_owned() };
        let text = |text: &str| [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat();
        let texts = |all: &[&str]| all.iter().flat_map(|one| text(one)).collect::<Vec<u8>>();
        let session = [
            vec![1],
            texts(&[&key.id, &key.secret, "session", &self.issued_to]),
            0_i64.to_be_bytes().to_vec(),
            self.until_ms.to_be_bytes().to_vec(),
            texts(&["", OWN, ROLES[0].0, self.role_id]),
        ];
        let token = URL_SAFE_NO_PAD.encode(seal("security token", "", &session.concat()));
        Session { key, token }
    }
}

impl Cast {
    /// Makes a data folder in which they are.
    pub(crate) fn in_folder(data: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let cast = runtime.block_on(async {
            let store = Store::open(data, StoreOptions::default().account(OWN)).unwrap();
            let cast = Self::fill(&store).await;
            store.close().await;
            cast
        });
        let master_key = data.join("master.key");
        fs::write(&master_key, MASTER_KEY).unwrap();
        fs::set_permissions(&master_key, fs::Permissions::from_mode(0o600)).unwrap();
        cast
    }

    async fn fill(store: &Store) -> Self {
        let account = Account { uid: OTHER.to_owned(), name: "other".to_owned(), ..Account::default() };
        store.create_account(account).await.unwrap();
        let other_account = key(store, OTHER, "", IdentityStatus::Active).await;
        let disabled = key(store, OTHER, "", IdentityStatus::Disabled).await;
        let mut users = Vec::new();
        for (number, (name, policies)) in (1..).zip(USERS) {
            let (account, id) = (OWN.to_owned(), format!("20000000000000000{number}"));
            store.create_user(User { account, name: name.to_owned(), id, ..User::default() }).await.unwrap();
            attach(store, PolicyOwnerKind::User, name, policies).await;
            users.push((name, key(store, OWN, name, IdentityStatus::Active).await));
        }
        for (name, id) in ROLES {
            let (account, id, trust_policy) = (OWN.to_owned(), id.to_owned(), TRUST.as_bytes().to_vec());
            let role = Role { account, id, trust_policy, max_session_s: 3600, ..Role::default() };
            store.create_role(Role { name: name.to_owned(), ..role }).await.unwrap();
            attach(store, PolicyOwnerKind::Role, name, &[ALLOW]).await;
        }
        Self { other_account, disabled, users }
    }

    /// Begins a session of a role, which this policy narrows.
    pub(super) fn session(&self, server: &Server, role: &str, policy: Option<&str>) -> Session {
        let user = self.user("assumer");
        let request = StsRequest::new(server.address(), "AssumeRole")
            .host("sts.aliyuncs.com")
            .key(&user.id, &user.secret)
            .with("RoleArn", &format!("acs:ram::{OWN}:role/{role}"))
            .with("RoleSessionName", "session");
        let request = policy.iter().fold(request, |request, policy| request.with("Policy", policy));
        let answer: Value = serde_json::from_slice(&request.send().expect(200).body).unwrap();
        let told = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
        let key = Key { id: told("AccessKeyId"), secret: told("AccessKeySecret") };
        Session { key, token: told("SecurityToken") }
    }

    /// Returns the key of the user of this name.
    pub(crate) fn user(&self, name: &str) -> Key {
        self.users.iter().find(|(of, _)| *of == name).unwrap().1.clone()
    }
}

async fn key(store: &Store, account: &str, user: &str, status: IdentityStatus) -> Key {
    let name = format!("{account}{user}{status:?}");
    let id = format!("LTAI{:0>20}", name.replace('-', "").chars().rev().take(20).collect::<String>());
    let secret = format!("the secret of {id}");
    let sealed_secret = seal("access key secret", &id, secret.as_bytes());
    let (account, user) = (account.to_owned(), user.to_owned());
    let key = AccessKey { id: id.clone(), account, user, status, sealed_secret, ..AccessKey::default() };
    store.create_access_key(key).await.unwrap();
    Key { id, secret }
}

async fn attach(store: &Store, kind: PolicyOwnerKind, name: &str, policies: &[&str]) {
    for (number, policy) in (1..).zip(policies) {
        let owner = PolicyOwner { account: OWN.to_owned(), kind, name: name.to_owned() };
        let attached = format!("policy-{number}");
        store.put_policy(owner, &attached, policy.as_bytes().to_vec(), 0).await.unwrap();
    }
}

/// Seals something for a purpose and the key that it belongs to, as the server opens it.
fn seal(purpose: &str, id: &str, plaintext: &[u8]) -> Vec<u8> {
    let root = Salt::new(HKDF_SHA256, b"ossicle master key v1").extract(&MASTER_KEY);
    let info = [purpose.as_bytes()];
    let key = LessSafeKey::new(UnboundKey::from(root.expand(&info, &AES_256_GCM).unwrap()));
    // Another for every text.
    let digest = Sha256::digest([id.as_bytes(), plaintext].concat());
    let nonce: [u8; 12] = digest[..12].try_into().unwrap();
    let mut text = plaintext.to_vec();
    let purpose = Aad::from([purpose.as_bytes(), &[0], id.as_bytes()].concat());
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), purpose, &mut text).unwrap();
    [[1].as_slice(), &nonce, &text].concat()
}
