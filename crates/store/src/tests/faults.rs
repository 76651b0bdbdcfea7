//! Failing input and output: for every operation of a workload, what happens when it fails.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::history::{Client, History};
use super::simulated_disk::{Fault, SimulatedDisk, Unsynced};
use super::support::{bucket, get, options, put_of, stored};
use crate::tables::Tables;
use crate::{Error, Health, Store, StoreOptions};

/// One run; returns how many operations the workload took.
async fn run(fault: Option<Fault>) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let disk = SimulatedDisk::default();
    let history = Arc::new(History::default());
    let options = StoreOptions { log_segment_bytes: 24 * 1024, ..options() };
    let open = |disk: &SimulatedDisk, images: &SimulatedDisk| {
        let tables = Tables::with_images(images.image_at(usize::MAX), Arc::new(disk.clone()));
        Store::open_on(dir.path(), &options, Arc::new(disk.clone()), Some(tables)).unwrap()
    };
    let store = open(&disk, &disk);
    bucket(&store, "b").await;
    let never = Fault { first: usize::MAX - 1, count: 1, kind: io::ErrorKind::Other, only_growth: false };
    disk.set_fault(Some(fault.unwrap_or(never)));
    let client =
        Client { store: store.clone(), disk: disk.clone(), history: Arc::clone(&history), number: 1 };
    client.work(5).await;
    let operations = disk.operations();
    disk.set_fault(None);

    let what = format!("{fault:?}");
    let lacks_space = fault.is_some_and(|fault| fault.kind == io::ErrorKind::StorageFull);
    let data = stored(&store, b"afterwards").await.unwrap();
    let mut outcome = store.put_object(put_of("b", "afterwards", data)).await;
    for _ in 0..500 {
        if !matches!(outcome, Err(Error::DiskFull)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        let data = stored(&store, b"afterwards").await.unwrap();
        outcome = store.put_object(put_of("b", "afterwards", data)).await;
    }
    match outcome {
        Ok(_) => assert_eq!(get(&store, "afterwards").await.unwrap(), b"afterwards"),
        Err(error) => {
            assert!(matches!(error, Error::Poisoned { .. }), "{what}: {error}");
            assert!(matches!(store.health(), Health::Poisoned { .. }), "{what}");
            assert!(!lacks_space, "{what}: lack of space must pass");
        }
    }
    drop(store);
    for unsynced in [Unsynced::Lost, Unsynced::Kept] {
        let after = disk.crashed_at(disk.now(), unsynced, || true);
        let again = open(&after, &disk);
        history.check(&again, usize::MAX, &what).await;
        let report = again.fsck(false).await.unwrap();
        assert!(report.is_sound(), "{what}: {report:?}");
        again.close().await;
    }
    operations
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_fails_once() {
    let operations = run(None).await;
    assert!(operations > 50, "{operations}");
    for first in 0..operations {
        run(Some(Fault { first, count: 1, kind: io::ErrorKind::Other, only_growth: false })).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_disk_is_full_for_a_while() {
    let operations = run(None).await;
    for first in (0..operations).step_by(2) {
        run(Some(Fault { first, count: 12, kind: io::ErrorKind::StorageFull, only_growth: true })).await;
    }
}
