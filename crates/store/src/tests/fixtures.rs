//! Data folders that earlier versions wrote: every later version has to read them.
//!
//! A fixture is made with `OSSICLE_WRITE_FIXTURE=DIR cargo test -p ossicle-store --lib writes_a_fixture`, which leaves a
//! folder as a killed process does, with rows in the files of the index and others only in the log. When the format
//! changes, `DIR` becomes another folder under `tests/fixtures/`; those that are there stay as they are.

use std::fs;
use std::path::{Path, PathBuf};

use super::support::{
    Engine, append, bucket, bytes, copy, copy_of, delete, get, initiate, open, open_with, options, put,
    put_of, put_part, stored, tables,
};
use crate::{
    Acl, Attributes, Bucket, BucketDocument, ClaimId, CompleteUpload, DeliveryFilter, DeliveryState, Lease,
    ListParts, ListUploads, NewDelivery, NewUpload, ObjectKind, OpenError, Parts, PutObject, Store,
    StoreOptions, UnknownFields, UpdateDelivery,
};

/// The bucket of what has attributes, in folders that came after the first two.
const DESCRIBED: &str = "described";
const CORS: &[u8] = b"<CORSConfiguration/>";

/// Keys, what they hold, and what kind of object they are.
fn expected() -> Vec<(&'static str, Vec<u8>, ObjectKind)> {
    let pieces = |seed: u64, count: u64, size| (seed..seed + count).flat_map(|n| bytes(n, size)).collect();
    vec![
        ("appended", pieces(60, 10, 90), ObjectKind::Appendable),
        ("copied", bytes(1, 300), ObjectKind::Normal),
        ("empty", Vec::new(), ObjectKind::Normal),
        ("large", bytes(2, 1500), ObjectKind::Normal),
        ("many parts", pieces(40, 12, 70), ObjectKind::Multipart),
        ("middle", bytes(4, 900), ObjectKind::Normal),
        ("parts", pieces(30, 2, 1100), ObjectKind::Multipart),
        ("small é 日", bytes(1, 300), ObjectKind::Normal),
    ]
}

async fn compose(store: &Store, key: &str, seed: u64, parts: u64, size: usize) {
    let upload_id = initiate(store, key).await.unwrap();
    for (part, number) in (seed..seed + parts).zip(1..) {
        put_part(store, key, &upload_id, number, &bytes(part, size)).await.unwrap();
    }
    let complete = CompleteUpload::new("b", key, upload_id, Parts::All, 1);
    store.complete(complete).await.unwrap();
}

async fn put_with_delivery(store: &Store, key: &str, content: &[u8], id: &str) {
    let data = stored(store, content).await.unwrap();
    let journal = Some(NewDelivery {
        id: id.into(),
        due_ms: Some(5000),
        lease: Some(Lease { claim: ClaimId::new(7), until_ms: 9000 }),
        payload: b"payload".to_vec(),
    });
    store.put_object(PutObject { journal, ..put_of("b", key, data) }).await.unwrap();
}

/// Attributes of every kind.
fn attributes() -> Attributes {
    let headers: [(&str, &[u8]); 2] =
        [("cache-control", b"no-cache"), ("content-disposition", b"attachment; filename=\xd6\xd0.txt")];
    let metadata: [(&str, &[u8]); 4] =
        [("file", b"\xd6\xd0\xce\xc4.txt"), ("b", b"Kept As It Is"), ("a", b"1"), ("empty", b"")];
    let owned = |(name, value): (&str, &[u8])| (name.to_owned(), value.to_vec());
    Attributes {
        content_type: "text/x".into(),
        headers: headers.map(owned).to_vec(),
        metadata: metadata.map(owned).to_vec(),
        tags: "a=1&b%20c=%E4%B8%AD".into(),
        acl: Acl::PublicRead,
        storage_class: "IA".into(),
        unknown: UnknownFields::default(),
        ..Attributes::default()
    }
}

async fn put_described(store: &Store, key: &str) {
    let data = stored(store, b"described").await.unwrap();
    let put = PutObject { attributes: attributes(), ..put_of(DESCRIBED, key, data) };
    store.put_object(put).await.unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    let status = std::process::Command::new("cp").arg("-r").arg(from.join(".")).arg(to).status().unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn writes_a_fixture() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions { log_segment_bytes: 8 * 1024, ..options() };
    let store = open_with(dir.path(), Engine::Lsm, &options);
    let new = Bucket { name: "b".into(), acl: Acl::PublicRead, created_ms: 7, ..Bucket::default() };
    store.create_bucket(new).await.unwrap();
    store.set_bucket_document("b", BucketDocument::numbered(1), Some(CORS.to_vec())).await.unwrap();
    put(&store, "small é 日", &bytes(1, 300)).await;
    put(&store, "large", &bytes(2, 1500)).await;
    put(&store, "middle", &bytes(4, 900)).await;
    compose(&store, "parts", 30, 2, 1100).await;
    compose(&store, "many parts", 40, 12, 70).await;
    put(&store, "gone", &bytes(3, 1200)).await;
    bucket(&store, DESCRIBED).await;
    put_described(&store, "in the files").await;
    tables(&store).seal();
    tables(&store).flush().unwrap();

    bucket(&store, "empty-bucket").await;
    copy(&store, "small é 日", "copied").await.unwrap();
    put_with_delivery(&store, "empty", b"", "delivered").await;
    put_with_delivery(&store, "empty", b"", "due").await;
    let delivered = UpdateDelivery {
        id: "delivered".into(),
        claim: Some(ClaimId::new(7)),
        state: DeliveryState::Delivered,
        due_ms: None,
        attempts: 1,
        payload: Some(b"answer".to_vec()),
        now_ms: 6000,
    };
    store.update_delivery(delivered).await.unwrap();
    let mut position = 0;
    for piece in 60..70 {
        position = append(&store, "appended", position, &bytes(piece, 90)).await.unwrap().size;
    }
    let upload_id = initiate(&store, "in progress").await.unwrap();
    put_part(&store, "in progress", &upload_id, 2, &bytes(80, 1300)).await.unwrap();
    put_described(&store, "in the log").await;
    let upload = NewUpload {
        bucket: DESCRIBED.into(),
        key: "in progress".into(),
        attributes: attributes(),
        ..NewUpload::default()
    };
    store.initiate(upload).await.unwrap();
    // A reader keeps what was deleted waiting to be removed.
    let gone = store.object("b", "gone").await.unwrap().unwrap();
    delete(&store, "gone").await;
    let made = copy_of(dir.path());
    drop(gone);
    store.close().await;

    for entry in fs::read_dir(made.path().join("log")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none() {
            fs::remove_file(path).unwrap();
        }
    }
    fs::remove_file(made.path().join("lock")).unwrap();
    check(made.path(), "made now").await;
    if let Some(wanted) = std::env::var_os("OSSICLE_WRITE_FIXTURE").map(PathBuf::from) {
        fs::create_dir_all(&wanted).unwrap();
        copy_folder(made.path(), &wanted);
    }
}

/// Opens a copy of the fixture, and checks that all is there and that it goes on from there.
async fn check(fixture: &Path, what: &str) {
    let dir = tempfile::tempdir().unwrap();
    copy_folder(fixture, dir.path());
    let store = open(dir.path(), Engine::Lsm);
    for (key, content, kind) in expected() {
        assert_eq!(get(&store, key).await, Some(content), "{what}: {key}");
        assert_eq!(store.object("b", key).await.unwrap().unwrap().kind, kind, "{what}: {key}");
    }
    assert_eq!(get(&store, "gone").await, None);
    let found = store.bucket("b").await.unwrap().unwrap();
    assert_eq!((found.acl, found.created_ms), (Acl::PublicRead, 7), "{what}");
    assert!(!found.block_public_access, "{what}");
    assert_eq!(
        store.bucket_document("b", BucketDocument::numbered(1)).await.unwrap().as_deref(),
        Some(CORS),
        "{what}"
    );
    assert_eq!(store.bucket_stat("b").await.unwrap().objects, expected().len() as u64, "{what}");
    assert!(store.bucket("empty-bucket").await.unwrap().is_some(), "{what}");

    let uploads =
        store.pending_uploads(&crate::PendingUploads { look: 9, ..Default::default() }).await.unwrap();
    let in_b: Vec<_> = uploads.uploads.iter().filter(|upload| upload.bucket == "b").collect();
    let [upload] = &in_b[..] else { panic!("{what}: {uploads:?}") };
    let which = ListParts {
        bucket: "b".into(),
        key: "in progress".into(),
        upload_id: upload.upload_id.clone(),
        after: 0,
        max: 9,
    };
    let parts = store.list_parts(&which).await.unwrap().parts;
    assert_eq!(parts.iter().map(|part| (part.number, part.size)).collect::<Vec<_>>(), [(2, 1300)], "{what}");

    let page = store.deliveries(&DeliveryFilter::default(), None, 9).await.unwrap();
    assert_eq!(page.deliveries.len(), 2, "{what}");
    let delivered = store.delivery("delivered").await.unwrap().unwrap();
    assert_eq!(
        (delivered.state, &delivered.payload[..]),
        (DeliveryState::Delivered, &b"answer"[..]),
        "{what}"
    );
    let due = store.delivery("due").await.unwrap().unwrap();
    assert_eq!((due.state, due.lease), (DeliveryState::Pending, None), "{what}: who had it is gone");
    assert_eq!(store.backlog(5000, 9).await.unwrap(), (due.due_ms, 1), "{what}");

    put(&store, "more", b"more").await;
    assert!(store.fsck(false).await.unwrap().findings.is_empty(), "{what}");
    let described = check_described(&store, what).await;
    let scrubbed = store.scrub(None, |_| true).await.unwrap();
    let objects = expected().len() as u64 + 1 + described;
    assert_eq!((scrubbed.objects, scrubbed.findings.len()), (objects, 0), "{what}");
    store.close().await;
    drop(store);
    let again = open(dir.path(), Engine::Lsm);
    assert_eq!(get(&again, "more").await.unwrap(), b"more", "{what}");
    again.close().await;
}

/// Checks what has attributes, and tells how many objects that are.
async fn check_described(store: &Store, what: &str) -> u64 {
    if store.bucket(DESCRIBED).await.unwrap().is_none() {
        assert!(what.ends_with("format-1") || what.ends_with("format-1-leases"), "{what}");
        return 0;
    }
    for key in ["in the files", "in the log"] {
        let object = store.object(DESCRIBED, key).await.unwrap().unwrap();
        assert_eq!(object.attributes, attributes(), "{what}: {key}");
    }
    let uploads = ListUploads { bucket: DESCRIBED.into(), max: 9, ..ListUploads::default() };
    let uploads = store.list_uploads(&uploads).await.unwrap().uploads;
    let [upload] = &uploads[..] else { panic!("{what}: {uploads:?}") };
    assert_eq!(upload.attributes, attributes(), "{what}");
    2
}

#[tokio::test]
async fn folders_of_every_format_are_read() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut formats: Vec<_> = fs::read_dir(fixtures)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    formats.sort();
    assert!(!formats.is_empty());
    for fixture in formats {
        check(&fixture, &fixture.display().to_string()).await;
    }
}

#[tokio::test]
async fn formats_that_are_not_known_are_refused() {
    // The format file, and what is said.
    let cases = [
        ("ossicle 2\n", "the data folder has format 2, this version reads 1"),
        ("ossicle 4294967295\n", "the data folder has format 4294967295, this version reads 1"),
        ("ossicle 0\n", "the data folder has format 0, this version reads 1"),
        ("ossicle one\n", "the data folder is damaged: the format file"),
        ("minio 1\n", "the data folder is damaged: the format file"),
        ("", "the data folder is damaged: the format file"),
    ];
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Engine::Lsm);
    bucket(&store, "b").await;
    put(&store, "k", b"content").await;
    store.close().await;
    drop(store);
    for (format, expected) in cases {
        fs::write(dir.path().join("format"), format).unwrap();
        let Err(error) = Store::open(dir.path(), StoreOptions::default()) else { panic!("{format:?}") };
        assert_eq!(error.to_string(), expected);
        assert!(matches!(error, OpenError::Version { .. } | OpenError::Corrupt { .. }));
        assert!(dir.path().join("clean").exists(), "{format:?}: nothing was touched");
    }
    fs::write(dir.path().join("format"), "ossicle 1\n").unwrap();
    let store = open(dir.path(), Engine::Lsm);
    assert_eq!(get(&store, "k").await.unwrap(), b"content");
    store.close().await;
}
