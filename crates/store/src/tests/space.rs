//! Space: with little left, what needs some is refused and what makes some is not; what nothing refers to any more is
//! given back, after crashes and failures too; and a store that is overwritten over and over does not grow.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::support::{
    Engine, bucket, bytes, copy_of, delete, files, get, open, open_with, options, put, put_of, store, stored,
    tables, until_files,
};
use crate::command::RewriteRows;
use crate::disk::{Disk, DiskFile, RealDisk};
use crate::id::DataId;
use crate::reclaim::find_orphans;
use crate::{Error, Health, Store};

/// The real disk, but for how much is free and for files that cannot be removed.
#[derive(Debug, Clone)]
struct ShortDisk {
    free: Arc<AtomicU64>,
    stuck: Arc<Mutex<Option<PathBuf>>>,
}

impl Default for ShortDisk {
    fn default() -> Self {
        Self { free: Arc::new(AtomicU64::new(u64::MAX)), stuck: Arc::default() }
    }
}

impl Disk for ShortDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        RealDisk.create(path)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        RealDisk.open(path)
    }

    fn open_read(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        RealDisk.open_read(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if self.stuck.lock().unwrap().as_deref() == Some(path) {
            return Err(io::ErrorKind::Other.into());
        }
        RealDisk.remove(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_dir(path)
    }

    fn space(&self, _: &Path) -> io::Result<(u64, u64)> {
        Ok((self.free.load(Ordering::SeqCst), u64::MAX))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        RealDisk.create_dir_all(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        RealDisk.list(path)
    }
}

async fn until(what: &str, done: impl AsyncFn() -> bool) {
    for _ in 0..2000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not come about");
}

/// Bytes of small content in the files of the index.
fn content_bytes(dir: &Path) -> u64 {
    let files = std::fs::read_dir(dir.join("index/content/blobs")).unwrap();
    files.filter_map(|file| Some(file.ok()?.metadata().ok()?.len())).sum()
}

#[tokio::test]
async fn little_space_is_left_to_what_makes_some() {
    let dir = tempfile::tempdir().unwrap();
    let disk = ShortDisk::default();
    let free = Arc::clone(&disk.free);
    let store = Store::open_on(dir.path(), &options(), Arc::new(disk), None).unwrap();
    bucket(&store, "b").await;
    for n in 0..300 {
        put(&store, &format!("{n}"), &bytes(n, 1000)).await;
    }
    tables(&store).seal();
    tables(&store).flush().unwrap();
    assert!(content_bytes(dir.path()) > 250_000);

    free.store(1 << 20, Ordering::SeqCst);
    until("the refusal", async || matches!(store.health(), Health::Impaired { .. })).await;
    let data = stored(&store, b"small").await.unwrap();
    assert_eq!(store.put_object(put_of("b", "more", data)).await.unwrap_err(), Error::DiskFull);
    assert_eq!(stored(&store, &bytes(1, 600_000)).await.unwrap_err(), Error::DiskFull);
    assert_eq!(get(&store, "7").await.unwrap(), bytes(7, 1000));
    for n in 0..300 {
        assert!(delete(&store, &format!("{n}")).await);
    }
    until("the space of what was deleted", async || content_bytes(dir.path()) < 10_000).await;

    free.store(u64::MAX, Ordering::SeqCst);
    until("the resumption", async || store.health() == Health::Good).await;
    put(&store, "more", b"small").await;
    assert!(store.fsck(false).await.unwrap().is_sound());
    store.close().await;
}

#[tokio::test]
async fn what_a_crash_left_unused_is_removed_at_start() {
    let (dir, store) = store(Engine::Lsm).await;
    put(&store, "kept", &bytes(1, 5000)).await;
    // One is whole and about to be committed, the other is being written.
    let about_to = stored(&store, &bytes(2, 700_000)).await.unwrap();
    let mut writing = store.upload(None);
    writing.write(bytes(3, 700_000).into()).await.unwrap();
    let left = copy_of(dir.path());
    assert_eq!(files(left.path()), 2);
    assert_eq!(std::fs::read_dir(left.path().join("tmp")).unwrap().count(), 1);
    drop((about_to, writing));

    let again = open(left.path(), Engine::Lsm);
    until_files(left.path(), 1).await;
    assert_eq!(std::fs::read_dir(left.path().join("tmp")).unwrap().count(), 0);
    assert_eq!(get(&again, "kept").await.unwrap(), bytes(1, 5000));
    assert!(again.fsck(false).await.unwrap().findings.is_empty());
    again.close().await;
    store.close().await;
}

/// The end of a process does not wait for the search, and the next one searches again.
#[tokio::test]
async fn looking_for_what_is_unused_can_be_interrupted() {
    let (dir, store) = store(Engine::Lsm).await;
    put(&store, "kept", &bytes(1, 5000)).await;
    assert_eq!(find_orphans(&store.source(), &|| false).await.unwrap_err(), Error::Closed);
    let unused = stored(&store, &bytes(2, 700_000)).await.unwrap();
    let left = copy_of(dir.path());
    drop(unused);
    store.close().await;

    let slow = options().reclaim_interval(Duration::from_secs(3600));
    let again = open_with(left.path(), Engine::Lsm, &slow);
    again.close().await;
    drop(again);
    assert!(!left.path().join("clean").exists(), "nobody has looked yet");
    let again = open(left.path(), Engine::Lsm);
    until_files(left.path(), 1).await;
    again.close().await;
    assert!(left.path().join("clean").exists());
}

/// One row of the queue cannot be read, and comes before those of files.
#[tokio::test]
async fn a_damaged_row_of_the_queue_does_not_keep_files_from_being_removed() {
    let (dir, store) = store(Engine::Lsm).await;
    let row = (crate::key::reclaim(DataId::from_bytes([0; 16])), Some(b"damaged".as_slice().into()));
    store.parts().engine.commit(RewriteRows { rows: vec![row] }, None).await.unwrap();
    put(&store, "large", &bytes(1, 700_000)).await;
    assert_eq!(files(dir.path()), 1);
    assert!(delete(&store, "large").await);
    until_files(dir.path(), 0).await;
    store.close().await;
}

#[tokio::test]
async fn what_waits_to_be_removed_outlives_failures_and_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let disk = ShortDisk::default();
    let store = Store::open_on(dir.path(), &options(), Arc::new(disk.clone()), None).unwrap();
    bucket(&store, "b").await;
    put(&store, "stuck", &bytes(1, 5000)).await;
    let folders = std::fs::read_dir(dir.path().join("files")).unwrap();
    let mut paths = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    *disk.stuck.lock().unwrap() = Some(paths.next().unwrap().unwrap().path());
    for n in 0..20 {
        put(&store, &format!("{n}"), &bytes(n, 5000)).await;
    }
    // It is the first of the queue, being the oldest.
    delete(&store, "stuck").await;
    for n in 0..20 {
        delete(&store, &format!("{n}")).await;
    }
    until("the removal of the others", async || store.reclaim_queue().await.unwrap() == 1).await;
    assert_eq!(files(dir.path()), 1);
    let left = copy_of(dir.path());
    *disk.stuck.lock().unwrap() = None;
    until("the removal of the last", async || store.reclaim_queue().await.unwrap() == 0).await;
    assert_eq!(files(dir.path()), 0);
    store.close().await;

    let again = open(left.path(), Engine::Lsm);
    until("the removal by a later process", async || again.reclaim_queue().await.unwrap() == 0).await;
    assert_eq!(files(left.path()), 0);
    again.close().await;
}

/// Bytes of everything in a folder.
fn folder_bytes(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    // Files come and go meanwhile.
    let bytes = entries.map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => folder_bytes(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    });
    bytes.sum()
}

/// Overwrites of the same keys; more with `OSSICLE_CHURN`.
const CHURN: u64 = 10_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overwriting_over_and_over_does_not_fill_the_disk() {
    const KEYS: u64 = 100;
    let churn = std::env::var("OSSICLE_CHURN").ok().and_then(|text| text.parse().ok()).unwrap_or(CHURN);
    // The larger have files of their own, which cost more to write; fewer of them tell as much.
    for (size, rounds) in [(4096_usize, churn), (200 * 1024, churn / 10)] {
        let dir = tempfile::tempdir().unwrap();
        let options = options().inline_limit(64 * 1024);
        let store = Store::open_on(dir.path(), &options, Arc::new(RealDisk), None).unwrap();
        bucket(&store, "b").await;
        let mut most = 0;
        let tasks = 8;
        for part in 0..20 {
            let writers: Vec<_> = (0..tasks)
                .map(|task| {
                    let store = store.clone();
                    tokio::spawn(async move {
                        for n in 0..rounds / 20 / tasks {
                            let key = format!("{}", (task * 13 + n) % KEYS);
                            put(&store, &key, &bytes(part * 1_000_000 + task * 1000 + n, size)).await;
                        }
                    })
                })
                .collect();
            for writer in writers {
                writer.await.unwrap();
            }
            most = most.max(folder_bytes(dir.path()));
        }
        until("the removal of what was replaced", async || store.reclaim_queue().await.unwrap() == 0).await;
        let (live, segment) = (KEYS * size as u64, options.log_segment_bytes);
        let written = rounds / 20 / tasks * tasks * 20 * size as u64;
        store.close().await;
        let after = folder_bytes(dir.path());
        println!("of {size}: {written} written, {most} at most, {after} after, {live} live");
        assert!(written > 3 * (live + 2 * segment), "too little is written to tell: {written}");
        // Of the log there are three files and those being flushed; replaced content goes when files are merged.
        assert!(most < 2 * live + 8 * segment, "{most} for {live}");
        assert!(after < live + live / 2 + 4 * segment, "{after} for {live}");
    }
}
