//! Versions of objects: what becomes of them with every operation, as the manual of OSS has it.

use super::support::{
    Engine, append, bucket, bytes, copy, delete, engines, files, get, initiate, put, put_of, put_part, read,
    store, stored, until_files,
};
use crate::{
    Acl, CompleteUpload, CopyAttributes, CopyObject, DeleteKey, DeleteObject, Deleted, Error, FindingKind,
    ListVersions, ListedVersion, Parts, PutObject, SeenObject, SeenState, SeenVersion, Store, VersionEntry,
    VersionId, VersionRef, Versioning, key,
};

async fn set(store: &Store, versioning: Versioning) {
    store.set_bucket_versioning("b", versioning).await.unwrap();
}

async fn delete_version(store: &Store, key: &str, version: VersionRef) -> Deleted {
    let delete = DeleteObject {
        bucket: "b".into(),
        key: key.into(),
        version: Some(version),
        now_ms: 1,
        ..DeleteObject::default()
    };
    store.delete_object(delete).await.unwrap()
}

async fn delete_object(store: &Store, key: &str) -> Deleted {
    let delete = DeleteObject { bucket: "b".into(), key: key.into(), now_ms: 7, ..DeleteObject::default() };
    store.delete_object(delete).await.unwrap()
}

async fn content(store: &Store, key: &str, version: VersionRef) -> Option<Vec<u8>> {
    match store.open_object_version("b", key, version).await.unwrap()? {
        VersionEntry::Object(object) => Some(read(store, &object, 0..u64::MAX).await.unwrap()),
        VersionEntry::DeleteMarker(_) => None,
    }
}

async fn list(store: &Store, which: ListVersions) -> Vec<ListedVersion> {
    let which = ListVersions { bucket: "b".into(), max: 1000, ..which };
    store.list_versions(&which).await.unwrap().versions
}

/// Versions of all keys: the key, whether it is the null version, the size of an object, whether it is the latest.
async fn all(store: &Store) -> Vec<(String, bool, Option<u64>, bool)> {
    let told = |listed: ListedVersion| {
        let size = match &listed.entry {
            VersionEntry::Object(object) => Some(object.size),
            VersionEntry::DeleteMarker(_) => None,
        };
        let is_null = listed.entry.version_id().is_none();
        (listed.entry.key().to_owned(), is_null, size, listed.is_latest)
    };
    list(store, ListVersions::default()).await.into_iter().map(told).collect()
}

async fn assert_sound(store: &Store) {
    let report = store.fsck(false).await.unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[tokio::test]
async fn an_object_that_is_replaced_is_read_by_its_version() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        put(&store, "k", b"null").await;
        set(&store, Versioning::Enabled).await;
        let one = put(&store, "k", b"one").await.version_id.unwrap();
        let two = put(&store, "k", &bytes(1, 5000)).await.version_id.unwrap();
        assert!(two > one);
        assert_eq!(get(&store, "k").await, Some(bytes(1, 5000)));
        for (version, expected) in [
            (VersionRef::Current, bytes(1, 5000)),
            (VersionRef::Id(two), bytes(1, 5000)),
            (VersionRef::Id(one), b"one".to_vec()),
            (VersionRef::Null, b"null".to_vec()),
        ] {
            assert_eq!(content(&store, "k", version).await, Some(expected), "{version:?}");
        }
        let unknown = VersionRef::Id(VersionId::new(1));
        assert!(store.object_version("b", "k", unknown).await.unwrap().is_none());
        assert!(store.object_version("b", "other", VersionRef::Null).await.unwrap().is_none());
        assert_sound(&store).await;
        assert_eq!(store.scrub(None, |_| true).await.unwrap().objects, 3);
    }
}

#[tokio::test]
async fn a_delete_marker_hides_an_object_until_it_is_deleted() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        set(&store, Versioning::Enabled).await;
        put(&store, "k", b"one").await;
        let deleted = delete_object(&store, "k").await;
        let marker = deleted.marker.clone().unwrap();
        assert!(deleted.existed && marker.version_id.is_some() && marker.last_modified_ms == 7);
        assert_eq!(get(&store, "k").await, None);
        assert_eq!(store.latest_marker("b", "k").await.unwrap().as_ref(), Some(&marker));
        let current = store.object_version("b", "k", VersionRef::Current).await.unwrap();
        assert!(matches!(current, Some(VersionEntry::DeleteMarker(found)) if found == marker));
        // One marker more with every deletion.
        let second = delete_object(&store, "k").await;
        assert!(!second.existed && second.marker.as_ref().unwrap().version_id > marker.version_id);
        let stat = store.bucket_stat("b").await.unwrap();
        assert_eq!((stat.objects, stat.noncurrent_objects, stat.delete_markers), (1, 1, 2));

        let removed = delete_version(&store, "k", VersionRef::of(second.marker.unwrap().version_id)).await;
        assert!(removed.existed && removed.removed_marker.is_some() && removed.marker.is_none());
        assert_eq!(get(&store, "k").await, None);
        delete_version(&store, "k", VersionRef::of(marker.version_id)).await;
        assert_eq!(get(&store, "k").await.as_deref(), Some(&b"one"[..]));
        assert!(store.latest_marker("b", "k").await.unwrap().is_none());
        assert_eq!(all(&store).await, [("k".to_owned(), false, Some(3), true)]);
        assert_sound(&store).await;
    }
}

#[tokio::test]
async fn deleting_the_latest_version_for_good_uncovers_the_one_before() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        put(&store, "k", b"null").await;
        set(&store, Versioning::Enabled).await;
        let one = put(&store, "k", b"one").await.version_id.unwrap();
        let two = put(&store, "k", b"second").await.version_id.unwrap();
        assert!(delete_version(&store, "k", VersionRef::Id(two)).await.existed);
        assert_eq!(get(&store, "k").await.as_deref(), Some(&b"one"[..]));
        assert_eq!(store.object("b", "k").await.unwrap().unwrap().version_id, Some(one));
        assert!(!delete_version(&store, "k", VersionRef::Id(two)).await.existed);
        assert!(delete_version(&store, "k", VersionRef::Id(one)).await.existed);
        assert_eq!(get(&store, "k").await.as_deref(), Some(&b"null"[..]));
        assert!(delete_version(&store, "k", VersionRef::Null).await.existed);
        assert_eq!(all(&store).await, []);
        assert_eq!(store.bucket_stat("b").await.unwrap(), crate::BucketStat::default());
        assert_sound(&store).await;
        store.delete_bucket("b").await.unwrap();
    }
}

#[tokio::test]
async fn a_suspended_bucket_replaces_the_null_version_only() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        set(&store, Versioning::Enabled).await;
        let one = put(&store, "k", b"1").await.version_id.unwrap();
        set(&store, Versioning::Suspended).await;
        assert_eq!(put(&store, "k", b"22").await.version_id, None);
        assert_eq!(put(&store, "k", b"333").await.version_id, None);
        let named = |rows: &[(bool, Option<u64>, bool)]| -> Vec<_> {
            rows.iter().map(|(null, size, latest)| ("k".to_owned(), *null, *size, *latest)).collect()
        };
        assert_eq!(all(&store).await, named(&[(true, Some(3), true), (false, Some(1), false)]));

        // The null version that is not the latest goes as well.
        set(&store, Versioning::Enabled).await;
        put(&store, "k", b"4444").await;
        set(&store, Versioning::Suspended).await;
        put(&store, "k", b"55555").await;
        let expected = named(&[(true, Some(5), true), (false, Some(4), false), (false, Some(1), false)]);
        assert_eq!(all(&store).await, expected);

        // Deleting puts a null marker in the place of the null version, again and again.
        for existed in [true, false] {
            let deleted = delete_object(&store, "k").await;
            assert_eq!((deleted.existed, deleted.marker.unwrap().version_id), (existed, None));
            let expected = named(&[(true, None, true), (false, Some(4), false), (false, Some(1), false)]);
            assert_eq!(all(&store).await, expected);
        }
        assert!(delete_version(&store, "k", VersionRef::Null).await.removed_marker.is_some());
        assert_eq!(all(&store).await, named(&[(false, Some(4), true), (false, Some(1), false)]));
        assert_eq!(content(&store, "k", VersionRef::Id(one)).await.as_deref(), Some(&b"1"[..]));
        assert_sound(&store).await;
    }
}

#[tokio::test]
async fn content_of_versions_is_kept_until_the_last_of_them_is_gone() {
    for engine in engines().filter(|engine| *engine != Engine::SharedBlobs) {
        let (dir, store) = store(engine).await;
        set(&store, Versioning::Enabled).await;
        let one = put(&store, "k", &bytes(1, 9000)).await.version_id.unwrap();
        put(&store, "k", b"second").await;
        let copied = CopyObject {
            source_bucket: "b".into(),
            source_key: "k".into(),
            source_generation: None,
            source_version: VersionRef::Id(one),
            data: None,
            bucket: "b".into(),
            key: "copy".into(),
            attributes: CopyAttributes::Keep { acl: Acl::Default, storage_class: String::new() },
            forbid_overwrite: false,
            now_ms: 1,
        };
        store.copy_object(copied).await.unwrap();
        assert!(delete_version(&store, "k", VersionRef::Id(one)).await.existed);
        assert_eq!(get(&store, "copy").await, Some(bytes(1, 9000)));
        assert_eq!(files(dir.path()), 1);
        // A copy onto itself is a version more of the same content.
        copy(&store, "copy", "copy").await.unwrap();
        let first = list(&store, ListVersions { prefix: "copy".into(), ..ListVersions::default() }).await;
        assert_eq!(first.len(), 2);
        delete(&store, "copy").await;
        for version in first {
            assert_eq!(files(dir.path()), 1);
            let version = VersionRef::of(version.entry.version_id());
            assert!(delete_version(&store, "copy", version).await.existed);
        }
        until_files(dir.path(), 0).await;
        assert_sound(&store).await;
    }
}

#[tokio::test]
async fn appending_makes_no_version_and_begins_anew_over_a_delete_marker() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        set(&store, Versioning::Enabled).await;
        let begun = append(&store, "k", 0, b"one").await.unwrap().version_id;
        assert!(begun.is_some());
        assert_eq!(append(&store, "k", 3, b"two").await.unwrap().version_id, begun);
        assert_eq!(all(&store).await.len(), 1);
        put(&store, "k", b"normal").await;
        assert_eq!(append(&store, "k", 6, b"x").await.unwrap_err(), Error::NotAppendable);
        delete(&store, "k").await;
        assert_eq!(append(&store, "k", 1, b"x").await.unwrap_err(), Error::PositionMismatch { length: 0 });
        assert_ne!(append(&store, "k", 0, b"anew").await.unwrap().version_id, begun);
        assert_eq!(content(&store, "k", VersionRef::of(begun)).await.as_deref(), Some(&b"onetwo"[..]));
        assert_eq!(all(&store).await.len(), 4);
        assert_sound(&store).await;
    }
}

#[tokio::test]
async fn settings_are_those_of_one_version() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        set(&store, Versioning::Enabled).await;
        let one = VersionRef::of(put(&store, "k", b"one").await.version_id);
        let two = VersionRef::of(put(&store, "k", b"two").await.version_id);
        store.set_object_acl("b", "k", one, Acl::PublicRead).await.unwrap();
        store.set_object_tags("b", "k", two, "a=1".into()).await.unwrap();
        let store = &store;
        let found = |version| async move {
            match store.object_version("b", "k", version).await.unwrap().unwrap() {
                VersionEntry::Object(object) => (object.attributes.acl, object.attributes.tags.clone()),
                VersionEntry::DeleteMarker(marker) => panic!("{marker:?}"),
            }
        };
        assert_eq!(found(one).await, (Acl::PublicRead, String::new()));
        assert_eq!(found(VersionRef::Current).await, (Acl::Default, "a=1".to_owned()));
        let marker = VersionRef::of(delete_object(store, "k").await.marker.unwrap().version_id);
        let set = |version| store.set_object_acl("b", "k", version, Acl::Private);
        assert_eq!(set(marker).await, Err(Error::IsDeleteMarker));
        assert_eq!(set(VersionRef::Current).await, Err(Error::NoSuchObject));
        assert_eq!(set(VersionRef::Null).await, Err(Error::NoSuchVersion));
        assert_sound(store).await;
    }
}

#[tokio::test]
async fn overwriting_is_not_forbidden_where_versions_are_kept() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        set(&store, Versioning::Suspended).await;
        put(&store, "k", b"one").await;
        let data = stored(&store, b"two").await.unwrap();
        let put = PutObject { forbid_overwrite: true, ..put_of("b", "k", data) };
        store.put_object(put).await.unwrap();
        set(&store, Versioning::Enabled).await;
        let id = initiate(&store, "k").await.unwrap();
        put_part(&store, "k", &id, 1, b"three").await.unwrap();
        let complete = CompleteUpload {
            forbid_overwrite: true,
            ..CompleteUpload::new("b", "k", id.as_str(), Parts::All, 1)
        };
        assert!(store.complete(complete).await.unwrap().version_id.is_some());
        assert_eq!(all(&store).await.len(), 2);
    }
}

#[tokio::test]
async fn objects_that_are_seen_are_deleted_behind_a_marker() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        set(&store, Versioning::Enabled).await;
        let generation = put(&store, "k", b"one").await.generation;
        let seen = vec![SeenObject { key: "k".into(), generation }];
        assert_eq!(store.delete_seen("b", seen.clone(), 1).await, Ok(vec![true]));
        assert_eq!(store.delete_seen("b", seen, 1).await, Ok(vec![false]));
        assert_eq!(all(&store).await.len(), 2);
        let keys = ["k", "other"].map(|key| DeleteKey { key: key.into(), version: None });
        let deleted = store.delete_objects("b", keys.to_vec(), 1).await.unwrap();
        let ids: Vec<_> = deleted.iter().map(|deleted| deleted.marker.as_ref().unwrap().version_id).collect();
        assert_ne!(ids[0], ids[1]);
        assert_sound(&store).await;
    }
}

#[tokio::test]
async fn a_bucket_with_versions_is_not_deleted_and_versioning_never_unset() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        set(&store, Versioning::Unset).await;
        set(&store, Versioning::Enabled).await;
        let unset = store.set_bucket_versioning("b", Versioning::Unset).await;
        assert_eq!(unset, Err(Error::PreconditionFailed));
        assert_eq!(store.bucket("b").await.unwrap().unwrap().versioning, Versioning::Enabled);
        let none = store.set_bucket_versioning("none", Versioning::Enabled).await;
        assert_eq!(none, Err(Error::NoSuchBucket));
        let marker = delete_object(&store, "k").await.marker.unwrap();
        assert_eq!(store.delete_bucket("b").await, Err(Error::BucketNotEmpty));
        delete_version(&store, "k", VersionRef::of(marker.version_id)).await;
        store.delete_bucket("b").await.unwrap();
        bucket(&store, "b").await;
        assert_eq!(put(&store, "k", b"one").await.version_id, None);
    }
}

#[tokio::test]
async fn a_page_of_versions_goes_on_where_the_one_before_ended() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        put(&store, "a/1", b"null").await;
        set(&store, Versioning::Enabled).await;
        for key in ["a/1", "a/1", "a/2", "b", "b", "c"] {
            put(&store, key, key.as_bytes()).await;
        }
        delete(&store, "b").await;
        delete(&store, "d").await;
        let expected = all(&store).await;
        assert_eq!(expected.len(), 9);
        for max in 1..10 {
            let mut which = ListVersions { bucket: "b".into(), max, ..ListVersions::default() };
            let mut found = Vec::new();
            loop {
                let page = store.list_versions(&which).await.unwrap();
                assert!(page.versions.len() <= max);
                found.extend(page.versions.iter().map(|v| (v.entry.key().to_owned(), v.is_latest)));
                let Some(next) = page.next else { break };
                (which.key_marker, which.version_marker) = next;
            }
            let expected: Vec<_> =
                expected.iter().map(|(key, _, _, latest)| (key.clone(), *latest)).collect();
            assert_eq!(found, expected, "{max}");
        }
        let which =
            ListVersions { bucket: "b".into(), delimiter: "/".into(), max: 2, ..ListVersions::default() };
        let page = store.list_versions(&which).await.unwrap();
        assert_eq!((page.common_prefixes, page.versions.len()), (vec!["a/".to_owned()], 1));
        let (key, version) = page.next.unwrap();
        let which = ListVersions { key_marker: key, version_marker: version, ..which };
        let page = store.list_versions(&which).await.unwrap();
        assert_eq!((page.common_prefixes.len(), page.versions.len()), (0, 2));
    }
}

#[tokio::test]
async fn a_list_finds_its_place_again_when_versions_are_deleted_meanwhile() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        put(&store, "k", b"null").await;
        set(&store, Versioning::Enabled).await;
        for _ in 0..3 {
            put(&store, "k", b"more").await;
        }
        set(&store, Versioning::Suspended).await;
        put(&store, "k", b"null").await;
        // As a client does that empties a bucket: every page is deleted before the next is asked for.
        let mut which = ListVersions { bucket: "b".into(), max: 1, ..ListVersions::default() };
        let mut deleted = 0;
        loop {
            let page = store.list_versions(&which).await.unwrap();
            for listed in page.versions {
                assert!(listed.is_latest);
                let version = VersionRef::of(listed.entry.version_id());
                assert!(delete_version(&store, "k", version).await.existed);
                deleted += 1;
            }
            let Some(next) = page.next else { break };
            (which.key_marker, which.version_marker) = next;
        }
        assert_eq!((deleted, all(&store).await), (4, vec![]));
    }
}

#[tokio::test]
async fn fsck_tells_and_repairs_which_version_is_the_null_version() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        put(&store, "k", b"null").await;
        set(&store, Versioning::Enabled).await;
        put(&store, "k", b"one").await;
        let rows = vec![
            (key::null_version("b", "k"), None),
            (key::null_version("b", "other"), Some(crate::record::encode_null_version(7))),
        ];
        let rewrite = crate::command::RewriteRows { rows };
        store.parts().engine.commit(rewrite, None).await.unwrap();
        let report = store.fsck(true).await.unwrap();
        let kinds: Vec<_> = report.findings.iter().map(|finding| (finding.kind, finding.repaired)).collect();
        assert_eq!(kinds, [(FindingKind::DanglingRow, true); 2]);
        assert_sound(&store).await;
        assert_eq!(content(&store, "k", VersionRef::Null).await.as_deref(), Some(&b"null"[..]));
    }
}

/// The versions as they are, for a change of only those.
async fn seen(store: &Store) -> Vec<SeenVersion> {
    let told = |listed: ListedVersion| {
        let state = match &listed.entry {
            VersionEntry::Object(object) => SeenState::Object { generation: object.generation },
            VersionEntry::DeleteMarker(marker) => {
                SeenState::DeleteMarker { last_modified_ms: marker.last_modified_ms }
            }
        };
        let (key, version) = (listed.entry.key().to_owned(), VersionRef::of(listed.entry.version_id()));
        SeenVersion { key, version, state }
    };
    list(store, ListVersions::default()).await.into_iter().map(told).collect()
}

#[tokio::test]
async fn versions_that_are_seen_are_deleted_unless_they_changed_or_are_the_latest() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        set(&store, Versioning::Enabled).await;
        for content in [b"one", b"two", b"six"] {
            put(&store, "k", content).await;
        }
        let before = seen(&store).await;
        // The second has other tags since, the latest is no older version.
        store.set_object_tags("b", "k", before[1].version, "a=b".into()).await.unwrap();
        assert_eq!(store.delete_seen_versions("b", before.clone(), 1000).await, Ok(vec![false, false, true]));
        assert_eq!(store.delete_seen_versions("b", before, 1000).await, Ok(vec![false, false, false]));
        let (of_two, version) = (seen(&store).await, VersionRef::Current);
        assert_eq!(of_two.len(), 2);
        // What has become the latest meanwhile stays.
        delete_version(&store, "k", version).await;
        assert_eq!(store.delete_seen_versions("b", of_two, 1000).await, Ok(vec![false, false]));
        assert_eq!(get(&store, "k").await.as_deref(), Some(&b"two"[..]));
        let unknown = store.delete_seen_versions("none", Vec::new(), 1000).await;
        assert_eq!(unknown, Err(Error::NoSuchBucket));
        assert_sound(&store).await;
    }
}

#[tokio::test]
async fn delete_markers_that_are_seen_are_deleted_while_they_are_what_they_were() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        set(&store, Versioning::Enabled).await;
        put(&store, "k", b"one").await;
        delete_object(&store, "k").await;
        delete_object(&store, "k").await;
        let before = seen(&store).await;
        let lone = |version: VersionRef, last_modified_ms: i64| {
            let state = SeenState::LoneMarker { last_modified_ms };
            vec![SeenVersion { key: "k".into(), version, state }]
        };
        // There is more behind the latest.
        assert_eq!(store.delete_seen_versions("b", lone(before[0].version, 7), 1000).await, Ok(vec![false]));
        assert_eq!(store.delete_seen_versions("b", before.clone(), 1000).await, Ok(vec![false, true, true]));
        assert_eq!(store.delete_seen_versions("b", lone(before[0].version, 8), 1000).await, Ok(vec![false]));
        assert_eq!(store.delete_seen_versions("b", lone(before[0].version, 7), 1000).await, Ok(vec![true]));
        assert!(all(&store).await.is_empty());
        assert_sound(&store).await;
        store.delete_bucket("b").await.unwrap();
    }
}

#[tokio::test]
async fn versions_that_are_seen_get_another_class() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        put(&store, "k", b"null").await;
        set(&store, Versioning::Enabled).await;
        put(&store, "k", &bytes(1, 5000)).await;
        let before = seen(&store).await;
        assert_eq!(store.set_version_class("b", before.clone(), "IA").await, Ok(vec![false, true]));
        assert_eq!(store.set_version_class("b", before, "Archive").await, Ok(vec![false, false]));
        let stat = store.bucket_stat("b").await.unwrap();
        let ia = stat.classes.iter().find(|class| class.class == "IA");
        assert_eq!((ia.map(|ia| ia.objects), stat.objects, stat.noncurrent_objects), (Some(1), 2, 1));
        assert_eq!(content(&store, "k", VersionRef::Null).await.as_deref(), Some(&b"null"[..]));
        assert_sound(&store).await;
    }
}
