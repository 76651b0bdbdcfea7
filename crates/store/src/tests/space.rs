//! A disk with little space left: what needs space is refused, what makes some is not, and deleting gives space back.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::support::{bucket, bytes, delete, get, options, put, put_of, stored};
use crate::disk::{Disk, DiskFile, RealDisk};
use crate::{Error, Health, Store};

/// The real disk, but for how much is free.
#[derive(Debug, Clone)]
struct ShortDisk {
    free: Arc<AtomicU64>,
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

async fn until(what: &str, done: impl Fn() -> bool) {
    for _ in 0..2000 {
        if done() {
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
    let free = Arc::new(AtomicU64::new(u64::MAX));
    let disk = Arc::new(ShortDisk { free: Arc::clone(&free) });
    let store = Store::open_on(dir.path(), &options(), disk, None).unwrap();
    bucket(&store, "b").await;
    for n in 0..300 {
        put(&store, &format!("{n}"), &bytes(n, 1000)).await;
    }
    store.parts().tables.seal();
    store.parts().tables.flush().unwrap();
    assert!(content_bytes(dir.path()) > 250_000);

    free.store(1 << 20, Ordering::SeqCst);
    until("the refusal", || matches!(store.health(), Health::Impaired { .. })).await;
    let data = stored(&store, b"small").await.unwrap();
    assert_eq!(store.put_object(put_of("b", "more", data)).await.unwrap_err(), Error::DiskFull);
    assert_eq!(stored(&store, &bytes(1, 600_000)).await.unwrap_err(), Error::DiskFull);
    assert_eq!(get(&store, "7").await.unwrap(), bytes(7, 1000));
    for n in 0..300 {
        assert!(delete(&store, &format!("{n}")).await);
    }
    until("the space of what was deleted", || content_bytes(dir.path()) < 10_000).await;

    free.store(u64::MAX, Ordering::SeqCst);
    until("the resumption", || store.health() == Health::Good).await;
    put(&store, "more", b"small").await;
    assert!(store.fsck(false).await.unwrap().is_sound());
    store.close().await;
}
