//! Accounts and what belongs to them: limits, what a later version adds to a record, and what fsck says of rows that lead
//! nowhere.

use bytes::Bytes;

use super::support::{engines, open_with, options, store};
use crate::command::RewriteRows;
use crate::record::{encode_access_key, encode_account, encode_bucket, encode_policy, encode_version};
use crate::version_row::VersionRow;
use crate::{
    AccessKey, Account, AccountDocument, AttachedPolicy, Bucket, Error, FindingKind, IdentityChange,
    IdentityKind, IdentityStatus, ListBuckets, MOST_POLICIES, PolicyOwner, PolicyOwnerKind, Store,
    UnknownFields, User, key,
};

fn user(name: &str) -> User {
    User { account: "1".into(), name: name.into(), id: format!("id-{name}"), ..User::default() }
}

fn key_of(id: &str, user: &str) -> AccessKey {
    let (id, account, user) = (id.into(), "1".into(), user.into());
    AccessKey { id, account, user, sealed_secret: b"sealed".to_vec(), ..AccessKey::default() }
}

fn owner(name: &str) -> PolicyOwner {
    PolicyOwner { account: "1".into(), kind: PolicyOwnerKind::User, name: name.into() }
}

#[tokio::test]
async fn names_that_the_layout_has_no_place_for() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        for name in ["", "a/b", "a b", "a\0b", "é", "a*", &"x".repeat(129)] {
            let refused = |result: Result<(), Error>| {
                assert!(matches!(result, Err(Error::InvalidName { .. })), "{name:?}: {result:?}");
            };
            refused(store.create_user(user(name)).await);
            refused(store.create_access_key(key_of(name, "")).await);
            refused(store.create_account(Account { uid: name.into(), ..Account::default() }).await);
            assert_eq!(store.known_access_key(name).await, Ok(None));
        }
        let bucket = Bucket { name: "@1".into(), ..Bucket::default() };
        assert!(matches!(store.create_bucket(bucket).await, Err(Error::InvalidName { .. })));
    }
}

#[tokio::test]
async fn a_user_has_so_many_policies_and_no_more() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        store.create_user(user("u")).await.unwrap();
        for n in 0..MOST_POLICIES {
            store.put_policy(owner("u"), &format!("p{n}"), b"{}".to_vec(), 1).await.unwrap();
        }
        let kind = IdentityKind::Policy;
        let full = Err(Error::TooManyIdentities { kind, most: MOST_POLICIES });
        assert_eq!(store.put_policy(owner("u"), "more", b"{}".to_vec(), 1).await, full);
        let changed = store.put_policy(owner("u"), "p0", b"{ }".to_vec(), 2).await.unwrap();
        assert_eq!((changed.created_ms, changed.updated_ms), (1, 2), "one that is there can be changed");
    }
}

#[tokio::test]
async fn a_key_ends_when_its_grace_is_over() {
    let key = |status, ends_ms| AccessKey { status, ends_ms, ..AccessKey::default() };
    let cases = [
        (key(IdentityStatus::Active, None), true),
        (key(IdentityStatus::Active, Some(100)), false),
        (key(IdentityStatus::Active, Some(101)), true),
        (key(IdentityStatus::Disabled, None), false),
    ];
    for (key, active) in cases {
        assert_eq!(key.is_active(100), active, "{key:?}");
    }
}

#[tokio::test]
async fn documents_of_accounts_are_apart() {
    const DOCUMENT: AccountDocument = AccountDocument::PublicAccessBlock;
    for engine in engines() {
        let dir = super::support::in_memory();
        let store = open_with(dir.path(), engine, &options().account("1"));
        let account = Account { uid: "2".into(), name: "two".into(), ..Account::default() };
        let refused = store.set_account_document("2", DOCUMENT, Some(b"x".to_vec())).await;
        assert_eq!(refused, Err(Error::NoSuchIdentity(IdentityKind::Account)));
        store.create_account(account.clone()).await.unwrap();
        store.set_account_document("2", DOCUMENT, Some(b"2".to_vec())).await.unwrap();
        assert_eq!(store.account_document("1", DOCUMENT).await, Ok(None));
        store.set_account_document("1", DOCUMENT, Some(b"1".to_vec())).await.unwrap();
        assert_eq!(store.account_document("2", DOCUMENT).await.unwrap().as_deref(), Some(&b"2"[..]));
        store.delete_account("2").await.unwrap();
        store.create_account(account).await.unwrap();
        assert_eq!(store.account_document("2", DOCUMENT).await, Ok(None), "it went with the account");
        assert_eq!(store.account_document("1", DOCUMENT).await.unwrap().as_deref(), Some(&b"1"[..]));
    }
}

#[tokio::test]
async fn buckets_from_before_belong_to_the_account_without_a_row() {
    for engine in engines() {
        let dir = super::support::in_memory();
        let store = open_with(dir.path(), engine, &options().account("1"));
        store
            .create_account(Account { uid: "2".into(), name: "two".into(), ..Account::default() })
            .await
            .unwrap();
        for (name, owner) in [("a", ""), ("b", "2"), ("c", "1"), ("d", "2")] {
            let bucket = Bucket { name: name.into(), owner: owner.into(), ..Bucket::default() };
            store.create_bucket(bucket).await.unwrap();
        }
        // As it is when the configured account has had another id before.
        let old = Bucket { name: "e".into(), owner: "0".into(), ..Bucket::default() };
        let version = (VersionRow::Settings.key(), Some(encode_version(99)));
        write(&store, vec![(key::bucket("e"), Some(encode_bucket(&old))), version]).await;
        let list = async |owner: Option<&str>, marker: &str, max| {
            let which = ListBuckets {
                owner: owner.map(str::to_owned),
                marker: marker.into(),
                max,
                ..ListBuckets::default()
            };
            let page = store.list_buckets(&which).await.unwrap();
            let names = page.buckets.iter().map(|bucket| bucket.name.as_str());
            (names.collect::<String>(), page.next_marker)
        };
        assert_eq!(list(Some("1"), "", 9).await, ("ace".into(), None));
        assert_eq!(list(Some("2"), "", 1).await, ("b".into(), Some("b".into())));
        assert_eq!(list(Some("2"), "b", 1).await, ("d".into(), None));
        assert_eq!(list(Some("3"), "", 9).await, (String::new(), None));
        assert_eq!(list(None, "", 9).await, ("abcde".into(), None));
    }
}

async fn write(store: &Store, rows: Vec<(Bytes, Option<Bytes>)>) {
    store.parts().engine.commit(RewriteRows { rows }, None).await.unwrap();
}

#[tokio::test]
async fn what_a_later_version_adds_stays_or_is_refused() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        let mut unknown = UnknownFields::default();
        unknown.add(0x7f, b"new");
        let account = Account { uid: "2".into(), name: "two".into(), unknown, ..Account::default() };
        store.create_account(account.clone()).await.unwrap();
        let change = IdentityChange { comment: Some("c".into()), ..IdentityChange::default() };
        let changed = store.change_account("2", change).await.unwrap();
        assert_eq!(changed.unknown, account.unknown);
        assert_eq!(store.account("2").await, Ok(Some(changed.clone())));

        let mut row = encode_account(&changed).to_vec();
        row.extend_from_slice(&[0xff, 1, b'x']);
        write(&store, vec![(key::account("2"), Some(row.into()))]).await;
        assert!(matches!(store.account("2").await, Err(Error::LaterVersion { .. })));
        assert!(matches!(
            store.change_account("2", IdentityChange::default()).await,
            Err(Error::LaterVersion { .. })
        ));
        let report = store.fsck(true).await.unwrap();
        assert_eq!(report.findings.len(), 1, "its name is left alone: {report:?}");
        assert_eq!(report.findings[0].kind, FindingKind::LaterVersion);
    }
}

#[tokio::test]
async fn rows_that_lead_nowhere_are_found_and_removed() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        store.create_user(user("u")).await.unwrap();
        store.create_access_key(key_of("kept", "u")).await.unwrap();
        store.create_access_key(key_of("unlisted", "")).await.unwrap();
        let text = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
        let policy = AttachedPolicy { document: b"{}".to_vec(), ..AttachedPolicy::default() };
        write(
            &store,
            vec![
                (key::account_name("nobody"), text("9")),
                (key::access_key("lost"), Some(encode_access_key(&key_of("lost", "gone")))),
                (key::key_of_owner("1", "u", "no-key"), text("")),
                (key::policy(&owner("gone"), "p"), Some(encode_policy(&policy))),
                (key::key_of_owner("1", "", "unlisted"), None),
            ],
        )
        .await;
        let report = store.fsck(true).await.unwrap();
        assert_eq!(report.findings.len(), 5, "{report:?}");
        assert!(report.findings.iter().all(|f| f.kind == FindingKind::DanglingRow && f.repaired));
        assert!(store.fsck(false).await.unwrap().is_sound());
        assert_eq!(store.known_access_key("lost").await, Ok(None));
        assert_eq!(store.access_keys("1", "").await.unwrap().len(), 1, "it is listed again");
        assert!(store.known_access_key("kept").await.unwrap().is_some());
        // A record that cannot be read is kept, and so is what may be its own.
        write(&store, vec![(key::access_key("kept"), text("x"))]).await;
        let report = store.fsck(true).await.unwrap();
        let kinds: Vec<_> = report.findings.iter().map(|finding| finding.kind).collect();
        assert_eq!(kinds, [FindingKind::DamagedRow], "{report:?}");
    }
}
