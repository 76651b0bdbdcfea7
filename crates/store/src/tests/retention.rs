//! Retention policies: what they keep is neither deleted nor overwritten on any path, until its time has come.

use super::support::{append, bytes, engines, get, initiate, open, put, put_part, store, stored};
use crate::{
    Acl, AppendObject, CompleteUpload, CopyAttributes, CopyObject, DeleteKey, DeleteObject, Error, Parts,
    PutObject, Retention, RetentionChange, RetentionRefusal, SeenObject, SeenState, SeenVersion, Store,
    VersionRef, Versioning,
};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// When the helpers of these tests write.
const WRITTEN: i64 = 1000;

async fn begin(store: &Store, days: u32) {
    let change = RetentionChange::Begin { id: "id".into(), days };
    store.change_retention("b", change, WRITTEN).await.unwrap();
}

async fn lock(store: &Store) {
    store.change_retention("b", RetentionChange::Lock { id: "id".into() }, WRITTEN).await.unwrap();
}

async fn delete_at(
    store: &Store,
    key: &str,
    version: Option<VersionRef>,
    now_ms: i64,
) -> Result<bool, Error> {
    let delete =
        DeleteObject { bucket: "b".into(), key: key.into(), version, now_ms, ..DeleteObject::default() };
    store.delete_object(delete).await.map(|deleted| deleted.existed)
}

async fn put_at(store: &Store, key: &str, now_ms: i64) -> Result<(), Error> {
    let data = stored(store, b"new").await?;
    store.put_object(PutObject::new("b", key, data, now_ms)).await.map(drop)
}

fn copy_at(from: &str, to: &str, now_ms: i64) -> CopyObject {
    CopyObject {
        source_bucket: "b".into(),
        source_key: from.into(),
        source_generation: None,
        source_version: VersionRef::Current,
        data: None,
        bucket: "b".into(),
        key: to.into(),
        attributes: CopyAttributes::Keep { acl: Acl::Default, storage_class: String::new() },
        forbid_overwrite: false,
        now_ms,
    }
}

#[tokio::test]
async fn what_a_policy_keeps_goes_on_no_path_before_its_time() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        let (small, large) = (bytes(1, 10), bytes(2, 5000));
        put(&store, "k", &large).await;
        put(&store, "source", &small).await;
        append(&store, "a", 0, &small).await.unwrap();
        let seen = |key: &str, generation| SeenObject { key: key.into(), generation };
        let generation = store.object("b", "k").await.unwrap().unwrap().generation;
        let id = initiate(&store, "k").await.unwrap();
        put_part(&store, "k", &id, 1, &small).await.unwrap();
        begin(&store, 2).await;
        lock(&store).await;
        let last = WRITTEN + 2 * DAY - 1;
        for now_ms in [WRITTEN, last] {
            assert_eq!(put_at(&store, "k", now_ms).await, Err(Error::Retained), "{engine:?}");
            assert_eq!(store.copy_object(copy_at("source", "k", now_ms)).await.unwrap_err(), Error::Retained);
            assert_eq!(store.copy_object(copy_at("k", "k", now_ms)).await.unwrap_err(), Error::Retained);
            let complete = CompleteUpload::new("b", "k", &id, Parts::All, now_ms);
            assert_eq!(store.complete(complete).await.unwrap_err(), Error::Retained);
            let data = stored(&store, b"more").await.unwrap();
            let more = AppendObject::new("b", "a", 10, data, now_ms);
            assert_eq!(store.append_object(more).await.unwrap_err(), Error::Retained);
            assert_eq!(delete_at(&store, "k", None, now_ms).await, Err(Error::Retained));
            assert_eq!(delete_at(&store, "k", Some(VersionRef::Null), now_ms).await, Err(Error::Retained));
            let keys = ["k", "none"].map(|key| DeleteKey { key: key.into(), version: None });
            let deleted = store.delete_objects("b", keys.to_vec(), now_ms).await.unwrap();
            assert_eq!([deleted[0].is_retained, deleted[1].is_retained], [true, false]);
            let swept = store.delete_seen("b", vec![seen("k", generation)], now_ms).await.unwrap();
            assert_eq!(swept, [false]);
        }
        assert_eq!(
            (get(&store, "k").await.unwrap(), get(&store, "a").await.unwrap()),
            (large, small.clone())
        );
        assert_eq!(store.delete_bucket("b").await, Err(Error::BucketNotEmpty));
        // Another class is no other object, and what is new is not kept by what was.
        assert_eq!(store.set_storage_class("b", vec![seen("k", generation)], "IA").await.unwrap(), [true]);
        put_at(&store, "new", last).await.unwrap();
        for key in ["a", "source"] {
            assert_eq!(delete_at(&store, key, None, last + 1).await, Ok(true));
        }
        assert_eq!(delete_at(&store, "new", None, last + 1).await, Err(Error::Retained));
        let complete = CompleteUpload::new("b", "k", &id, Parts::All, last + 1);
        store.complete(complete).await.unwrap();
        assert_eq!(get(&store, "k").await.unwrap(), small);
        assert!(store.fsck(false).await.unwrap().is_sound());
        store.close().await;
    }
}

#[tokio::test]
async fn versions_are_kept_each_for_its_time() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        store.set_bucket_versioning("b", Versioning::Enabled).await.unwrap();
        let first = put(&store, "k", b"1").await;
        begin(&store, 1).await;
        lock(&store).await;
        // Nothing is lost where a version is kept, or a delete marker comes.
        put_at(&store, "k", WRITTEN).await.unwrap();
        assert_eq!(delete_at(&store, "k", None, WRITTEN).await, Ok(true), "{engine:?}");
        let state = SeenState::Object { generation: first.generation };
        let seen = SeenVersion { key: "k".into(), version: VersionRef::of(first.version_id), state };
        assert_eq!(store.delete_seen_versions("b", vec![seen], WRITTEN + DAY - 1).await, Ok(vec![false]));
        let version = Some(VersionRef::of(first.version_id));
        assert_eq!(delete_at(&store, "k", version, WRITTEN).await, Err(Error::Retained));
        assert_eq!(delete_at(&store, "k", version, WRITTEN + DAY - 1).await, Err(Error::Retained));
        assert_eq!(delete_at(&store, "k", version, WRITTEN + DAY).await, Ok(true));
        // Where they are not kept any more, the null version would be overwritten.
        store.set_bucket_versioning("b", Versioning::Suspended).await.unwrap();
        put_at(&store, "n", WRITTEN).await.unwrap();
        assert_eq!(put_at(&store, "n", WRITTEN + 1).await, Err(Error::Retained));
        assert_eq!(delete_at(&store, "n", None, WRITTEN + 1).await, Err(Error::Retained));
        put_at(&store, "n", WRITTEN + DAY).await.unwrap();
        assert!(store.fsck(false).await.unwrap().is_sound());
        store.close().await;
    }
}

#[tokio::test]
async fn a_policy_is_begun_once_and_only_grows_when_it_is_locked() {
    use RetentionRefusal::{Exists, Locked, Missing, NotExtended};
    let (dir, store) = store(super::support::Engine::Lsm).await;
    let change = async |change: RetentionChange, now_ms: i64| match store
        .change_retention("b", change, now_ms)
        .await
    {
        Ok(()) => Ok(()),
        Err(Error::Retention(refusal)) => Err(refusal),
        Err(error) => panic!("{error}"),
    };
    let begin = |id: &str| RetentionChange::Begin { id: id.into(), days: 2 };
    let lock = |id: &str| RetentionChange::Lock { id: id.into() };
    let extend = |id: &str, days| RetentionChange::Extend { id: id.into(), days };
    assert_eq!(change(RetentionChange::Abort, 0).await, Err(Missing));
    assert_eq!(change(lock("1"), 0).await, Err(Missing));
    assert_eq!(change(begin("1"), 0).await, Ok(()));
    assert_eq!(change(begin("2"), DAY - 1).await, Err(Exists));
    assert_eq!(change(extend("1", 3), 1).await, Err(NotExtended));
    assert_eq!(change(RetentionChange::Abort, 1).await, Ok(()));
    assert_eq!(change(begin("2"), 1).await, Ok(()));
    // One that was not locked is gone after a day.
    assert_eq!(change(lock("2"), DAY + 1).await, Err(Missing));
    assert_eq!(change(begin("3"), DAY + 1).await, Ok(()));
    assert_eq!(change(lock("2"), DAY + 2).await, Err(Missing));
    assert_eq!(change(lock("3"), DAY + 2).await, Ok(()));
    assert_eq!(change(lock("3"), DAY + 2).await, Err(Locked));
    assert_eq!(change(RetentionChange::Abort, 1000 * DAY).await, Err(Locked));
    assert_eq!(change(begin("4"), 1000 * DAY).await, Err(Exists));
    assert_eq!(change(extend("3", 2), 1000 * DAY).await, Err(NotExtended));
    assert_eq!(change(extend("3", 5), 1000 * DAY).await, Ok(()));
    store.set_bucket_acl("b", Acl::PublicRead).await.unwrap();
    store.close().await;
    drop(store);
    let store = open(dir.path(), super::support::Engine::Lsm);
    let kept = store.bucket("b").await.unwrap().unwrap().retention.clone();
    assert_eq!(kept, Some(Retention { id: "3".into(), days: 5, created_ms: DAY + 1, is_locked: true }));
    store.delete_bucket("b").await.unwrap();
    store.close().await;
}
