//! Large uploads that come to nothing: whoever drops one does not wait for the disk, and nothing is left of it.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::support::{bucket, bytes, files, options, put_of, stored, until_files};
use crate::disk::{Disk, DiskFile, RealDisk};
use crate::sync::lock;
use crate::{Error, Store, StoreOptions};

/// The real disk, which remembers the names of the threads that remove files.
#[derive(Debug, Default)]
struct WatchedDisk {
    removers: Mutex<BTreeSet<String>>,
    refuses: AtomicBool,
}

impl Disk for WatchedDisk {
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
        lock(&self.removers).insert(thread::current().name().unwrap_or_default().to_owned());
        if self.refuses.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        RealDisk.remove(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_dir(path)
    }

    fn space(&self, path: &Path) -> io::Result<(u64, u64)> {
        RealDisk.space(path)
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        RealDisk.create_dir_all(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        RealDisk.list(path)
    }
}

fn open(dir: &Path, options: &StoreOptions) -> (Arc<WatchedDisk>, Store) {
    let disk = Arc::new(WatchedDisk::default());
    let store = Store::open_on(dir, options, Arc::<WatchedDisk>::clone(&disk), None).unwrap();
    lock(&disk.removers).clear();
    (disk, store)
}

async fn until_no_temporary_files(dir: &Path) {
    while std::fs::read_dir(dir.join("tmp")).unwrap().count() > 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Gives up an upload in its midst, one that is whole, and one whose command is refused.
async fn give_up_uploads(store: &Store) {
    let mut upload = store.upload(None);
    for _ in 0..5 {
        upload.write(bytes(1, 300_000).into()).await.unwrap();
    }
    drop(upload);
    drop(stored(store, &bytes(2, 100_000)).await.unwrap());
    let put = put_of("none", "k", stored(store, &bytes(3, 100_000)).await.unwrap());
    assert_eq!(store.put_object(put).await.err(), Some(Error::NoSuchBucket));
}

#[tokio::test]
async fn whoever_gives_up_an_upload_does_not_remove_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let (disk, store) = open(dir.path(), &options());
    bucket(&store, "b").await;
    give_up_uploads(&store).await;
    until_no_temporary_files(dir.path()).await;
    until_files(dir.path(), 0).await;
    assert_eq!(*lock(&disk.removers), BTreeSet::from(["ossicle-remove".to_owned()]));
    // A file is gone a moment before it is known to be.
    let began = std::time::Instant::now();
    while !store.parts().blobs.unpublished().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    store.close().await;
}

#[tokio::test]
async fn what_was_given_up_last_is_gone_when_the_store_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let (_disk, store) = open(dir.path(), &options().reclaim_interval(Duration::from_secs(3600)));
    let late = stored(&store, &bytes(4, 100_000)).await.unwrap();
    give_up_uploads(&store).await;
    assert_eq!(files(dir.path()), 3);
    store.close().await;
    assert_eq!(files(dir.path()), 1);
    assert!(dir.path().join("clean").exists());
    // Nobody else removes it any more.
    drop(late);
    assert_eq!(files(dir.path()), 0);
}

#[tokio::test]
async fn a_file_that_cannot_be_removed_is_tried_again_and_found_later() {
    let dir = tempfile::tempdir().unwrap();
    let (disk, store) = open(dir.path(), &options());
    disk.refuses.store(true, Ordering::Relaxed);
    drop(stored(&store, &bytes(5, 100_000)).await.unwrap());
    while lock(&disk.removers).is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    disk.refuses.store(false, Ordering::Relaxed);
    until_files(dir.path(), 0).await;

    disk.refuses.store(true, Ordering::Relaxed);
    drop(stored(&store, &bytes(6, 100_000)).await.unwrap());
    store.close().await;
    assert!(!dir.path().join("clean").exists(), "the next start looks for it");
    drop(store);
    let (_disk, store) = open(dir.path(), &options());
    until_files(dir.path(), 0).await;
    store.close().await;
}
