//! Content in a place that nodes share, here a folder: what is written there, what is left there and for how long, and whose it
//! is. That every operation and the models work over it is shown where they are.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::support::{
    bucket, bytes, delete, files, get, options, place_in, put, put_of, stored, until_files,
};
use crate::{ContentPlace, Error, OpenError, Store, StoreOptions};

async fn open(dir: &Path, place: &ContentPlace, options: StoreOptions) -> Result<Store, OpenError> {
    Store::open_with_content(dir, place, options).await
}

/// A store, and the folder that its content is in.
async fn store(dir: &Path, options: StoreOptions) -> Store {
    let store = open(&dir.join("data"), &place_in(dir), options).await.unwrap();
    bucket(&store, "b").await;
    store
}

async fn rounds() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}

async fn until(done: impl AsyncFn() -> bool) {
    for _ in 0..2000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it does not come about");
}

/// A folder that blobs are in.
fn first_folder(dir: &Path) -> PathBuf {
    let mut folders = std::fs::read_dir(dir.join("files")).unwrap().map(|entry| entry.unwrap().path());
    folders.find(|path| path.is_dir() && !path.ends_with("tmp")).unwrap()
}

/// Files that are not whole.
fn temporary(dir: &Path) -> usize {
    std::fs::read_dir(dir.join("files/tmp")).unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn content_outlives_the_process_and_belongs_to_one_store() {
    let dir = tempfile::tempdir().unwrap();
    let first = store(dir.path(), options()).await;
    let large = bytes(1, 20 << 20);
    put(&first, "large", &large).await;
    put(&first, "small", b"small").await;
    first.close().await;
    drop(first);
    assert_eq!(files(dir.path()), 1);

    let again = open(&dir.path().join("data"), &place_in(dir.path()), options()).await.unwrap();
    assert_eq!(get(&again, "large").await.unwrap(), large);
    assert!(again.fsck(false).await.unwrap().findings.is_empty());
    let error = open(&dir.path().join("other"), &place_in(dir.path()), options()).await.unwrap_err();
    assert!(matches!(error, OpenError::Place { .. }), "{error}");
    assert!(error.to_string().contains("holds the content of the store"), "{error}");
    again.close().await;
    assert_eq!(files(dir.path()), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marker_that_cannot_be_read_keeps_the_store_closed() {
    let dir = tempfile::tempdir().unwrap();
    store(dir.path(), options()).await.close().await;
    for marker in ["", "ossicle content 1\n", "ossicle content 2\n00\n", &"x".repeat(1000)] {
        std::fs::write(dir.path().join("files/ossicle-cluster"), marker).unwrap();
        let error = open(&dir.path().join("data"), &place_in(dir.path()), options()).await.unwrap_err();
        assert!(error.to_string().contains("is not a marker"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_content_stays_for_the_grace_time() {
    let dir = tempfile::tempdir().unwrap();
    let hour = options().content_grace(Duration::from_secs(3600));
    let patient = store(dir.path(), hour).await;
    put(&patient, "k", &bytes(1, 5000)).await;
    // What another node still reads.
    let reading = patient.object("b", "k").await.unwrap().unwrap();
    assert!(delete(&patient, "k").await);
    rounds().await;
    assert_eq!(files(dir.path()), 1);
    let mut reader = patient.read(&reading, 0..u64::MAX);
    assert_eq!(reader.next().await.unwrap().unwrap(), bytes(1, 5000));
    assert!(patient.fsck(false).await.unwrap().is_sound());
    patient.close().await;
    drop((patient, reader));

    let grace = Duration::from_millis(1000);
    let started = std::time::Instant::now();
    let short = options().content_grace(grace);
    let store = open(&dir.path().join("data"), &place_in(dir.path()), short).await.unwrap();
    until_files(dir.path(), 0).await;
    assert!(started.elapsed() >= grace, "each node waits from when it saw it first");
    // The row is forgotten after the file is gone.
    until(async || store.reclaim_queue().await.unwrap() == 0).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn content_that_nothing_refers_to_is_removed_when_it_is_old() {
    let dir = tempfile::tempdir().unwrap();
    let day = store(dir.path(), options().orphan_age(Duration::from_secs(24 * 3600))).await;
    put(&day, "kept", &bytes(1, 5000)).await;
    let folder = first_folder(dir.path());
    let prefix = folder.file_name().unwrap().to_str().unwrap().to_owned();
    // Of a node that died before its command.
    std::fs::write(folder.join(format!("{:030}{prefix}", 7)), b"orphan").unwrap();
    std::fs::write(folder.join("not a blob"), b"somebody else's").unwrap();
    rounds().await;
    assert_eq!(files(dir.path()), 3, "another node may be about to refer to it");
    assert!(day.fsck(false).await.unwrap().findings.is_empty());
    day.close().await;
    drop(day);

    let store = open(&dir.path().join("data"), &place_in(dir.path()), options()).await.unwrap();
    until_files(dir.path(), 2).await;
    assert_eq!(get(&store, "kept").await.unwrap(), bytes(1, 5000));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_at_a_time_looks_for_content_that_nothing_refers_to() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path(), options()).await;
    put(&store, "kept", &bytes(1, 5000)).await;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now_ms = i64::try_from(since.as_millis()).unwrap();
    let lease = async |now_ms| store.acquire_job("content-orphans", "another", now_ms, now_ms + 20_000).await;
    rounds().await;
    assert_eq!(lease(now_ms).await.unwrap(), None, "the store has it, and keeps it");
    // When it has run out.
    let other = lease(now_ms + 100_000).await.unwrap().unwrap();
    let folder = first_folder(dir.path());
    let prefix = folder.file_name().unwrap().to_str().unwrap().to_owned();
    std::fs::write(folder.join(format!("{:030}{prefix}", 7)), b"orphan").unwrap();
    rounds().await;
    assert_eq!(files(dir.path()), 2, "it is the other's to find");
    store.release_job(other).await.unwrap();
    until_files(dir.path(), 1).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_left_unfinished_is_removed_when_it_is_old() {
    let dir = tempfile::tempdir().unwrap();
    let day = store(dir.path(), options().orphan_age(Duration::from_secs(24 * 3600))).await;
    let left = [format!("tmp/{:032x}.abc", 7), "probe-7".to_owned(), "kept".to_owned()];
    left.iter().for_each(|name| std::fs::write(dir.path().join("files").join(name), b"left").unwrap());
    let probe = std::fs::File::open(dir.path().join("files/probe-7")).unwrap();
    probe.set_modified(SystemTime::now() - Duration::from_secs(2 * 3600)).unwrap();
    rounds().await;
    assert!(left.iter().all(|name| dir.path().join("files").join(name).exists()));
    day.close().await;
    drop(day);

    let store = open(&dir.path().join("data"), &place_in(dir.path()), options()).await.unwrap();
    let mut upload = store.upload(None);
    upload.write(bytes(1, 9 << 20).into()).await.unwrap();
    until(async || left.iter().filter(|name| dir.path().join("files").join(name).exists()).count() == 1)
        .await;
    assert!(dir.path().join("files/kept").exists(), "somebody else's");
    let data = upload.finish().await.unwrap();
    store.put_object(put_of("b", "k", data)).await.unwrap();
    assert_eq!(get(&store, "k").await.unwrap(), bytes(1, 9 << 20), "what is being written stays");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path(), options().orphan_age(Duration::from_secs(3600))).await;
    let mut upload = store.upload(None);
    for seed in 0..20 {
        upload.write(bytes(seed, 1 << 20).into()).await.unwrap();
    }
    assert_eq!(temporary(dir.path()), 1);
    drop(upload);
    drop(stored(&store, &bytes(2, 100_000)).await.unwrap());
    let put = put_of("none", "k", stored(&store, &bytes(3, 100_000)).await.unwrap());
    assert_eq!(store.put_object(put).await.err(), Some(Error::NoSuchBucket));
    until_files(dir.path(), 0).await;
    until(async || temporary(dir.path()) == 0).await;
    until(async || store.parts().blobs.unpublished().is_empty()).await;

    let late = stored(&store, &bytes(4, 100_000)).await.unwrap();
    store.close().await;
    assert_eq!(files(dir.path()), 1);
    drop(late);
    until_files(dir.path(), 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_wait_for_memory() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path(), options().write_bytes(0)).await;
    let mut first = store.upload(None);
    first.write(bytes(1, 2000).into()).await.unwrap();
    let mut second = store.upload(Some(3000));
    let waits = tokio::time::timeout(Duration::from_millis(200), second.write(bytes(2, 3000).into()));
    assert!(waits.await.is_err(), "the first may need all there is");
    drop(first.finish().await.unwrap());
    let second = stored(&store, &bytes(2, 3000)).await.unwrap();
    store.put_object(put_of("b", "second", second)).await.unwrap();
    assert_eq!(get(&store, "second").await.unwrap(), bytes(2, 3000));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn content_that_was_changed_or_lost_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path(), options()).await;
    put(&store, "k", &bytes(1, 5000)).await;
    let object = store.object("b", "k").await.unwrap().unwrap();
    let read = async || {
        let mut reader = store.read(&object, 0..u64::MAX);
        while let Some(piece) = reader.next().await {
            piece?;
        }
        Ok::<_, Error>(())
    };
    let folder = first_folder(dir.path());
    let path = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&path, bytes(2, 5000)).unwrap();
    assert!(matches!(read().await, Err(Error::Corrupt { .. })));
    std::fs::write(&path, bytes(1, 4000)).unwrap();
    let short = read().await.unwrap_err();
    assert!(!short.is_retryable(), "{short}");
    assert!(!store.fsck(false).await.unwrap().is_sound());
    std::fs::remove_file(&path).unwrap();
    let lost = read().await.unwrap_err();
    assert!(!lost.is_retryable(), "{lost}");
    assert!(!store.fsck(false).await.unwrap().is_sound());
    store.close().await;
}

#[test]
fn places_are_given_as_urls() {
    let check = |url: &str, expected: Result<&str, &str>| match (ContentPlace::parse(url, None), expected) {
        (Ok(place), Ok(shown)) => assert_eq!(place.to_string(), shown),
        (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{url}: {error}"),
        (found, _) => panic!("{url}: {found:?}"),
    };
    check("fs:///srv/content", Ok("fs:///srv/content"));
    check("fs:///srv/with%20space/", Ok("fs:///srv/with space"));
    check("fs://srv/content", Err("whole path"));
    check("fs:///", Err("whole path"));
    check("s3://bucket", Ok("s3://bucket/"));
    let whole =
        "s3://bucket/a/b?endpoint=http://10.0.0.5:8333&region=cn&access_key_id=i&secret_access_key=hidden";
    check(whole, Ok("s3://bucket/a/b at http://10.0.0.5:8333"));
    assert!(!format!("{:?}", ContentPlace::parse(whole, None).unwrap()).contains("hidden"));
    check("s3:///prefix", Err("no bucket"));
    check("s3://bucket?endpoint=10.0.0.5:8333", Err("begins with"));
    check("s3://bucket?access_key_id=i", Err("an id and a secret"));
    check("s3://bucket?virtual_host_style=maybe", Err("`true` or `false`"));
    check("s3://bucket?regoin=cn", Err("`regoin` is not one of"));
    check("gs://bucket", Err("is neither"));
    check("/srv/content", Err("is neither"));
}
