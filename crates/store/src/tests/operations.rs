//! Every operation, on both kinds of tables.

use std::time::Duration;

use bytes::Bytes;

use super::support::{
    Engine, append, bucket, bytes, copy, copy_of, delete, engines, get, initiate, open, put, put_of,
    put_part, read, store, stored, tables, until_files,
};
use crate::command::RewriteRows;
use crate::key;
use crate::{
    AbortUpload, AccountDocument, Acl, AppendObject, Attributes, Bucket, BucketDocument, ClaimId, ClassStat,
    CompleteUpload, CreateBucket, DeliveryCounts, DeliveryFilter, DeliveryState, Error, Lease, ListBuckets,
    ListObjects, ListParts, ListUploads, NewDelivery, NewUpload, ObjectKind, OpenError, Parts,
    PendingUploads, Prune, RecordDelivery, Store, StoreOptions, UpdateDelivery, VersionRef,
};

fn complete_of(key: &str, id: &str, parts: Parts) -> CompleteUpload {
    CompleteUpload::new("b", key, id, parts, 1000)
}

fn list_of(prefix: &str, delimiter: &str, after: &str, max: usize) -> ListObjects {
    ListObjects {
        bucket: "b".into(),
        prefix: prefix.into(),
        delimiter: delimiter.into(),
        after: after.into(),
        max,
    }
}

#[tokio::test]
async fn buckets() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        bucket(&store, "a").await;
        let again = Bucket { name: "a".into(), owner: "other".into(), ..Bucket::default() };
        let CreateBucket::Existed(existing) = store.create_bucket(again).await.unwrap() else { panic!() };
        assert_eq!(existing.owner, "");
        assert_eq!(store.bucket("a").await.unwrap().unwrap().acl, Acl::Default);
        store.set_bucket_acl("a", Acl::PublicRead).await.unwrap();
        assert_eq!(store.bucket("a").await.unwrap().unwrap().acl, Acl::PublicRead);
        store.set_bucket_public_access_block("a", true).await.unwrap();
        let blocked = store.bucket("a").await.unwrap().unwrap();
        assert_eq!((blocked.acl, blocked.block_public_access), (Acl::PublicRead, true));
        store.set_bucket_acl("a", Acl::AuthenticatedRead).await.unwrap();
        let both = store.bucket("a").await.unwrap().unwrap();
        assert_eq!((both.acl, both.block_public_access), (Acl::AuthenticatedRead, true));
        store.set_bucket_public_access_block("a", false).await.unwrap();
        assert!(!store.bucket("a").await.unwrap().unwrap().block_public_access);
        assert_eq!(store.set_bucket_public_access_block("none", true).await, Err(Error::NoSuchBucket));

        let page = store.list_buckets(&ListBuckets { max: 1, ..ListBuckets::default() }).await.unwrap();
        assert_eq!(page.next_marker.as_deref(), Some("a"));
        let marker = page.next_marker.unwrap();
        let page =
            store.list_buckets(&ListBuckets { max: 1, marker, ..ListBuckets::default() }).await.unwrap();
        assert_eq!((page.buckets[0].name.as_str(), page.next_marker), ("b", None));

        assert_eq!(store.bucket_document("a", BucketDocument::numbered(1)).await.unwrap(), None);
        store.set_bucket_document("a", BucketDocument::numbered(1), Some(b"<x/>".to_vec())).await.unwrap();
        assert_eq!(
            store.bucket_document("a", BucketDocument::numbered(1)).await.unwrap().as_deref(),
            Some(&b"<x/>"[..])
        );
        let replace = |old: Option<&'static [u8]>, new: &[u8]| {
            store.replace_bucket_document("a", BucketDocument::numbered(1), old, Some(new.to_vec()))
        };
        assert_eq!(replace(None, b"<y/>").await, Err(Error::PreconditionFailed));
        assert_eq!(replace(Some(b"<z/>"), b"<y/>").await, Err(Error::PreconditionFailed));
        replace(Some(b"<x/>"), b"<y/>").await.unwrap();
        assert_eq!(
            store.bucket_document("a", BucketDocument::numbered(1)).await.unwrap().as_deref(),
            Some(&b"<y/>"[..])
        );
        store.set_bucket_document("a", BucketDocument::numbered(1), None).await.unwrap();
        assert_eq!(store.bucket_document("a", BucketDocument::numbered(1)).await.unwrap(), None);

        put(&store, "k", b"content").await;
        assert_eq!(store.delete_bucket("b").await, Err(Error::BucketNotEmpty));
        delete(&store, "k").await;
        initiate(&store, "k").await.unwrap();
        assert_eq!(store.delete_bucket("b").await, Err(Error::BucketHasUploads));
        store.delete_bucket("a").await.unwrap();
        assert_eq!(store.bucket("a").await.unwrap(), None);
        assert_eq!(store.delete_bucket("a").await, Err(Error::NoSuchBucket));
        store.close().await;
    }
}

#[tokio::test]
async fn documents_of_the_account() {
    const DOCUMENT: AccountDocument = AccountDocument::PublicAccessBlock;
    for engine in engines() {
        let (dir, store) = store(engine).await;
        assert_eq!(store.account_document("1", DOCUMENT).await.unwrap(), None);
        store.set_account_document("1", DOCUMENT, Some(b"<x/>".to_vec())).await.unwrap();
        assert_eq!(store.account_document("1", DOCUMENT).await.unwrap().as_deref(), Some(&b"<x/>"[..]));
        // They are no bucket's, and stay when the buckets go.
        assert_eq!(store.bucket_document("", BucketDocument::numbered(1)).await.unwrap(), None);
        store.delete_bucket("b").await.unwrap();
        store.close().await;
        drop(store);
        if engine == Engine::Memory {
            continue;
        }
        let store = open(dir.path(), engine);
        assert_eq!(store.account_document("1", DOCUMENT).await.unwrap().as_deref(), Some(&b"<x/>"[..]));
        store.set_account_document("1", DOCUMENT, None).await.unwrap();
        assert_eq!(store.account_document("1", DOCUMENT).await.unwrap(), None);
        store.close().await;
    }
}

#[tokio::test]
async fn objects_of_every_size_come_back() {
    for engine in engines() {
        let (dir, store) = store(engine).await;
        for size in [0, 1, 1024, 1025, 4096, 65_536, 300_000, 3_000_000] {
            let content = bytes(size as u64, size);
            let object = put(&store, "k", &content).await;
            assert_eq!(object.size, size as u64);
            assert_eq!(get(&store, "k").await.as_deref(), Some(&content[..]), "{size} bytes");
            let object = store.open_object("b", "k").await.unwrap().unwrap();
            let (a, b) = (size / 3, size * 2 / 3);
            assert_eq!(read(&store, &object, a as u64..b as u64).await.unwrap(), &content[a..b]);
            assert_eq!(read(&store, &object, b as u64..u64::MAX).await.unwrap(), &content[b..]);
            drop(object);
        }
        until_files(dir.path(), 1).await;
        assert!(delete(&store, "k").await);
        assert!(!delete(&store, "k").await);
        until_files(dir.path(), 0).await;
        assert_eq!(store.bucket_stat("b").await.unwrap(), crate::BucketStat::default());
        store.close().await;
    }
}

#[tokio::test]
async fn conditions_of_a_put() {
    for engine in engines() {
        let (dir, store) = store(engine).await;
        let big = bytes(1, 10_000);
        let forbid = |data| crate::PutObject { forbid_overwrite: true, ..put_of("b", "k", data) };
        store.put_object(forbid(stored(&store, &big).await.unwrap())).await.unwrap();
        let refused = store.put_object(forbid(stored(&store, &big).await.unwrap())).await;
        assert_eq!(refused.unwrap_err(), Error::ObjectExists);
        let etag = store.object("b", "k").await.unwrap().unwrap().etag.clone();
        let wants =
            |etag: &str, data| crate::PutObject { if_match: Some(etag.into()), ..put_of("b", "k", data) };
        let refused = store.put_object(wants("00", stored(&store, b"x").await.unwrap())).await;
        assert_eq!(refused.unwrap_err(), Error::PreconditionFailed);
        store.put_object(wants(&etag, stored(&store, b"x").await.unwrap())).await.unwrap();
        let missing = store.put_object(put_of("none", "k", stored(&store, &big).await.unwrap())).await;
        assert_eq!(missing.unwrap_err(), Error::NoSuchBucket);
        drop(stored(&store, &big).await.unwrap());
        until_files(dir.path(), 0).await;
        store.close().await;
    }
}

#[tokio::test]
async fn appending() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        let mut whole = Vec::new();
        for n in 0..40_u64 {
            let piece = bytes(n, if n % 3 == 0 { 5000 } else { 70 });
            let object = append(&store, "k", whole.len() as u64, &piece).await.unwrap();
            whole.extend_from_slice(&piece);
            assert_eq!((object.size, object.kind), (whole.len() as u64, ObjectKind::Appendable));
            if n == 12 {
                copy(&store, "k", "copy").await.unwrap();
            }
        }
        assert_eq!(get(&store, "k").await.unwrap(), whole);
        let copied = get(&store, "copy").await.unwrap();
        assert_eq!(copied, &whole[..copied.len()]);
        assert_eq!(store.object("b", "copy").await.unwrap().unwrap().kind, ObjectKind::Normal);
        let length = whole.len() as u64;
        assert_eq!(append(&store, "k", 3, b"x").await.unwrap_err(), Error::PositionMismatch { length });
        assert_eq!(append(&store, "new", 3, b"x").await.unwrap_err(), Error::PositionMismatch { length: 0 });
        assert_eq!(append(&store, "copy", 0, b"x").await.unwrap_err(), Error::NotAppendable);
        delete(&store, "k").await;
        assert_eq!(get(&store, "copy").await.unwrap(), &whole[..copied.len()]);
        store.close().await;
    }
}

#[tokio::test]
async fn copies_share_and_outlive_their_source() {
    for engine in engines() {
        let (dir, store) = store(engine).await;
        for content in [bytes(1, 100), bytes(2, 50_000)] {
            put(&store, "k", &content).await;
            copy(&store, "k", "k").await.unwrap();
            copy(&store, "k", "c1").await.unwrap();
            copy(&store, "c1", "c2").await.unwrap();
            delete(&store, "k").await;
            delete(&store, "c1").await;
            assert_eq!(get(&store, "c2").await.unwrap(), content);
            delete(&store, "c2").await;
        }
        assert_eq!(copy(&store, "k", "c").await.unwrap_err(), Error::NoSuchObject);
        until_files(dir.path(), 0).await;
        store.close().await;
    }
}

#[tokio::test]
async fn multipart() {
    for engine in engines() {
        let (dir, store) = store(engine).await;
        let id = initiate(&store, "k").await.unwrap();
        let contents: Vec<_> = (1..=20_u32).map(|n| bytes(u64::from(n), 3000 + n as usize)).collect();
        let mut listed = Vec::new();
        for (content, number) in contents.iter().zip(1..) {
            put_part(&store, "k", &id, number, b"replaced").await.unwrap();
            let part = put_part(&store, "k", &id, number, content).await.unwrap();
            listed.push((number, format!("\"{}\"", part.etag.to_lowercase())));
        }
        put_part(&store, "k", &id, 500, &bytes(7, 4000)).await.unwrap();
        let list =
            ListParts { bucket: "b".into(), key: "k".into(), upload_id: id.clone(), after: 18, max: 2 };
        let page = store.list_parts(&list).await.unwrap();
        assert_eq!(page.parts.iter().map(|part| part.number).collect::<Vec<_>>(), [19, 20]);
        assert!(page.truncated);
        assert_eq!(store.bucket_stat("b").await.unwrap().uploads, 1);

        let wrong = vec![(1, listed[1].1.clone())];
        let refused = store.complete(complete_of("k", &id, Parts::Listed(wrong))).await.unwrap_err();
        assert!(matches!(refused, Error::InvalidPart { number: 1, .. }));
        let backwards = vec![listed[1].clone(), listed[0].clone()];
        let refused = store.complete(complete_of("k", &id, Parts::Listed(backwards))).await.unwrap_err();
        assert_eq!(refused, Error::InvalidPartOrder);
        let small = CompleteUpload { min_part_size: 5000, ..complete_of("k", &id, Parts::All) };
        assert!(matches!(store.complete(small).await.unwrap_err(), Error::PartTooSmall { number: 1, .. }));

        let object = store.complete(complete_of("k", &id, Parts::Listed(listed))).await.unwrap();
        assert_eq!((object.kind, object.parts), (ObjectKind::Multipart, 20));
        assert!(object.etag.ends_with("-20"), "{}", object.etag);
        let whole = contents.concat();
        assert_eq!(get(&store, "k").await.unwrap(), whole);
        let object = store.open_object("b", "k").await.unwrap().unwrap();
        for (start, end) in [(0, 1), (2999, 3003), (5000, 40_000), (whole.len() - 1, whole.len())] {
            let range = start as u64..end as u64;
            assert_eq!(read(&store, &object, range).await.unwrap(), &whole[start..end]);
        }
        drop(object);
        until_files(dir.path(), 20).await;
        let again = store.complete(complete_of("k", &id, Parts::All)).await.unwrap_err();
        assert_eq!(again, Error::NoSuchUpload);
        delete(&store, "k").await;
        until_files(dir.path(), 0).await;
        store.close().await;
    }
}

#[tokio::test]
async fn aborted_and_listed_uploads() {
    for engine in engines() {
        let (dir, store) = store(engine).await;
        let mut ids = Vec::new();
        for key in ["a/1", "a/2", "a/2", "b", "c/1"] {
            ids.push((key.to_owned(), initiate(&store, key).await.unwrap()));
        }
        ids.sort();
        let mut found = Vec::new();
        let mut list = ListUploads { bucket: "b".into(), max: 2, ..ListUploads::default() };
        loop {
            let page = store.list_uploads(&list).await.unwrap();
            found.extend(page.uploads.into_iter().map(|upload| (upload.key, upload.upload_id)));
            if !page.truncated {
                break;
            }
            list.key_marker = page.next_key_marker;
            list.upload_id_marker = page.next_upload_id_marker;
        }
        assert_eq!(found, ids);
        let list =
            ListUploads { bucket: "b".into(), max: 9, delimiter: "/".into(), ..ListUploads::default() };
        let page = store.list_uploads(&list).await.unwrap();
        assert_eq!((page.common_prefixes, page.uploads.len()), (vec!["a/".into(), "c/".into()], 1));

        put_part(&store, "b", &ids[3].1, 1, &bytes(1, 9000)).await.unwrap();
        let abort = AbortUpload {
            bucket: "b".into(),
            key: "b".into(),
            upload_id: ids[3].1.clone(),
            ..Default::default()
        };
        store.abort(abort.clone()).await.unwrap();
        assert_eq!(store.abort(abort).await, Err(Error::NoSuchUpload));
        until_files(dir.path(), 0).await;
        store.close().await;
    }
}

#[tokio::test]
async fn uploads_in_progress_of_all_buckets() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        bucket(&store, "a").await;
        for (bucket, key, now_ms) in [("b", "x", 30), ("a", "z", 10), ("b", "y", 20), ("a", "q", i64::MAX)] {
            let new = NewUpload { bucket: bucket.into(), key: key.into(), now_ms, ..NewUpload::default() };
            let upload_id = store.initiate(new).await.unwrap();
            for number in 1..=3 {
                if bucket == "b" {
                    put_part(&store, key, &upload_id, number, &bytes(1, 700)).await.unwrap();
                }
            }
        }
        put(&store, "no upload", b"content").await;
        // Begun before; the uploads as bucket, key, parts and bytes.
        type Row = (&'static str, &'static str, u64, u64);
        let (q, z, x, y): (Row, Row, Row, Row) =
            (("a", "q", 0, 0), ("a", "z", 0, 0), ("b", "x", 3, 2100), ("b", "y", 3, 2100));
        let cases: [(Option<i64>, &[Row]); 6] = [
            (None, &[q, z, x, y]),
            (Some(i64::MAX), &[z, x, y]),
            (Some(30), &[z, y]),
            (Some(11), &[z]),
            (Some(10), &[]),
            (Some(i64::MIN), &[]),
        ];
        for (begun_before_ms, expected) in cases {
            for look in 1..6 {
                let mut found = Vec::new();
                let mut after = None;
                loop {
                    let page = store
                        .pending_uploads(&PendingUploads { bucket: None, begun_before_ms, after, look })
                        .await
                        .unwrap();
                    found.extend(page.uploads.into_iter().map(|u| (u.bucket, u.key, u.parts, u.bytes)));
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                let found: Vec<_> =
                    found.iter().map(|(b, k, p, n)| (b.as_str(), k.as_str(), *p, *n)).collect();
                assert_eq!(found, expected, "{begun_before_ms:?}");
            }
        }
        store.close().await;
    }
}

/// A part whose upload is gone is removed by repairing, with what it held; one that lost its content is named.
#[tokio::test]
async fn parts_that_are_amiss() {
    let (dir, store) = store(Engine::Lsm).await;
    let id = initiate(&store, "k").await.unwrap();
    put_part(&store, "k", &id, 1, &bytes(1, 900)).await.unwrap();
    put_part(&store, "k", &id, 2, &bytes(2, 9000)).await.unwrap();
    let row = crate::key::upload("b", "k", crate::id::UploadId::parse(&id).unwrap());
    let upload = tables(&store).get_newest(&row).unwrap().unwrap();
    let rewrite = async |value| {
        let rows = vec![(row.clone(), value)];
        store.parts().engine.commit(crate::command::RewriteRows { rows }, None).await.unwrap();
    };

    let folder = std::fs::read_dir(dir.path().join("files")).unwrap().next().unwrap().unwrap();
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let aside = dir.path().join("tmp/aside");
    std::fs::rename(&file, &aside).unwrap();
    let report = store.fsck(true).await.unwrap();
    let [finding] = &report.findings[..] else { panic!("{report:?}") };
    assert!(finding.what.starts_with(&format!("part 2 of the upload {id} of b/k has lost")), "{finding:?}");
    assert!(!finding.repaired);
    std::fs::rename(&aside, &file).unwrap();

    rewrite(None).await;
    assert!(!store.fsck(false).await.unwrap().is_sound());
    let report = store.fsck(true).await.unwrap();
    assert!(report.findings.iter().all(|finding| finding.repaired), "{report:?}");
    until_files(dir.path(), 0).await;
    assert_eq!(store.fsck(false).await.unwrap().findings, []);

    // Repairing removes no upload for want of parts.
    rewrite(Some(upload)).await;
    assert!(store.upload_info("b", "k", &id).await.unwrap().is_some());
    store.close().await;
}

/// A listing of keys: prefix, delimiter, after, max; then keys, common prefixes, what is next.
type ListingRow<'a> = (&'a str, &'a str, &'a str, usize, &'a [&'a str], &'a [&'a str], Option<&'a str>);

#[tokio::test]
async fn listings() {
    let keys = ["a", "b/", "b/1", "b/2", "b/c/1", "b0", "d/1", "d/2", "z", "é/1", "é/2"];
    let rows: &[ListingRow<'_>] = &[
        ("", "", "", 100, &keys, &[], None),
        ("", "", "", 2, &["a", "b/"], &[], Some("b/")),
        ("", "", "b/", 2, &["b/1", "b/2"], &[], Some("b/2")),
        ("", "/", "", 100, &["a", "b0", "z"], &["b/", "d/", "é/"], None),
        ("", "/", "", 2, &["a"], &["b/"], Some("b/")),
        ("", "/", "b/", 2, &["b0"], &["d/"], Some("d/")),
        ("", "/", "d/", 2, &["z"], &["é/"], None),
        ("", "/", "z", 2, &[], &["é/"], None),
        ("", "/", "b/1", 2, &["b0"], &["b/"], Some("b0")),
        ("b/", "/", "", 100, &["b/", "b/1", "b/2"], &["b/c/"], None),
        ("b/", "/", "b/2", 100, &[], &["b/c/"], None),
        ("b/c/", "/", "", 100, &["b/c/1"], &[], None),
        ("b", "", "", 3, &["b/", "b/1", "b/2"], &[], Some("b/2")),
        ("é", "/", "", 100, &[], &["é/"], None),
        ("x", "", "", 100, &[], &[], None),
        ("", "", "éz", 100, &[], &[], None),
        (
            "",
            "1",
            "",
            100,
            &["a", "b/", "b/2", "b0", "d/2", "z", "é/2"],
            &["b/1", "b/c/1", "d/1", "é/1"],
            None,
        ),
        ("", "", "", 0, &[], &[], None),
    ];
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        for key in keys {
            put(&store, key, b"x").await;
        }
        bucket(&store, "b0").await;
        for (prefix, delimiter, after, max, objects, prefixes, next) in rows {
            let listing = store.list_objects(&list_of(prefix, delimiter, after, *max)).await.unwrap();
            let found: Vec<_> = listing.objects.iter().map(|object| object.key.as_str()).collect();
            let name = format!("{prefix:?} {delimiter:?} after {after:?}, {max}");
            assert_eq!(found, *objects, "{name}");
            assert_eq!(listing.common_prefixes, *prefixes, "{name}");
            assert_eq!(listing.next.as_deref(), *next, "{name}");
            assert_eq!(listing.truncated, next.is_some(), "{name}");
            let rendered = store.render_objects(list_of(prefix, delimiter, after, *max), |page| {
                let keys: Vec<_> = page.objects.iter().map(|object| object.key.to_owned()).collect();
                (keys, page.common_prefixes.concat(), page.next.map(str::to_owned))
            });
            let expected = (
                objects.iter().copied().map(str::to_owned).collect(),
                prefixes.concat(),
                next.map(str::to_owned),
            );
            assert_eq!(rendered.await.unwrap(), expected, "{name}");
        }
        store.close().await;
    }
}

fn lease(number: u64, until_ms: i64) -> Lease {
    Lease { claim: ClaimId::new(number), until_ms }
}

/// Queues a change of the delivery "first", which readers see at once, before it is durable, in every view; afterwards it is
/// the same.
async fn look_at_queued(store: &Store, update: &UpdateDelivery) {
    let before = store.delivery_counts().await.unwrap();
    assert_eq!(store.backlog(9000, 5).await.unwrap(), (Some(9000), 1));
    let written = store.queue_update_of_delivery(update.clone()).unwrap();
    let look = async || {
        let counts = store.delivery_counts().await.unwrap();
        assert_eq!((counts.delivered, counts.total()), (before.delivered + 1, before.total()));
        assert_eq!(counts.scheduled, before.scheduled - 1);
        assert_eq!(store.backlog(9000, 5).await.unwrap(), (None, 0));
        let of = async |states: Vec<DeliveryState>| {
            let filter = DeliveryFilter { states, ..DeliveryFilter::default() };
            let page = store.deliveries(&filter, None, 100).await.unwrap();
            page.deliveries.into_iter().filter(|delivery| delivery.id == "first").collect::<Vec<_>>()
        };
        assert_eq!(of(vec![DeliveryState::Pending]).await, []);
        assert_eq!(
            of(vec![DeliveryState::Delivered]).await,
            [store.delivery("first").await.unwrap().unwrap()]
        );
        store.delivery("first").await.unwrap().unwrap()
    };
    let seen = look().await;
    written.await.unwrap();
    assert_eq!(look().await, seen);
    // Who has seen a change that waits may make the next one, which comes after it.
    let second = UpdateDelivery { claim: None, attempts: 2, now_ms: 2001, ..update.clone() };
    let third = UpdateDelivery { attempts: 3, now_ms: 2002, ..second.clone() };
    let written = store.queue_update_of_delivery(second).unwrap();
    store.update_delivery(third).await.unwrap();
    written.await.unwrap();
    assert_eq!(look().await.attempts, 3);
}

#[tokio::test]
async fn journal() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        let record = |id: &str, now_ms, due_ms| RecordDelivery {
            bucket: "b".into(),
            key: "k".into(),
            delivery: NewDelivery { id: id.into(), due_ms, lease: None, payload: id.as_bytes().to_vec() },
            now_ms,
        };
        let data = stored(&store, b"x").await.unwrap();
        let journal = Some(record("first", 0, Some(500)).delivery);
        store.put_object(crate::PutObject { journal, ..put_of("b", "k", data) }).await.unwrap();
        for n in 1..=9 {
            store.record_delivery(record(&format!("d{n}"), 1000 + n, None)).await.unwrap();
        }
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let page = store.deliveries(&DeliveryFilter::default(), cursor.as_deref(), 4).await.unwrap();
            found.extend(page.deliveries.into_iter().map(|delivery| delivery.id));
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, ["d9", "d8", "d7", "d6", "d5", "d4", "d3", "d2", "d1", "first"]);

        assert_eq!(store.backlog(499, 10).await.unwrap(), (None, 0));
        let lease = lease(1, 9000);
        let claimed = store.claim_due_deliveries(500, lease, 10).await.unwrap();
        assert_eq!((claimed[0].id.as_str(), claimed[0].state), ("first", DeliveryState::Pending));
        assert_eq!(store.claim_due_deliveries(500, lease, 10).await.unwrap(), []);
        let update = UpdateDelivery {
            id: "first".into(),
            claim: Some(lease.claim),
            state: DeliveryState::Delivered,
            due_ms: None,
            attempts: 1,
            payload: Some(b"answer".to_vec()),
            now_ms: 2000,
        };
        look_at_queued(&store, &update).await;
        let delivery = store.delivery("first").await.unwrap().unwrap();
        assert_eq!((delivery.state, delivery.payload.as_slice()), (DeliveryState::Delivered, &b"answer"[..]));
        assert_eq!(store.backlog(i64::MAX, 10).await.unwrap(), (None, 0));
        let unknown = UpdateDelivery { id: "none".into(), ..update };
        assert_eq!(store.update_delivery(unknown).await, Err(Error::NoSuchDelivery));

        let filter = DeliveryFilter {
            states: vec![DeliveryState::Pending],
            since_ms: Some(1002),
            before_ms: Some(1005),
            ..DeliveryFilter::default()
        };
        let page = store.deliveries(&filter, None, 100).await.unwrap();
        let ids: Vec<_> = page.deliveries.iter().map(|delivery| delivery.id.as_str()).collect();
        assert_eq!(ids, ["d4", "d3", "d2"]);

        assert_eq!(
            store
                .prune_deliveries(Prune { before_ms: 1003, keep_max: 100, drop_scheduled: false })
                .await
                .unwrap(),
            3
        );
        assert_eq!(
            store.prune_deliveries(Prune { before_ms: 0, keep_max: 4, drop_scheduled: false }).await.unwrap(),
            3
        );
        assert_eq!(store.delivery_counts().await.unwrap().total(), 4);
        store.close().await;
    }
}

#[tokio::test]
async fn deliveries_are_counted_by_state() {
    for engine in engines() {
        let (dir, store) = store(engine).await;
        let record = |id: &str, now_ms, due_ms| RecordDelivery {
            bucket: "b".into(),
            key: "k".into(),
            delivery: NewDelivery { id: id.into(), due_ms, ..NewDelivery::default() },
            now_ms,
        };
        for n in 0..10 {
            let due_ms = (n == 0).then_some(500);
            store.record_delivery(record(&format!("d{n}"), n, due_ms)).await.unwrap();
        }
        let mut expected = DeliveryCounts { pending: 10, scheduled: 1, ..DeliveryCounts::default() };
        assert_eq!(store.delivery_counts().await.unwrap(), expected);
        assert_eq!(store.backlog(499, 5).await.unwrap(), (None, 0));
        assert_eq!(store.backlog(600, 5).await.unwrap(), (Some(500), 1));
        assert_eq!(store.claim_due_deliveries(600, lease(1, 9000), 10).await.unwrap().len(), 1);
        assert_eq!(store.delivery_counts().await.unwrap(), expected);
        for (id, state, due_ms) in [
            ("d0", DeliveryState::Delivered, None),
            ("d1", DeliveryState::Failed, Some(7000)),
            ("d2", DeliveryState::Abandoned, None),
            ("d3", DeliveryState::Failed, Some(7000)),
            ("d3", DeliveryState::Failed, Some(8000)),
        ] {
            let claim = (id == "d0").then(|| ClaimId::new(1));
            let update = UpdateDelivery {
                id: id.into(),
                claim,
                state,
                due_ms,
                attempts: 1,
                payload: None,
                now_ms: 2000,
            };
            store.update_delivery(update).await.unwrap();
        }
        expected = DeliveryCounts { pending: 6, delivered: 1, failed: 2, abandoned: 1, scheduled: 2 };
        assert_eq!(store.delivery_counts().await.unwrap(), expected);
        // Scheduled ones are not dropped.
        assert_eq!(
            store
                .prune_deliveries(Prune { before_ms: 5, keep_max: 100, drop_scheduled: false })
                .await
                .unwrap(),
            3
        );
        (expected.pending, expected.delivered, expected.abandoned) = (5, 0, 0);
        assert_eq!(store.delivery_counts().await.unwrap(), expected);
        assert!(store.fsck(false).await.unwrap().findings.is_empty());

        // The folder of an earlier version has only the sum; what is pending is due from then on.
        let sum = Bytes::copy_from_slice(&expected.total().to_le_bytes());
        expected.scheduled += expected.pending;
        store
            .parts()
            .engine
            .commit(RewriteRows { rows: vec![(key::delivery_counts(), Some(sum))] }, None)
            .await
            .unwrap();
        store.close().await;
        drop(store);
        let store = open(dir.path(), engine);
        assert_eq!(store.delivery_counts().await.unwrap(), expected, "{engine:?}");
        store.close().await;
    }
}

#[tokio::test]
async fn readers_of_what_was_replaced_finish() {
    for engine in engines() {
        let (dir, store) = store(engine).await;
        for content in [bytes(1, 500), bytes(2, 3_000_000)] {
            put(&store, "k", &content).await;
            let object = store.open_object("b", "k").await.unwrap().unwrap();
            put(&store, "k", b"new").await;
            tokio::time::sleep(Duration::from_millis(30)).await;
            let mut reader = store.read(&object, 0..u64::MAX);
            drop(object);
            tokio::time::sleep(Duration::from_millis(30)).await;
            let mut found = Vec::new();
            while let Some(piece) = reader.next().await {
                found.extend_from_slice(&piece.unwrap());
            }
            assert_eq!(found, content);
        }
        until_files(dir.path(), 0).await;
        store.close().await;
    }
}

#[tokio::test]
async fn everything_is_there_after_opening_again() {
    let (dir, store) = store(Engine::Lsm).await;
    put(&store, "small", b"small").await;
    put(&store, "large", &bytes(1, 100_000)).await;
    let id = initiate(&store, "m").await.unwrap();
    put_part(&store, "m", &id, 1, &bytes(2, 5000)).await.unwrap();
    for close in [true, false, true] {
        if close {
            store.close().await;
        }
        let copy = copy_of(dir.path());
        let store_again = open(copy.path(), Engine::Lsm);
        assert_eq!(get(&store_again, "small").await.unwrap(), b"small");
        assert_eq!(get(&store_again, "large").await.unwrap(), bytes(1, 100_000));
        assert_eq!(store_again.upload_info("b", "m", &id).await.unwrap().unwrap().key, "m");
        put(&store_again, "more", &bytes(9, 2000)).await;
        store_again.close().await;
    }
}

#[tokio::test]
async fn folders_that_cannot_be_opened() {
    let (dir, store) = store(Engine::Lsm).await;
    let Err(OpenError::InUse { pid, .. }) = Store::open(dir.path(), StoreOptions::default()) else {
        panic!()
    };
    assert_eq!(pid, Some(std::process::id()));
    store.close().await;
    drop(store);
    std::fs::write(dir.path().join("format"), "ossicle 99\n").unwrap();
    let newer = Store::open(dir.path(), StoreOptions::default());
    assert!(matches!(newer, Err(OpenError::Version { found: 99, supported: 1 })));

    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("letter.txt"), "dear").unwrap();
    let foreign = Store::open(other.path(), StoreOptions::default());
    assert!(matches!(foreign, Err(OpenError::NotAStore { .. })));
}

#[tokio::test]
async fn folders_of_earlier_versions_are_counted_by_class_when_they_are_opened() {
    for engine in engines() {
        let (dir, store) = store(engine).await;
        bucket(&store, "empty").await;
        initiate(&store, "in progress").await.unwrap();
        for (key, class) in [("a", "IA"), ("b", ""), ("c", "Archive"), ("d", "IA")] {
            let data = stored(&store, key.repeat(10).as_bytes()).await.unwrap();
            let attributes = Attributes { storage_class: class.into(), ..Attributes::default() };
            store.put_object(crate::PutObject { attributes, ..put_of("b", key, data) }).await.unwrap();
        }
        let expected = store.bucket_stat("b").await.unwrap();
        let class = |class: &str, objects, bytes| ClassStat { class: class.into(), objects, bytes };
        assert_eq!(expected.classes, [class("Archive", 1, 10), class("IA", 2, 20)]);
        // Version 1: bytes, uploads, and objects by kind.
        let old = |counts: [u64; 5]| {
            let counts = counts.iter().flat_map(|count| count.to_le_bytes());
            Some(std::iter::once(1).chain(counts).collect::<Bytes>())
        };
        let rows = vec![(key::stat("b"), old([40, 1, 4, 0, 0])), (key::stat("empty"), old([0, 0, 0, 0, 0]))];
        store.parts().engine.commit(RewriteRows { rows }, None).await.unwrap();
        assert!(store.bucket_stat("b").await.unwrap().classes.is_empty());
        store.close().await;
        drop(store);
        let store = open(dir.path(), engine);
        assert_eq!(store.bucket_stat("b").await.unwrap(), expected, "{engine:?}");
        assert!(store.fsck(false).await.unwrap().findings.is_empty());
        store.close().await;
    }
}

#[tokio::test]
async fn tags_are_set_and_removed_without_touching_the_rest() {
    for engine in engines() {
        let (dir, store) = store(engine).await;
        let metadata = vec![("a".to_owned(), b"1".to_vec())];
        let attributes = Attributes { metadata, content_type: "text/x".to_owned(), ..Attributes::default() };
        let data = stored(&store, b"x").await.unwrap();
        let before =
            store.put_object(crate::PutObject { attributes, ..put_of("b", "k", data) }).await.unwrap();
        for tags in ["", "a=2", "b=3", "", "", "c=4"] {
            store.set_object_tags("b", "k", VersionRef::Current, tags.to_owned()).await.unwrap();
            assert_eq!(store.object("b", "k").await.unwrap().unwrap().attributes.tags, tags);
        }
        let none = store.set_object_tags("b", "none", VersionRef::Current, String::new()).await;
        assert_eq!(none, Err(Error::NoSuchObject));
        store.close().await;
        drop(store);
        let store = open(dir.path(), engine);
        let after = store.object("b", "k").await.unwrap().unwrap();
        assert_eq!(after.attributes, Attributes { tags: "c=4".to_owned(), ..before.attributes.clone() });
        assert_eq!((&after.etag, after.last_modified_ms), (&before.etag, before.last_modified_ms));
        assert_ne!(after.generation, before.generation, "whoever compares generations notices");
        store.close().await;
    }
}

#[tokio::test]
async fn headers_keep_every_byte() {
    for engine in engines() {
        let (dir, store) = store(engine).await;
        let pairs = vec![("a".to_owned(), vec![0xd6, 0xd0, 0xff, b' ']), ("b".to_owned(), vec![])];
        let attributes = Attributes { headers: pairs.clone(), metadata: pairs, ..Attributes::default() };
        let data = stored(&store, b"x").await.unwrap();
        let put = crate::PutObject { attributes: attributes.clone(), ..put_of("b", "k", data) };
        store.put_object(put).await.unwrap();
        store.close().await;
        drop(store);
        let store = open(dir.path(), engine);
        assert_eq!(store.object("b", "k").await.unwrap().unwrap().attributes, attributes);
        store.close().await;
    }
}

#[tokio::test]
async fn appending_stops_at_the_limit() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        for (position, length, refused) in
            [(0, 11, true), (0, 6, false), (6, 5, true), (6, 4, false), (10, 1, true)]
        {
            let data = stored(&store, &bytes(position, length)).await.unwrap();
            let append = AppendObject { max_size: 10, ..AppendObject::new("b", "k", position, data, 1) };
            let size = position + length as u64;
            let expected = if refused { Err(Error::TooLarge { size }) } else { Ok(size) };
            assert_eq!(store.append_object(append).await.map(|object| object.size), expected);
        }
        assert_eq!(get(&store, "k").await.unwrap().len(), 10);
        assert!(store.fsck(false).await.unwrap().findings.is_empty());
        store.close().await;
    }
}

#[tokio::test]
async fn a_delivery_belongs_to_whoever_has_its_lease() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        let record = |id: &str, due_ms, lease| RecordDelivery {
            bucket: "b".into(),
            key: "k".into(),
            delivery: NewDelivery { id: id.into(), due_ms, lease, payload: Vec::new() },
            now_ms: 100,
        };
        let (first, second) = (lease(1, 500), lease(2, 1500));
        store.record_delivery(record("d", Some(100), Some(first))).await.unwrap();
        let update = |claim: Option<Lease>| UpdateDelivery {
            id: "d".into(),
            claim: claim.map(|lease| lease.claim),
            state: DeliveryState::Failed,
            due_ms: Some(2000),
            attempts: 1,
            payload: None,
            now_ms: 700,
        };
        assert_eq!(store.claim_delivery("d", 499, second).await, Err(Error::DeliveryLeased));
        assert_eq!(store.claim_due_deliveries(499, second, 9).await.unwrap(), []);
        // It has run out, and the first one comes too late.
        let claimed = store.claim_due_deliveries(500, second, 9).await.unwrap();
        assert_eq!((claimed[0].lease, claimed[0].due_ms), (Some(second), Some(100)));
        for late in [Some(first), None] {
            assert_eq!(store.update_delivery(update(late)).await, Err(Error::LeaseLost));
            let queued = store.queue_update_of_delivery(update(late)).unwrap();
            assert_eq!(store.delivery("d").await.unwrap().unwrap(), claimed[0], "it is not seen either");
            assert_eq!(queued.await, Err(Error::LeaseLost));
        }
        assert_eq!(store.renew_lease("d", first, 0).await, Err(Error::LeaseLost));
        store.renew_lease("d", Lease { until_ms: 1800, ..second }, 0).await.unwrap();
        assert_eq!(store.claim_delivery("d", 1799, first).await, Err(Error::DeliveryLeased));
        store.update_delivery(update(Some(second))).await.unwrap();
        let now = store.delivery("d").await.unwrap().unwrap();
        assert_eq!((now.state, now.due_ms, now.lease), (DeliveryState::Failed, Some(2000), None));
        assert!(store.fsck(false).await.unwrap().findings.is_empty());
        store.close().await;
    }
}

#[tokio::test]
async fn leases_of_a_process_that_is_gone_end_when_the_folder_is_opened() {
    // In a database they may be those of another node, and end by themselves.
    for engine in engines().filter(|engine| *engine != Engine::Postgres) {
        let (dir, store) = store(engine).await;
        let far = lease(1, i64::MAX / 2);
        for (id, due_ms) in [("first", Some(100)), ("repeat", None)] {
            let delivery = NewDelivery { id: id.into(), due_ms, lease: Some(far), payload: Vec::new() };
            let record = RecordDelivery { bucket: "b".into(), key: "k".into(), delivery, now_ms: 100 };
            store.record_delivery(record).await.unwrap();
        }
        assert_eq!(store.delivery_counts().await.unwrap().scheduled, 2);
        store.close().await;
        drop(store);
        let store = open(dir.path(), engine);
        let claimed = store.claim_due_deliveries(100, lease(2, 900), 9).await.unwrap();
        assert_eq!(claimed.iter().map(|delivery| delivery.id.as_str()).collect::<Vec<_>>(), ["first"]);
        assert_eq!(store.delivery("repeat").await.unwrap().unwrap().lease, None);
        assert_eq!(store.delivery_counts().await.unwrap().scheduled, 1);
        assert!(store.fsck(false).await.unwrap().findings.is_empty(), "{engine:?}");
        store.close().await;
    }
}

/// Two writers of one bucket have nothing to wait for each other for: what both count is added, not read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_one_bucket_do_not_conflict() {
    let (_dir, store) = store(Engine::Contrary).await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let store = store.clone();
        writers.spawn(async move {
            for n in 0..20 {
                let key = format!("{writer}/{n}");
                let data = stored(&store, b"content").await.unwrap();
                let delivery =
                    NewDelivery { id: format!("{writer}-{n}"), due_ms: None, lease: None, payload: vec![] };
                let put = crate::PutObject { journal: Some(delivery), ..put_of("b", &key, data) };
                store.put_object(put).await.unwrap();
                let upload_id = initiate(&store, &key).await.unwrap();
                if n % 2 == 0 {
                    let abort =
                        crate::AbortUpload { bucket: "b".into(), key, upload_id, idle_since_ms: None };
                    store.abort(abort).await.unwrap();
                }
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let crate::engine::Engine::Contrary(engine) = &*store.parts().engine else { panic!("another engine") };
    assert_eq!(engine.conflicts(), 0);
    let stat = store.bucket_stat("b").await.unwrap();
    assert_eq!((stat.objects, stat.bytes, stat.uploads), (160, 160 * 7, 80));
    assert_eq!(store.delivery_counts().await.unwrap().total(), 160);
    assert!(store.fsck(false).await.unwrap().findings.is_empty());
}
