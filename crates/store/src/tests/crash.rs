//! Power failures at every moment of a workload: whatever was acknowledged is there and whole, and nothing that was
//! not is there by half.

use std::path::Path;
use std::sync::Arc;

use super::history::{Client, History};
use super::simulated_disk::{SimulatedDisk, Unsynced};
use super::support::{bucket, bytes, get, options, put};
use crate::tables::Tables;
use crate::{Durability, Store, StoreOptions};

/// More with `OSSICLE_CRASH_POINTS`.
const POINTS: usize = 300;

fn small_segments() -> StoreOptions {
    StoreOptions { log_segment_bytes: 96 * 1024, ..options() }
}

fn open(dir: &Path, disk: &SimulatedDisk, moment: usize, images: &SimulatedDisk) -> Store {
    let tables = Tables::with_images(images.image_at(moment), Arc::new(disk.clone()));
    Store::open_on(dir, &small_segments(), Arc::new(disk.clone()), Some(tables)).unwrap()
}

/// With relaxed durability the last moments may be lost, but what is there is whole and the store opens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relaxed_power_failures() {
    let dir = tempfile::tempdir().unwrap();
    let disk = SimulatedDisk::default();
    let relaxed = small_segments().durability(Durability::Relaxed);
    let open = |dir: &Path, disk: &SimulatedDisk, moment: usize, images: &SimulatedDisk| {
        let tables = Tables::with_images(images.image_at(moment), Arc::new(disk.clone()));
        Store::open_on(dir, &relaxed, Arc::new(disk.clone()), Some(tables)).unwrap()
    };
    let store = open(dir.path(), &disk, 0, &disk);
    bucket(&store, "b").await;
    for n in 0..200 {
        put(&store, &format!("{n}"), &bytes(n, 900)).await;
    }
    let end = disk.now();
    let mut chance = 77_u64;
    for moment in (end / 2..end).step_by(7) {
        let after = disk.crashed_at(moment, Unsynced::Torn, || {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            chance >> 40 & 1 == 0
        });
        let again_dir = tempfile::tempdir().unwrap();
        after.rename_root(dir.path(), again_dir.path());
        let again = open(again_dir.path(), &after, moment, &disk);
        let mut is_end = false;
        for n in 0..200 {
            match get(&again, &format!("{n}")).await {
                Some(content) => {
                    assert!(!is_end, "crash at {moment}: {n} is there and one before is not");
                    assert_eq!(content, bytes(n, 900));
                }
                None => is_end = true,
            }
        }
        again.close().await;
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn power_failures() {
    let points =
        std::env::var("OSSICLE_CRASH_POINTS").ok().and_then(|text| text.parse().ok()).unwrap_or(POINTS);
    let dir = tempfile::tempdir().unwrap();
    let disk = SimulatedDisk::default();
    let history = Arc::new(History::default());
    let store = open(dir.path(), &disk, 0, &disk);
    bucket(&store, "b").await;
    let begun = disk.now();
    let clients: Vec<_> = (0..4)
        .map(|number| {
            let (store, disk, history) = (store.clone(), disk.clone(), Arc::clone(&history));
            tokio::spawn(Client { store, disk, history, number }.work(16))
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    store.close().await;
    drop(store);

    let end = disk.now();
    let mut chance = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = move || {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        chance
    };
    let syncs: Vec<_> = disk.sync_points().into_iter().filter(|at| *at >= begun).collect();
    for point in 0..points {
        // Just before and after syncs, where it matters, and anywhere.
        let moment = match point % 3 {
            0 => syncs[usize::try_from(next() % syncs.len() as u64).unwrap()],
            1 => (syncs[usize::try_from(next() % syncs.len() as u64).unwrap()] - 1).max(begun),
            _ => begun + usize::try_from(next() % (end - begun + 1) as u64).unwrap(),
        };
        let unsynced = [Unsynced::Torn, Unsynced::Lost, Unsynced::Torn, Unsynced::Kept][point % 4];
        let what = format!("crash {point} at {moment} of {end}, unsynced writes {unsynced:?}");
        let after = disk.crashed_at(moment, unsynced, || next() % 2 == 0);
        let again = open(dir.path(), &after, moment, &disk);
        history.check(&again, moment, &what).await;
        // And it takes writes, which survive too.
        put(&again, "afterwards", b"still here").await;
        assert!(again.fsck(false).await.unwrap().is_sound(), "{what}: {:?}", again.fsck(false).await);
        again.close().await;
        drop(again);
        let twice = open(dir.path(), &after, usize::MAX, &after);
        assert_eq!(get(&twice, "afterwards").await.as_deref(), Some(&b"still here"[..]), "{what}");
        twice.close().await;
    }
}
