//! Settings that are kept at hand: what is set is what the next request finds, whoever has set it.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::support::{Engine, bucket, copy_of, engines, open, options, store, tables};
use crate::command::RewriteRows;
use crate::disk::RealDisk;
use crate::engine::contrary::Contrary;
use crate::record::decode_version;
use crate::version_row::VersionRow;
use crate::{AccountDocument, Acl, BucketDocument, Store};

/// A store with a folder of its own, whose rows are in the shared engine of this name.
fn open_shared(dir: &Path, name: &Path, seed: u64) -> Store {
    Store::open_with(dir, &options(), Arc::new(RealDisk), |around| {
        Ok(crate::engine::Engine::Contrary(Contrary::open(around, name, seed)))
    })
    .unwrap()
}

#[tokio::test]
async fn what_another_process_sets_is_seen_at_the_next_request() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let name = dirs[0].path().join("shared");
    let one = open_shared(dirs[0].path(), &name, 1);
    let other = open_shared(dirs[1].path(), &name, 2);
    assert_eq!(other.bucket("b").await.unwrap(), None);
    bucket(&one, "b").await;
    let first = other.bucket("b").await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&first, &other.bucket("b").await.unwrap().unwrap()), "nothing has changed");

    one.set_bucket_acl("b", Acl::PublicRead).await.unwrap();
    assert_eq!(other.bucket("b").await.unwrap().unwrap().acl, Acl::PublicRead);
    one.set_bucket_public_access_block("b", true).await.unwrap();
    assert!(other.bucket("b").await.unwrap().unwrap().block_public_access);

    let document = async || other.bucket_document("b", BucketDocument::numbered(1)).await.unwrap();
    assert_eq!(document().await, None);
    one.set_bucket_document("b", BucketDocument::numbered(1), Some(b"one".to_vec())).await.unwrap();
    assert_eq!(document().await.as_deref(), Some(b"one".as_slice()));
    one.replace_bucket_document("b", BucketDocument::numbered(1), Some(b"one"), Some(b"two".to_vec()))
        .await
        .unwrap();
    assert_eq!(document().await.as_deref(), Some(b"two".as_slice()));
    one.set_bucket_document("b", BucketDocument::numbered(1), None).await.unwrap();
    assert_eq!(document().await, None);

    let of_account = AccountDocument::PublicAccessBlock;
    assert_eq!(other.account_document("1", of_account).await.unwrap(), None);
    one.set_account_document("1", of_account, Some(b"block".to_vec())).await.unwrap();
    assert_eq!(other.account_document("1", of_account).await.unwrap().as_deref(), Some(b"block".as_slice()));

    other.delete_bucket("b").await.unwrap();
    assert_eq!(one.bucket("b").await.unwrap(), None);
}

#[tokio::test]
async fn what_is_set_is_found_and_what_does_not_change_is_kept() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        let first = store.bucket("b").await.unwrap().unwrap();
        store.set_bucket_acl("b", Acl::PublicRead).await.unwrap();
        let second = store.bucket("b").await.unwrap().unwrap();
        assert_eq!((first.acl, second.acl), (Acl::Default, Acl::PublicRead));
        assert!(store.create_bucket((*second).clone()).await.is_ok(), "it exists, and nothing changes");
        assert!(store.set_bucket_acl("none", Acl::PublicRead).await.is_err());
        assert!(Arc::ptr_eq(&second, &store.bucket("b").await.unwrap().unwrap()));
    }
}

fn version(store: &Store) -> u64 {
    decode_version(tables(store).get_newest(&VersionRow::Settings.key()).unwrap().as_deref()).unwrap()
}

#[tokio::test]
async fn versions_outlive_the_process_and_folders_without_them_begin_at_zero() {
    let (dir, store) = store(Engine::Lsm).await;
    store.set_bucket_acl("b", Acl::PublicRead).await.unwrap();
    assert_eq!(version(&store), 2);
    // As it is after a crash.
    let copy = copy_of(dir.path());
    let opened = open(copy.path(), Engine::Lsm);
    assert_eq!(version(&opened), 2);
    assert_eq!(opened.bucket("b").await.unwrap().unwrap().acl, Acl::PublicRead);
    opened.set_bucket_acl("b", Acl::Private).await.unwrap();
    assert_eq!(version(&opened), 3);
    assert_eq!(opened.bucket("b").await.unwrap().unwrap().acl, Acl::Private);

    let rows: Vec<(Bytes, Option<Bytes>)> = vec![(VersionRow::Settings.key(), None)];
    opened.parts().engine.commit(RewriteRows { rows }, None).await.unwrap();
    let old = copy_of(copy.path());
    let opened = open(old.path(), Engine::Lsm);
    assert_eq!(version(&opened), 0);
    assert_eq!(opened.bucket("b").await.unwrap().unwrap().acl, Acl::Private);
    opened.set_bucket_acl("b", Acl::PublicRead).await.unwrap();
    assert_eq!(version(&opened), 1);
    assert_eq!(opened.bucket("b").await.unwrap().unwrap().acl, Acl::PublicRead);
    assert!(opened.fsck(false).await.unwrap().is_sound());
}
