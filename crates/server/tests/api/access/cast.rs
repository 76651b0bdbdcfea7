//! Accounts, users and keys for those who call. They are put into a data folder before a server is started on it, with
//! secrets that are sealed by code of our own, under a master key that is known here.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use ossicle_store::{
    AccessKey, Account, IdentityStatus, PolicyOwner, PolicyOwnerKind, Store, StoreOptions, User,
};

use crate::harness::signing::Key;

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
const USERS: [(&str, &[&str]); 4] = [
    ("without-policy", &[]),
    ("reader", &[ALLOW_READING]),
    ("with-allow", &[ALLOW]),
    ("with-deny", &[ALLOW, DENY]),
];

const ALLOW: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"acs:oss:*:*:*"}]}"#;
const DENY: &str = r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"oss:*","Resource":"*"}]}"#;
const ALLOW_READING: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:*/*"}]}"#;

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
            for (number, policy) in (1..).zip(policies) {
                let owner = PolicyOwner {
                    account: OWN.to_owned(),
                    kind: PolicyOwnerKind::User,
                    name: name.to_owned(),
                };
                let attached = format!("policy-{number}");
                store.put_policy(owner, &attached, policy.as_bytes().to_vec(), 0).await.unwrap();
            }
            users.push((name, key(store, OWN, name, IdentityStatus::Active).await));
        }
        Self { other_account, disabled, users }
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
    let sealed_secret = seal(&id, secret.as_bytes());
    let (account, user) = (account.to_owned(), user.to_owned());
    let key = AccessKey { id: id.clone(), account, user, status, sealed_secret, ..AccessKey::default() };
    store.create_access_key(key).await.unwrap();
    Key { id, secret }
}

/// Seals the secret of an access key, as the server opens it.
fn seal(id: &str, secret: &[u8]) -> Vec<u8> {
    let label = b"access key secret";
    let root = Salt::new(HKDF_SHA256, b"ossicle master key v1").extract(&MASTER_KEY);
    let info = [label.as_slice()];
    let key = LessSafeKey::new(UnboundKey::from(root.expand(&info, &AES_256_GCM).unwrap()));
    // One for each key, since nothing else differs.
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, id.as_bytes());
    let nonce: [u8; 12] = digest.as_ref()[..12].try_into().unwrap();
    let mut text = secret.to_vec();
    let purpose = Aad::from([label, [0].as_slice(), id.as_bytes()].concat());
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), purpose, &mut text).unwrap();
    [[1].as_slice(), &nonce, &text].concat()
}
