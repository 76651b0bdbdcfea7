//! Content in a place that speaks S3: a SeaweedFS of the test's own, which is killed.

use std::path::Path;
use std::time::{Duration, Instant};

use ossicle_services::seaweedfs::{self, SeaweedFs};

use super::support::{bucket, bytes, delete, get, initiate, options, put, put_of, put_part, read, stored};
use crate::blobs::Blobs;
use crate::id::DataId;
use crate::{CompleteUpload, ContentPlace, Error, OpenError, Parts, Store};

/// What is out of reach is told no later than this.
const SOON: Duration = Duration::from_secs(15);

/// A server of a test's own, if it is installed.
fn weed() -> Option<SeaweedFs> {
    seaweedfs::found().then(|| SeaweedFs::start(&seaweedfs::Setup::default()).unwrap())
}

/// A place in a bucket of its own.
fn place(url: &str, prefix: &str) -> ContentPlace {
    let url = url.replacen('?', &format!("/{prefix}?"), 1);
    ContentPlace::parse(&url, None).unwrap()
}

async fn open(dir: &Path, place: &ContentPlace) -> Result<Store, OpenError> {
    Store::open_with_content(dir, place, options()).await
}

/// Tells that the store cannot do something for now, and soon.
fn check_unavailable<T: std::fmt::Debug>(started: Instant, result: Result<T, Error>) {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }) && error.is_retryable(), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

/// Waits until the place does what it is for: its servers find each other only after they answer.
async fn goes_on(store: &Store) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let object = store.object("b", "large").await.unwrap().unwrap();
    loop {
        let outcome = match read(store, &object, 0..u64::MAX).await {
            Ok(_) => stored(store, &bytes(11, 100_000)).await.map(drop),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => return,
            Err(Error::Unavailable { .. }) if Instant::now() < deadline => {}
            Err(error) => panic!("{error}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn until_nothing_is_queued(store: &Store) {
    while store.reclaim_queue().await.unwrap() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn content_in_s3() {
    let Some(weed) = weed() else { return };
    let url = weed.new_bucket().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), &place(&url, "a")).await.unwrap();
    bucket(&store, "b").await;
    operations(&store).await;

    weed.kill().unwrap();
    let object = store.object("b", "large").await.unwrap().unwrap();
    check_unavailable(Instant::now(), read(&store, &object, 0..u64::MAX).await);
    check_unavailable(Instant::now(), stored(&store, &bytes(9, 100_000)).await);
    let small = stored(&store, b"small").await.unwrap();
    store.put_object(put_of("b", "small", small)).await.unwrap();
    assert!(delete(&store, "kept").await, "its content is removed later");
    let other = tempfile::tempdir().unwrap();
    let error = open(other.path(), &place(&url, "other")).await.unwrap_err();
    assert!(matches!(error, OpenError::Place { .. }), "{error}");

    weed.start_again().unwrap();
    goes_on(&store).await;
    assert!(get(&store, "large").await.unwrap() == bytes(1, 20 << 20));
    put(&store, "after", &bytes(10, 100_000)).await;
    assert_eq!(get(&store, "after").await.unwrap(), bytes(10, 100_000));
    until_nothing_is_queued(&store).await;
    let report = store.fsck(false).await.unwrap();
    assert!(report.findings.is_empty(), "{report:?}");
    store.close().await;
    drop(store);

    let again = open(dir.path(), &place(&url, "a")).await.unwrap();
    assert_eq!(get(&again, "large").await.unwrap(), bytes(1, 20 << 20));
    again.close().await;
    let error = open(other.path(), &place(&url, "a")).await.unwrap_err();
    assert!(error.to_string().contains("holds the content of the store"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_a_node_left_in_s3_when_it_died_are_given_up() {
    let Some(weed) = weed() else { return };
    let url = weed.new_bucket().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let place = place(&url, "a%20b%26c/d");
    let day = options().orphan_age(Duration::from_secs(24 * 3600));
    let store = Store::open_with_content(dir.path(), &place, day).await.unwrap();
    let dead = Blobs::in_place(&place, &options()).unwrap();
    for seed in 0..3 {
        let mut writer = dead.create(DataId::from_bytes([seed; 16]), None).await.unwrap();
        for _ in 0..3 {
            writer.write(vec![bytes(seed.into(), 8 << 20).into()]).await.unwrap();
        }
        std::mem::forget(writer);
    }
    let mut upload = store.upload(None);
    for seed in 0..20 {
        upload.write(bytes(seed, 1 << 20).into()).await.unwrap();
    }
    assert_eq!(dead.unfinished_uploads().await.unwrap(), 4);
    assert_eq!(store.parts().blobs.remove_unfinished().await.unwrap(), 0, "none is old");
    assert_eq!(dead.unfinished_uploads().await.unwrap(), 4);
    let here = Blobs::in_place(&place, &options()).unwrap();
    assert_eq!(here.remove_unfinished().await.unwrap(), 4);
    assert_eq!(dead.unfinished_uploads().await.unwrap(), 0);
    assert!(matches!(upload.finish().await.map(drop), Err(Error::Unavailable { .. })));
    store.close().await;
}

async fn operations(store: &Store) {
    for (seed, size) in [(1, 20 << 20), (2, 8 << 20), (3, 5000)] {
        put(store, "large", &bytes(seed, size)).await;
        assert_eq!(get(store, "large").await.unwrap(), bytes(seed, size), "{size} bytes");
    }
    let large = put(store, "large", &bytes(1, 20 << 20)).await;
    let content = bytes(1, 20 << 20);
    for range in [0..1, 8_388_607..8_388_609, 20_971_519..20_971_520, 1_000_000..9_000_000] {
        let expected = &content[range.start as usize..range.end as usize];
        assert!(read(store, &large, range.clone()).await.unwrap() == expected, "{range:?}");
    }
    let id = initiate(store, "parts").await.unwrap();
    for number in 1..=3 {
        put_part(store, "parts", &id, number, &bytes(number.into(), 200_000)).await.unwrap();
    }
    store.complete(CompleteUpload::new("b", "parts", id, Parts::All, 1000)).await.unwrap();
    let parts: Vec<u8> = (1..=3).flat_map(|seed| bytes(seed, 200_000)).collect();
    assert!(get(store, "parts").await.unwrap() == parts);
    put(store, "kept", &bytes(4, 5000)).await;
    assert!(delete(store, "parts").await);

    let mut given_up = store.upload(None);
    for seed in 0..20 {
        given_up.write(bytes(seed, 1 << 20).into()).await.unwrap();
    }
    drop(given_up);
    drop(stored(store, &bytes(5, 5000)).await.unwrap());
    until_nothing_is_queued(store).await;
    while !store.parts().blobs.unpublished().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut listed = 0;
    for listing in 0..store.parts().blobs.listings() {
        listed += store.parts().blobs.list(listing).await.unwrap().len();
    }
    assert_eq!(listed, 2, "the objects that are there");
    assert!(store.fsck(false).await.unwrap().findings.is_empty());
}
