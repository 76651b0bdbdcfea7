//! Readers of what was replaced, deleted, or is in no bucket any more: they finish undisturbed, however slow they are
//! and whatever is compacted and reclaimed meanwhile, and afterwards nothing is left.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

use super::support::{
    Engine, append, bytes, engines, initiate, open_with, options, put_of, put_part, stored, tables,
    until_files,
};
use crate::{Bucket, CompleteUpload, DeleteObject, Durability, Error, Parts, Reader, Store, StoreOptions};

/// How the content came about: each is kept in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// In the commit.
    Small,
    /// One data file.
    Large,
    /// Parts named by the object.
    FewParts,
    /// Parts named by a manifest.
    ManyParts,
    /// Pieces, named by a manifest in the end.
    Appended,
}

const KINDS: [Kind; 5] = [Kind::Small, Kind::Large, Kind::FewParts, Kind::ManyParts, Kind::Appended];

/// What becomes of the object while it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Overwritten,
    Deleted,
    BucketRemoved,
}

const FATES: [Fate; 3] = [Fate::Overwritten, Fate::Deleted, Fate::BucketRemoved];

/// Sizes of parts and pieces, in the commit and in files.
const SIZES: [usize; 4] = [900, 40_000, 10, 700_000];

async fn write(store: &Store, kind: Kind, seed: u64) -> Vec<u8> {
    let pieces = |count: usize| -> Vec<Vec<u8>> {
        SIZES.iter().cycle().take(count).zip(seed..).map(|(size, seed)| bytes(seed, *size)).collect()
    };
    match kind {
        Kind::Small | Kind::Large => {
            let content = bytes(seed, if kind == Kind::Small { 1000 } else { 2_000_000 });
            let data = stored(store, &content).await.unwrap();
            store.put_object(put_of("b", "k", data)).await.unwrap();
            content
        }
        Kind::FewParts | Kind::ManyParts => {
            let parts = pieces(if kind == Kind::FewParts { 3 } else { 13 });
            let upload_id = initiate(store, "k").await.unwrap();
            for (part, number) in parts.iter().zip(1..) {
                put_part(store, "k", &upload_id, number, part).await.unwrap();
            }
            let complete = CompleteUpload::new("b", "k", upload_id, Parts::All, 1);
            store.complete(complete).await.unwrap();
            parts.concat()
        }
        Kind::Appended => {
            let mut position = 0;
            for piece in pieces(13) {
                position = append(store, "k", position, &piece).await.unwrap().size;
            }
            pieces(13).concat()
        }
    }
}

async fn delete(store: &Store) {
    let delete = DeleteObject { bucket: "b".into(), key: "k".into(), ..DeleteObject::default() };
    store.delete_object(delete).await.unwrap();
}

async fn meet(store: &Store, fate: Fate) {
    match fate {
        Fate::Overwritten => {
            let data = stored(store, b"new").await.unwrap();
            store.put_object(put_of("b", "k", data)).await.unwrap();
        }
        Fate::Deleted => delete(store).await,
        Fate::BucketRemoved => {
            delete(store).await;
            store.delete_bucket("b").await.unwrap();
        }
    }
}

/// Goes on to further segments of the log, merges the files of the tables, and lets the reclaimer have its rounds.
async fn compact(store: &Store, engine: Engine) {
    let other = Bucket { name: "other".into(), ..Bucket::default() };
    store.create_bucket(other).await.unwrap();
    for n in 0..90 {
        let data = stored(store, &bytes(n, 1000)).await.unwrap();
        store.put_object(put_of("other", &format!("{}", n % 10), data)).await.unwrap();
    }
    if !engine.is_shared() {
        let tables = tables(store);
        for _ in 0..2 {
            tables.seal_to_merge();
            tables.flush().unwrap();
            tables.merge_all().unwrap();
            tables.advance_visible_seqno();
        }
    }
    tokio::time::sleep(Duration::from_millis(30)).await;
}

async fn finish(mut reader: Reader, mut read: Vec<Bytes>) -> Result<Vec<u8>, Error> {
    while let Some(piece) = reader.next().await {
        read.push(piece?);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(read.concat())
}

/// How far a reader has got when the object meets its fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// The object has been looked up, which pins its data.
    LookedUp,
    /// The reading has begun, and perhaps gone on to the first piece.
    Begun,
}

async fn check(dir: &Path, engine: Engine, kind: Kind, fate: Fate, progress: Progress) {
    let what = format!("{engine:?} {kind:?} {fate:?} {progress:?}");
    let small_segments = StoreOptions { log_segment_bytes: 64 * 1024, ..options() };
    let store = open_with(dir, engine, &small_segments.durability(Durability::Relaxed));
    store.create_bucket(Bucket { name: "b".into(), ..Bucket::default() }).await.unwrap();
    let content = write(&store, kind, 5).await;
    let length = content.len() as u64;
    let ranges = [0..length, 0..length, length / 3..length - 7, length - 1..length];

    let mut object = store.open_object("b", "k").await.unwrap();
    let mut readers = Vec::new();
    if let Some(object) = object.take_if(|_| progress == Progress::Begun) {
        readers.extend(ranges.iter().map(|range| (store.read(&object, range.clone()), Vec::new())));
        let (reader, read) = &mut readers[0];
        read.push(reader.next().await.unwrap().unwrap());
    }
    meet(&store, fate).await;
    compact(&store, engine).await;
    if let Some(object) = object {
        readers.extend(ranges.iter().map(|range| (store.read(&object, range.clone()), Vec::new())));
    }
    for ((reader, read), range) in readers.into_iter().zip(ranges) {
        let found = finish(reader, read).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        let start = usize::try_from(range.start).unwrap();
        let end = usize::try_from(range.end).unwrap();
        assert!(found == content[start..end], "{what}: {range:?}");
    }
    until_files(dir, 0).await;
    for _ in 0..500 {
        if store.reclaim_queue().await.unwrap() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let report = store.fsck(false).await.unwrap();
    assert!(report.findings.is_empty(), "{what}: {report:?}");
    assert_eq!(store.reclaim_queue().await.unwrap(), 0, "{what}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_of_what_is_gone_finish() {
    for engine in engines() {
        for kind in KINDS {
            for fate in FATES {
                for progress in [Progress::LookedUp, Progress::Begun] {
                    let dir = tempfile::tempdir().unwrap();
                    check(dir.path(), engine, kind, fate, progress).await;
                }
            }
        }
    }
}
