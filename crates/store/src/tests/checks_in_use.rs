//! Checks of a store that others use at the same time: what they change is no finding, and what is damaged is found all the same.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::JoinSet;

use super::support::{
    Engine, append, bucket, bytes, copy, delete, engines, initiate, open_with, options, put, put_part, stored,
};
use crate::command::{RewriteRows, ref_count_row};
use crate::id::DataId;
use crate::{Bucket, CompleteUpload, FindingKind, Parts, Store, key};

const WRITERS: u64 = 8;

/// What others do until they are told to stop.
struct Writers {
    stop: Arc<AtomicBool>,
    all: JoinSet<()>,
}

impl Writers {
    fn start(store: &Store) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut all = JoinSet::new();
        for writer in 0..WRITERS {
            let (store, stop) = (store.clone(), Arc::clone(&stop));
            all.spawn(async move {
                let mut seed = writer;
                while !stop.load(Ordering::Relaxed) {
                    seed += WRITERS;
                    write(&store, seed).await;
                }
            });
        }
        Self { stop, all }
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.all.join_all().await;
    }
}

/// Changes something, so that content is shared, moved and removed. Others change the same keys.
async fn write(store: &Store, seed: u64) {
    let (one, other) = (format!("k{}", seed % 7), format!("k{}", seed % 5));
    let size = if seed.is_multiple_of(3) { 5000 } else { 100 };
    match seed % 6 {
        0 | 1 => drop(put(store, &one, &bytes(seed, size)).await),
        2 => drop(copy(store, &one, &other).await),
        3 => drop(delete(store, &one).await),
        4 => drop(append(store, &format!("a{}", seed % 3), 0, &bytes(seed, size)).await),
        _ => {
            let Ok(id) = initiate(store, &one).await else { return };
            drop(put_part(store, &one, &id, 1, &bytes(seed, size)).await);
            drop(store.complete(CompleteUpload::new("b", &one, id, Parts::All, 1000)).await);
            drop(store.bucket_stat("b").await);
        }
    }
}

/// The engines whose rows others may change.
fn shared_engines() -> impl Iterator<Item = Engine> {
    engines().filter(|engine| engine.is_shared())
}

async fn store_on(engine: Engine) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = open_with(dir.path(), engine, &options().orphan_age(Duration::from_secs(3600)));
    bucket(&store, "b").await;
    (dir, store)
}

async fn set(store: &Store, key: Bytes, value: Option<Bytes>) {
    store.parts().engine.commit(RewriteRows { rows: vec![(key, value)] }, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_change_meanwhile_is_no_finding() {
    for engine in shared_engines() {
        let (_dir, store) = store_on(engine).await;
        for seed in 0..300 {
            put(&store, &format!("more{seed}"), &bytes(seed, 50)).await;
        }
        let writers = Writers::start(&store);
        let (started, mut checks) = (Instant::now(), 0);
        while started.elapsed() < Duration::from_secs(4) || checks < 3 {
            let report = store.fsck(false).await.unwrap();
            assert_eq!(report.findings, [], "{engine:?}");
            assert!(report.uncompared.is_empty() && report.objects >= 300, "{report:?}");
            let report = store.scrub(None, |_| true).await.unwrap();
            assert_eq!(report.findings, [], "{engine:?}");
            checks += 1;
        }
        writers.stop().await;
        assert_eq!(store.fsck(false).await.unwrap().findings, []);
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_found_while_others_write() {
    for engine in shared_engines() {
        let (dir, store) = store_on(engine).await;
        let lost = put(&store, "lost", &bytes(1, 5000)).await;
        let blob = lost.fields.data.clone();
        put(&store, "small", b"small").await;
        copy(&store, "small", "copy").await.unwrap();
        let other = Bucket { name: "other".into(), created_ms: 1, ..Bucket::default() };
        store.create_bucket(other).await.unwrap();
        let writers = Writers::start(&store);
        assert_eq!(store.fsck(false).await.unwrap().findings, []);

        let crate::extent::DataRef::Extents(extents) = blob else { panic!("a manifest") };
        let crate::extent::Place::File(id) = extents[0].place else { panic!("small") };
        let removed = store.parts().blobs.remove(vec![id]).await;
        assert!(removed.outcome.is_ok());
        let nobodys = DataId::from_bytes([9; 16]);
        set(&store, key::ref_count(nobodys), Some(ref_count_row(3))).await;
        set(&store, key::content(nobodys), Some(Bytes::from_static(b"nobody has this"))).await;
        set(&store, key::stat("other"), None).await;
        set(&store, key::object("b", "unreadable"), Some(Bytes::from_static(b"\xff"))).await;

        let report = store.fsck(false).await.unwrap();
        let kinds = |kind| report.findings.iter().filter(|finding| finding.kind == kind).count();
        let expected = [
            (FindingKind::MissingContent, 1),
            (FindingKind::WrongCount, 2),
            (FindingKind::OrphanContent, 1),
            (FindingKind::LaterVersion, 1),
        ];
        for (kind, count) in expected {
            assert_eq!(kinds(kind), count, "{engine:?} {kind:?} {report:?}");
        }
        assert_eq!(report.findings.len(), 5, "{report:?}");
        let report = store.scrub(None, |_| true).await;
        assert!(report.is_err() || !report.unwrap().findings.is_empty());
        writers.stop().await;
        store.close().await;
        drop(dir);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scrubbing_reads_no_faster_than_it_may() {
    let (_dir, store) = store_on(Engine::SharedBlobs).await;
    for seed in 0..4 {
        put(&store, &format!("k{seed}"), &bytes(seed, 100_000)).await;
    }
    let id = initiate(&store, "parts").await.unwrap();
    put_part(&store, "parts", &id, 1, &bytes(9, 100_000)).await.unwrap();
    let started = Instant::now();
    let mut read = 0;
    let report = store.scrub(NonZeroU64::new(1_000_000), |bytes| {
        read += bytes;
        true
    });
    let report = report.await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(500), "{:?}", started.elapsed());
    assert_eq!((read, report.bytes, report.objects, report.parts), (500_000, 500_000, 4, 1));
    assert!(report.is_complete && report.findings.is_empty());
    drop(stored(&store, b"x").await.unwrap());
    store.close().await;
}
