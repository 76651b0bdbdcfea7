//! Power failures at every moment of a workload, and again while what they left is opened: whatever was acknowledged
//! is there and whole, and nothing that was not is there by half.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::crashes::{Crashes, Dice, FATES, Unsynced};
use super::history::{Client, History};
use super::simulated_disk::SimulatedDisk;
use super::support::{bucket, bytes, get, options, put};
use crate::engine::embedded::tables::Tables;
use crate::{Durability, Store, StoreOptions};

/// Failures at the least. There are as many more as the workload has syncs for; with `OSSICLE_CRASH_POINTS` more at
/// moments by chance.
const POINTS: usize = 3000;

/// Work that a failure must fall into.
const WORKS: [&str; 7] = [
    "a spare is made",
    "a spare becomes a file of the log",
    "the tables were flushed",
    "a file of the log becomes a spare",
    "a data file is begun",
    "a data file gets its name",
    "a data file is removed",
];

/// Disks looked at at once.
const LANES: usize = 4;

fn small_segments() -> StoreOptions {
    StoreOptions { log_segment_bytes: 40 * 1024, ..options() }
}

fn open(dir: &Path, disk: &SimulatedDisk, options: &StoreOptions) -> Store {
    let tables = Tables::with_images(disk.image(), Arc::new(disk.clone()));
    Store::open_on(dir, options, Arc::new(disk.clone()), Some(tables)).unwrap()
}

/// With relaxed durability the last moments may be lost, but what is there is whole and the store opens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relaxed_power_failures() {
    let dir = tempfile::tempdir().unwrap();
    let disk = SimulatedDisk::new(dir.path());
    let relaxed = small_segments().durability(Durability::Relaxed);
    let store = open(dir.path(), &disk, &relaxed);
    bucket(&store, "b").await;
    for n in 0..200 {
        put(&store, &format!("{n}"), &bytes(n, 900)).await;
    }
    let mut crashes = Crashes::of(&disk);
    let end = crashes.end();
    let mut dice = Dice(77);
    let again_dir = tempfile::tempdir().unwrap();
    for (moment, fate) in (end / 2..end).step_by(5).zip(FATES.into_iter().cycle()) {
        let after = crashes.at(moment, fate, &mut dice, again_dir.path());
        let again = open(again_dir.path(), &after, &relaxed);
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

/// A moment to crash at, and what becomes of what was not synced.
#[derive(Debug, Clone, Copy)]
struct Point {
    moment: usize,
    fate: Unsynced,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn power_failures() {
    let wanted = std::env::var("OSSICLE_CRASH_POINTS").ok().and_then(|text| text.parse().ok());
    let Worked { mut crashes, history, begun } = every_work().await;
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    let points = points(&crashes, begun, wanted.unwrap_or(POINTS), &mut dice);
    let dirs: Vec<_> = (0..LANES).map(|_| tempfile::tempdir().unwrap()).collect();
    let free = Arc::new(Mutex::new((0..LANES).collect::<Vec<_>>()));
    let lanes = Arc::new(tokio::sync::Semaphore::new(LANES));
    let mut checks = tokio::task::JoinSet::new();
    for Point { moment, fate } in points {
        let permit = Arc::clone(&lanes).acquire_owned().await.unwrap();
        while let Some(done) = checks.try_join_next() {
            done.unwrap();
        }
        let lane = free.lock().unwrap().pop().unwrap();
        let root = dirs[lane].path().to_path_buf();
        let after = crashes.at(moment, fate, &mut dice, &root);
        let (history, free, mut dice) = (Arc::clone(&history), Arc::clone(&free), Dice(dice.0 | 1));
        checks.spawn(async move {
            let what = format!("crash at {moment}, unsynced writes {fate:?}");
            check(&root, &after, &history, moment, &what, &mut dice).await;
            free.lock().unwrap().push(lane);
            drop(permit);
        });
    }
    while let Some(done) = checks.join_next().await {
        done.unwrap();
    }
}

/// What a workload left behind.
struct Worked {
    crashes: Crashes,
    history: Arc<History>,
    begun: usize,
}

/// A workload with a moment for every piece of work. The threads decide whether there is one: when a file of the log
/// is full, either a spare is there by then or it is made.
async fn every_work() -> Worked {
    let mut missing = Vec::new();
    for _ in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let disk = SimulatedDisk::new(dir.path());
        let history = Arc::new(History::default());
        let begun = work(dir.path(), &disk, &history).await;
        let crashes = Crashes::of(&disk);
        let works: BTreeSet<_> = (begun..crashes.end()).map(|moment| crashes.work_at(moment)).collect();
        missing = WORKS.into_iter().filter(|work| !works.contains(work)).collect();
        if missing.is_empty() {
            return Worked { crashes, history, begun };
        }
    }
    panic!("there is never a failure when {missing:?}");
}

/// Several clients at once, and what each was told. Returns when they began.
async fn work(dir: &Path, disk: &SimulatedDisk, history: &Arc<History>) -> usize {
    let store = open(dir, disk, &small_segments());
    bucket(&store, "b").await;
    let begun = disk.now();
    let clients: Vec<_> = (0..4)
        .map(|number| {
            let (store, clock, history) = (store.clone(), Arc::new(disk.clone()), Arc::clone(history));
            tokio::spawn(Client { store, clock, history, number }.work(8))
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    store.close().await;
    begun
}

/// Just before and after every sync and at every piece of work that has a name, where it matters, with every fate; the
/// rest anywhere. In order of time.
fn points(crashes: &Crashes, begun: usize, wanted: usize, dice: &mut Dice) -> Vec<Point> {
    let syncs = crashes.syncs().into_iter().filter(|at| *at > begun);
    let named = (begun..crashes.end()).filter(|moment| WORKS.contains(&crashes.work_at(*moment)));
    let moments: BTreeSet<_> = syncs.flat_map(|at| [at - 1, at]).chain(named).collect();
    let mut points: Vec<_> =
        moments.into_iter().flat_map(|moment| FATES.map(|fate| Point { moment, fate })).collect();
    while points.len() < wanted {
        let moment = begun + dice.below(crashes.end() - begun + 1);
        points.push(Point { moment, fate: FATES[dice.below(FATES.len())] });
    }
    points.sort_by_key(|point| point.moment);
    points
}

/// Opens what a failure left; fails again at a moment of that; opens what is left then.
async fn check(
    dir: &Path,
    after: &SimulatedDisk,
    history: &History,
    moment: usize,
    what: &str,
    dice: &mut Dice,
) {
    let again = open(dir, after, &small_segments());
    let opened = after.now();
    history.check(&again, moment, what).await;
    // It takes writes.
    put(&again, "afterwards", b"still here").await;
    let written = after.now();
    let report = again.fsck(false).await.unwrap();
    assert!(report.is_sound(), "{what}: {report:?}");
    again.close().await;
    drop(again);

    let mut crashes = Crashes::of(after);
    // Most of the time while it was being opened.
    let last = if dice.below(4) == 0 { crashes.end() } else { opened };
    let second = dice.below(last + 1);
    let fate = FATES[dice.below(FATES.len())];
    let what = format!("{what}; then at {second} of {opened} to open, unsynced writes {fate:?}");
    let after = crashes.at(second, fate, dice, dir);
    let twice = open(dir, &after, &small_segments());
    history.check(&twice, moment, &what).await;
    if second >= written {
        assert_eq!(get(&twice, "afterwards").await.as_deref(), Some(&b"still here"[..]), "{what}");
    }
    let report = twice.fsck(false).await.unwrap();
    assert!(report.is_sound(), "{what}: {report:?}");
    twice.close().await;
}
