//! A store to try things on, over either kind of tables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tempfile::TempDir;

use super::postgres_server;
use crate::blobs::{Blobs, ContentPlace};
use crate::disk::RealDisk;
use crate::engine::contrary::Contrary;
use crate::engine::embedded::Embedded;
use crate::engine::embedded::tables::Tables;
use crate::engine::postgres::{Postgres, PostgresSetup};
use crate::{
    Acl, AppendObject, Bucket, CopyAttributes, CopyObject, DeleteObject, Error, NewUpload, Object, OpenError,
    Part, PutObject, PutPart, Store, StoreOptions, StoredData, VersionRef,
};

/// Which tables a store under test has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    Lsm,
    Memory,
    /// Slow, with conflicts and repetitions at random.
    Contrary,
    /// The same as in memory, with blobs in a place that nodes share: a folder.
    SharedBlobs,
    /// A real server, where there is one.
    Postgres,
}

impl Engine {
    /// Tells whether its rows outlive the store elsewhere than in the folder.
    pub(super) fn is_shared(self) -> bool {
        matches!(self, Self::Contrary | Self::Postgres)
    }
}

/// The engines there are here.
pub(super) fn engines() -> impl Iterator<Item = Engine> {
    let postgres = postgres_server::server().map(|_| Engine::Postgres);
    [Engine::Lsm, Engine::Memory, Engine::Contrary, Engine::SharedBlobs].into_iter().chain(postgres)
}

pub(super) fn options() -> StoreOptions {
    StoreOptions::default()
        .log_segment_bytes(4 << 20)
        .inline_limit(1024)
        .reclaim_interval(Duration::from_millis(5))
        .lazy_delay(Duration::from_millis(1))
        .content_grace(Duration::ZERO)
        .orphan_age(Duration::ZERO)
}

pub(super) fn open(dir: &Path, engine: Engine) -> Store {
    open_with(dir, engine, &options())
}

pub(super) fn open_with(dir: &Path, engine: Engine, options: &StoreOptions) -> Store {
    let disk = Arc::new(RealDisk);
    match engine {
        Engine::Lsm => Store::open_on(dir, options, disk, None),
        Engine::Memory => Store::open_on(dir, options, disk, Some(Tables::in_memory())),
        Engine::Contrary => Store::open_with(dir, options, disk, |around| {
            Ok(crate::engine::Engine::Contrary(Contrary::open(around, dir, 7)))
        }),
        Engine::SharedBlobs => Store::open_over(
            dir,
            options,
            disk,
            |_| Blobs::in_place(&place_in(dir), options),
            |around| {
                let engine = Embedded::open(dir, options, around, Some(Tables::in_memory()))?;
                Ok(crate::engine::Engine::Embedded(engine))
            },
        ),
        Engine::Postgres => {
            let url = postgres_server::url_of(postgres_server::server().unwrap(), dir);
            open_at(&url, dir, options)
        }
    }
    .unwrap()
}

/// A store over the database at this address. Leases go by the times that tests give.
pub(super) fn open_at(url: &str, dir: &Path, options: &StoreOptions) -> Result<Store, OpenError> {
    let store = open_by_servers_clock(url, dir, options)?;
    if let crate::engine::Engine::Postgres(engine) = &*store.parts().engine {
        engine.lease_by_callers_clock();
    }
    Ok(store)
}

/// The same, where leases go by the database's clock.
pub(super) fn open_by_servers_clock(
    url: &str,
    dir: &Path,
    options: &StoreOptions,
) -> Result<Store, OpenError> {
    Store::open_with(dir, options, Arc::new(RealDisk), |around| {
        let setup = PostgresSetup::new(around, options);
        Ok(crate::engine::Engine::Postgres(Postgres::open(url, setup)?))
    })
}

/// The place for blobs in a store's folder, where they are as files would be.
pub(super) fn place_in(dir: &Path) -> ContentPlace {
    let dir = std::path::absolute(dir.join("files")).unwrap();
    ContentPlace::parse(&format!("fs://{}", dir.display()), None).unwrap()
}

/// The tables of a store on the embedded engine.
pub(super) fn tables(store: &Store) -> &Tables {
    match &*store.parts().engine {
        crate::engine::Engine::Embedded(engine) => engine.tables(),
        crate::engine::Engine::Contrary(_) | crate::engine::Engine::Postgres(_) => panic!("it has no tables"),
    }
}

/// A store with a bucket `b`.
pub(super) async fn store(engine: Engine) -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), engine);
    bucket(&store, "b").await;
    (dir, store)
}

pub(super) async fn bucket(store: &Store, name: &str) {
    store.create_bucket(Bucket { name: name.into(), created_ms: 1, ..Bucket::default() }).await.unwrap();
}

pub(super) async fn stored(store: &Store, content: &[u8]) -> Result<StoredData, Error> {
    let mut upload = store.upload(None);
    for piece in content.chunks(100_000) {
        upload.write(Bytes::copy_from_slice(piece)).await?;
    }
    upload.finish().await
}

pub(super) fn put_of(bucket: &str, key: &str, data: StoredData) -> PutObject {
    PutObject::new(bucket, key, data, 1000)
}

pub(super) async fn put(store: &Store, key: &str, content: &[u8]) -> Object {
    let data = stored(store, content).await.unwrap();
    store.put_object(put_of("b", key, data)).await.unwrap()
}

pub(super) async fn append(store: &Store, key: &str, position: u64, content: &[u8]) -> Result<Object, Error> {
    let data = stored(store, content).await?;
    let append = AppendObject::new("b", key, position, data, 1000);
    store.append_object(append).await
}

pub(super) async fn copy(store: &Store, from: &str, to: &str) -> Result<Object, Error> {
    let copy = CopyObject {
        source_bucket: "b".into(),
        source_key: from.into(),
        source_generation: None,
        source_version: VersionRef::Current,
        data: None,
        bucket: "b".into(),
        key: to.into(),
        attributes: CopyAttributes::Keep { acl: Acl::Default, storage_class: String::new() },
        forbid_overwrite: false,
        now_ms: 1000,
    };
    store.copy_object(copy).await
}

pub(super) async fn delete(store: &Store, key: &str) -> bool {
    let delete = DeleteObject { bucket: "b".into(), key: key.into(), ..DeleteObject::default() };
    store.delete_object(delete).await.unwrap().existed
}

pub(super) async fn initiate(store: &Store, key: &str) -> Result<String, Error> {
    let upload = NewUpload { bucket: "b".into(), key: key.into(), now_ms: 1000, ..NewUpload::default() };
    store.initiate(upload).await
}

pub(super) async fn put_part(
    store: &Store,
    key: &str,
    id: &str,
    number: u32,
    content: &[u8],
) -> Result<Part, Error> {
    let data = stored(store, content).await?;
    let part =
        PutPart { bucket: "b".into(), key: key.into(), upload_id: id.into(), number, data, now_ms: 1000 };
    store.put_part(part).await
}

pub(super) async fn read(
    store: &Store,
    object: &Object,
    range: std::ops::Range<u64>,
) -> Result<Vec<u8>, Error> {
    let mut reader = store.read(object, range);
    let mut content = Vec::new();
    while let Some(piece) = reader.next().await {
        content.extend_from_slice(&piece?);
    }
    Ok(content)
}

/// The content of a key, if there is an object.
pub(super) async fn get(store: &Store, key: &str) -> Option<Vec<u8>> {
    let object = store.open_object("b", key).await.unwrap()?;
    let content = read(store, &object, 0..u64::MAX).await.unwrap();
    assert_eq!(content.len() as u64, object.size);
    assert_eq!(crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Xz, &content), object.crc64);
    Some(content)
}

/// Bytes that differ from those of another seed.
pub(super) fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            u8::try_from(state & 255).unwrap()
        })
        .collect()
}

/// Data files on the disk.
pub(super) fn files(dir: &Path) -> usize {
    let folders = std::fs::read_dir(dir.join("files")).unwrap();
    // A shared place has what is not whole beside them.
    let folders = folders
        .map(|folder| folder.unwrap().path())
        .filter(|folder| folder.is_dir() && !folder.ends_with("tmp"));
    folders.map(|folder| std::fs::read_dir(folder).unwrap().count()).sum()
}

/// Waits until the number of data files is this one.
pub(super) async fn until_files(dir: &Path, expected: usize) {
    for _ in 0..2000 {
        if files(dir) == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(files(dir), expected);
}

/// A new folder, in memory where the system has such a place, for tests that need wait for no disk.
pub(super) fn in_memory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// A copy of a store's folder as it is now, as the end of the process would leave it.
pub(super) fn copy_of(dir: &Path) -> TempDir {
    for _ in 0..1000 {
        let copy = in_memory();
        let before = fingerprint(dir);
        let done = std::process::Command::new("cp").arg("-r").arg(dir.join(".")).arg(copy.path()).output();
        // What goes on in the background may have moved files meanwhile.
        if done.unwrap().status.success() && before == fingerprint(dir) {
            return copy;
        }
    }
    panic!("{} does not come to rest", dir.display());
}

/// Every file with its length and when it was changed.
fn fingerprint(dir: &Path) -> BTreeMap<PathBuf, (u64, SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok) {
        match entry.metadata() {
            Ok(about) if about.is_dir() => found.extend(fingerprint(&entry.path())),
            Ok(about) => drop(found.insert(entry.path(), (about.len(), about.modified().unwrap()))),
            // Gone in the meantime; the copy is not as it was either.
            Err(_) => {}
        }
    }
    found
}
