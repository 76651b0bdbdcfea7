//! Failing input and output: for every operation of a workload, what happens when it fails.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::crashes::{Crashes, Dice, Unsynced};
use super::history::{Client, History};
use super::simulated_disk::{Fault, SimulatedDisk};
use super::support::{append, bucket, bytes, get, initiate, options, put_of, put_part, stored};
use crate::engine::embedded::tables::Tables;
use crate::{
    AbortUpload, CompleteUpload, DeleteObject, Error, Health, ListObjects, OpenError, Parts, PendingUpload,
    PendingUploads, Store, StoreOptions,
};

/// What failed in a run, if the workload got that far.
type Failed = Option<&'static str>;

fn open(dir: &Path, disk: &SimulatedDisk) -> Result<Store, OpenError> {
    let options = StoreOptions { log_segment_bytes: 24 * 1024, ..options() };
    let tables = Tables::with_images(disk.image(), Arc::new(disk.clone()));
    Store::open_on(dir, &options, Arc::new(disk.clone()), Some(tables))
}

/// One run of the workload.
async fn run(fault: Fault) -> Failed {
    let dir = tempfile::tempdir().unwrap();
    let disk = SimulatedDisk::new(dir.path());
    let history = Arc::new(History::default());
    let store = open(dir.path(), &disk).unwrap();
    bucket(&store, "b").await;
    disk.set_fault(Some(fault));
    let client = Client {
        store: store.clone(),
        clock: Arc::new(disk.clone()),
        history: Arc::clone(&history),
        number: 1,
    };
    client.work(5).await;
    what_was_replaced_is_removed(&store, &disk).await;
    let failed = disk.failed();
    disk.set_fault(None);

    let what = format!("{fault:?}: {failed:?}");
    goes_on_or_refuses(&store, fault, &what).await;
    drop(store);
    for unsynced in [Unsynced::Lost, Unsynced::Kept] {
        let mut crashes = Crashes::of(&disk);
        let after = crashes.at(crashes.end(), unsynced, &mut Dice(1), dir.path());
        let again = open(dir.path(), &after).unwrap();
        history.check(&again, usize::MAX, &what).await;
        let report = again.fsck(false).await.unwrap();
        assert!(report.is_sound(), "{what}: {report:?}");
        again.close().await;
    }
    failed
}

/// Waits until the space of what was replaced is taken back, so that the fault can hit this as well; not after it hit.
async fn what_was_replaced_is_removed(store: &Store, disk: &SimulatedDisk) {
    for _ in 0..1000 {
        if disk.failed().is_some() || store.reclaim_queue().await.unwrap() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("what was replaced is still queued");
}

/// Checks that the store takes writes after the fault, or says that it refuses them.
async fn goes_on_or_refuses(store: &Store, fault: Fault, what: &str) {
    let lacks_space = fault.kind == io::ErrorKind::StorageFull;
    let mut outcome = Err(Error::DiskFull);
    for _ in 0..500 {
        outcome = match stored(store, b"afterwards").await {
            Ok(data) => store.put_object(put_of("b", "afterwards", data)).await,
            Err(error) => Err(error),
        };
        match outcome {
            Err(Error::DiskFull | Error::ReadOnly | Error::Io { .. }) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            _ => break,
        }
    }
    match outcome {
        Ok(_) => assert_eq!(get(store, "afterwards").await.unwrap(), b"afterwards"),
        Err(error) => {
            assert!(matches!(error, Error::Poisoned { .. }), "{what}: {error}");
            assert!(matches!(store.health(), Health::Poisoned { .. }), "{what}");
            assert!(!lacks_space, "{what}: lack of space must pass");
        }
    }
}

/// Runs with the first operation failing, the second, and so on until the workload ends before it: three times in a
/// row, for how many operations it takes depends a little on which commits meet in a batch.
async fn every_operation(mut run: impl AsyncFnMut(usize) -> Failed) -> BTreeSet<&'static str> {
    let mut kinds = BTreeSet::new();
    let mut untouched_in_a_row = 0;
    for first in 0.. {
        match run(first).await {
            Some(kind) => {
                kinds.insert(kind);
                untouched_in_a_row = 0;
            }
            None => untouched_in_a_row += 1,
        }
        if untouched_in_a_row == 3 {
            break;
        }
    }
    kinds
}

/// Has every operation fail, again until each kind of the expected was hit: commits that meet in a batch move the last
/// operations of a run, so that a fault can step over them.
async fn kinds_that_fail(
    expected: &[&'static str],
    mut run: impl AsyncFnMut(usize) -> Failed,
) -> BTreeSet<&'static str> {
    let mut kinds = BTreeSet::new();
    for _ in 0..5 {
        kinds.extend(every_operation(&mut run).await);
        if expected.iter().all(|kind| kinds.contains(kind)) {
            break;
        }
    }
    kinds
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_fails_once() {
    let fault = |first| Fault { first, count: 1, kind: io::ErrorKind::Other, only_growth: false };
    let expected = [
        "create",
        "create a folder",
        "open",
        "read",
        "remove",
        "rename",
        "sync",
        "sync of a folder",
        "write",
    ];
    let kinds = kinds_that_fail(&expected, async |first| run(fault(first)).await).await;
    assert_eq!(kinds, BTreeSet::from(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_fails_from_one_on() {
    let fault = |first| Fault { first, count: usize::MAX, kind: io::ErrorKind::Other, only_growth: false };
    every_operation(async |first| run(fault(first * 3)).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_disk_is_full_for_a_while() {
    let fault = |first| Fault { first, count: 12, kind: io::ErrorKind::StorageFull, only_growth: true };
    let expected = ["create", "create a folder", "write"];
    let kinds = kinds_that_fail(&expected, async |first| run(fault(first)).await).await;
    assert_eq!(kinds, BTreeSet::from(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_disk_is_read_only_for_a_while() {
    let fault =
        |first| Fault { first, count: 12, kind: io::ErrorKind::ReadOnlyFilesystem, only_growth: true };
    every_operation(async |first| run(fault(first * 2)).await).await;
}

/// Opening fails at every operation, with an error and nothing lost; afterwards it works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_of_opening_fails_once() {
    let dir = tempfile::tempdir().unwrap();
    let disk = SimulatedDisk::new(dir.path());
    let history = Arc::new(History::default());
    let store = open(dir.path(), &disk).unwrap();
    bucket(&store, "b").await;
    let client = Client {
        store: store.clone(),
        clock: Arc::new(disk.clone()),
        history: Arc::clone(&history),
        number: 2,
    };
    client.work(7).await;
    drop(store);
    let kinds = every_operation(async |first| {
        let mut crashes = Crashes::of(&disk);
        let after = crashes.at(crashes.end(), Unsynced::Kept, &mut Dice(1), dir.path());
        after.set_fault(Some(Fault { first, count: 1, kind: io::ErrorKind::Other, only_growth: false }));
        let opened = open(dir.path(), &after);
        let failed = after.failed();
        after.set_fault(None);
        drop(opened);
        let again = open(dir.path(), &after).unwrap();
        history.check(&again, usize::MAX, &format!("opening: {failed:?} {first}")).await;
        assert!(again.fsck(false).await.unwrap().is_sound());
        again.close().await;
        failed
    });
    let kinds = kinds.await;
    for kind in ["list", "length", "open", "read", "sync of a folder"] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
}

/// Puts, parts and pieces until small ones are refused; returns what was acknowledged.
async fn fill(store: &Store, client: u64) -> BTreeMap<String, Vec<u8>> {
    let mut kept = BTreeMap::new();
    let mut refused_in_a_row = 0;
    for round in 0.. {
        let seed = client * 10_000 + round;
        let content = bytes(seed, [300, 900, 5000, 70_000][usize::try_from((round + client) % 4).unwrap()]);
        let key = format!("{client}/{round}");
        let outcome = match round % 3 {
            0 => match stored(store, &content).await {
                Ok(data) => store.put_object(put_of("b", &key, data)).await.map(drop),
                Err(error) => Err(error),
            },
            1 => append(store, &key, 0, &content).await.map(drop),
            _ => compose(store, &key, &content).await,
        };
        match outcome {
            Ok(()) => {
                kept.insert(key, content);
                refused_in_a_row = 0;
            }
            Err(error) => {
                assert_eq!(error, Error::DiskFull, "{key}");
                refused_in_a_row += 1;
            }
        }
        if refused_in_a_row == 12 {
            break;
        }
    }
    kept
}

async fn compose(store: &Store, key: &str, content: &[u8]) -> Result<(), Error> {
    let upload_id = initiate(store, key).await?;
    for (part, number) in content.chunks(content.len().div_ceil(3)).zip(1..) {
        put_part(store, key, &upload_id, number, part).await?;
    }
    let complete = CompleteUpload::new("b", key, upload_id, Parts::All, 1);
    store.complete(complete).await.map(drop)
}

async fn holds(store: &Store, kept: &BTreeMap<String, Vec<u8>>, what: &str) {
    for (key, content) in kept {
        assert!(get(store, key).await.as_ref() == Some(content), "{what}: {key}");
    }
    let all = ListObjects { bucket: "b".into(), max: 1_000_000, ..ListObjects::default() };
    let listed = store.list_objects(&all).await.unwrap().objects;
    assert_eq!(listed.len(), kept.len(), "{what}: something is there that was refused");
}

/// A disk of limited size is filled from all sides, fails while it is full, is emptied, and takes as much again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_emptied_and_filled_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut disk = SimulatedDisk::new(dir.path());
    disk.set_capacity(3 << 20);
    let mut store = open(dir.path(), &disk).unwrap();
    bucket(&store, "b").await;
    let mut taken = Vec::new();
    for round in 0..3 {
        let clients: Vec<_> = (0..4)
            .map(|client| {
                let store = store.clone();
                tokio::spawn(async move { fill(&store, client).await })
            })
            .collect();
        let mut kept = BTreeMap::new();
        for client in clients {
            kept.extend(client.await.unwrap());
        }
        taken.push(kept.values().map(Vec::len).sum::<usize>());
        holds(&store, &kept, &format!("round {round}, full")).await;

        // It ends while the disk is full, in order or not.
        if round == 1 {
            store.close().await;
        }
        drop(store);
        let mut crashes = Crashes::of(&disk);
        disk = crashes.at(crashes.end(), Unsynced::Lost, &mut Dice(1), dir.path());
        disk.set_capacity(3 << 20);
        store = open(dir.path(), &disk).unwrap();
        holds(&store, &kept, &format!("round {round}, opened while full")).await;

        for key in kept.keys() {
            let delete = DeleteObject { bucket: "b".into(), key: key.clone(), ..DeleteObject::default() };
            assert!(store.delete_object(delete).await.unwrap().existed, "{key}");
        }
        let pending =
            store.pending_uploads(&PendingUploads { look: 10_000, ..Default::default() }).await.unwrap();
        for upload in pending.uploads {
            let PendingUpload { bucket, key, upload_id, .. } = upload;
            store.abort(AbortUpload { bucket, key, upload_id, ..Default::default() }).await.unwrap();
        }
        for _ in 0..1000 {
            if store.reclaim_queue().await.unwrap() == 0 && store.health() == Health::Good {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(store.health(), Health::Good);
        let report = store.fsck(false).await.unwrap();
        assert!(report.is_sound(), "round {round}: {report:?}");
    }
    // Chance decides what fits; nothing may be lost for good.
    assert!(taken.iter().all(|bytes| *bytes > 1 << 20), "{taken:?}");
    store.close().await;
}
