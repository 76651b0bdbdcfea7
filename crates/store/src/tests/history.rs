//! A workload of several clients at once that remembers its requests and the answers, and can tell
//! whether a store holds what it has to.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::simulated_disk::SimulatedDisk;
use super::support::{
    Engine, append, bucket, bytes, copy, engines, get, in_memory, initiate, open, put, put_of, put_part,
    read, stored,
};
use crate::{
    AbortUpload, ClaimId, CompleteUpload, DeleteObject, DeliveryState, Error, Lease, NewDelivery, Parts,
    PutObject, SeenObject, Store, UpdateDelivery,
};

/// What a key held, or may have held, and since when.
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) content: Option<Arc<[u8]>>,
    pub(super) delivery: Option<String>,
    /// When it was asked for.
    pub(super) asked: usize,
    /// When it was acknowledged, if it was.
    pub(super) acknowledged: Option<usize>,
}

/// An object that all clients copy, if it is there: each changes how often its content is referred to.
const SOURCE: &str = "source";

fn source() -> Vec<u8> {
    bytes(3, 5000)
}

/// The versions of every key in the order they were asked for. Each key has one client.
#[derive(Debug, Default)]
pub(super) struct History {
    keys: Mutex<BTreeMap<String, Vec<Version>>>,
}

impl History {
    fn ask(&self, key: &str, version: Version) -> usize {
        let mut keys = self.keys.lock().unwrap();
        let versions = keys.entry(key.to_owned()).or_default();
        versions.push(version);
        versions.len() - 1
    }

    fn acknowledge(&self, key: &str, version: usize, now: usize) {
        self.keys.lock().unwrap().get_mut(key).unwrap()[version].acknowledged = Some(now);
    }

    /// Tells whether every operation of every client succeeded.
    fn has_only_acknowledged(&self) -> bool {
        let keys = self.keys.lock().unwrap();
        keys.values().flatten().all(|version| version.acknowledged.is_some())
    }

    /// Checks a store that was opened from the disk as it was at the moment.
    pub(super) async fn check(&self, store: &Store, moment: usize, what: &str) {
        let keys = self.keys.lock().unwrap().clone();
        for (key, versions) in keys {
            let is_acknowledged = |version: &Version| version.acknowledged.is_some_and(|at| at <= moment);
            let oldest = versions.iter().rposition(is_acknowledged);
            let found = get(store, &key).await;
            let allowed = versions.iter().enumerate().skip(oldest.unwrap_or(0));
            let mut matching = allowed.filter(|(_, version)| {
                version.asked <= moment && version.content.as_deref() == found.as_deref()
            });
            let is_unborn = oldest.is_none() && found.is_none();
            let matched = matching.next();
            let length = found.as_ref().map(Vec::len);
            assert!(matched.is_some() || is_unborn, "{what}: {key} has {length:?} bytes, which nobody wrote");
            let acknowledged = versions.iter().filter(|version| is_acknowledged(version));
            for id in acknowledged.filter_map(|version| version.delivery.as_ref()) {
                assert!(store.delivery(id).await.unwrap().is_some(), "{what}: the delivery {id} is lost");
            }
            if let Some(id) = matched.and_then(|(_, version)| version.delivery.as_ref()) {
                assert!(
                    store.delivery(id).await.unwrap().is_some(),
                    "{what}: {id} came without its delivery"
                );
            }
        }
    }
}

/// A clock that tells which of two things was earlier.
pub(super) trait Clock: Debug + Send + Sync {
    /// Returns the time now.
    fn now(&self) -> usize;
}

impl Clock for SimulatedDisk {
    fn now(&self) -> usize {
        Self::now(self)
    }
}

impl Clock for AtomicUsize {
    fn now(&self) -> usize {
        self.fetch_add(1, Ordering::SeqCst)
    }
}

/// One client's part of the workload.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) history: Arc<History>,
    pub(super) number: u64,
}

impl Client {
    /// Does some things of every kind to keys of its own. Errors are taken as they come.
    pub(super) async fn work(self, rounds: u64) {
        let n = self.number;
        let name = |kind: &str| format!("{n}/{kind}");
        let mut whole = Vec::new();
        for round in 0..rounds {
            let seed = n * 1000 + round;
            let size = if round == 5 {
                300_000
            } else {
                [50, 900, 3000, 20_000][usize::try_from((round + n) % 4).unwrap()]
            };
            let content = bytes(seed, size);
            self.put(&name("plain"), &content, round % 2 == 0, seed).await;
            self.read_back(&name("plain")).await;
            let piece = bytes(seed + 7, 300 + size.min(20_000) / 7);
            self.append(&name("append"), &mut whole, &piece).await;
            match round % 4 {
                // Few parts are named by the object itself, many by a manifest; the second replaces the first.
                1 => self.compose(&name("parts"), seed, if round % 8 == 1 { 3 } else { 11 }).await,
                2 => self.copy(&name("plain"), &content, &name("copy")).await,
                3 => self.delete(&name("plain")).await,
                _ => {
                    self.move_to_another_class(&name("append")).await;
                    self.begin_and_abort(&name("aborted"), seed).await;
                }
            }
            self.read_back(&name("parts")).await;
            self.copy(SOURCE, &source(), &name("copy of the source")).await;
        }
    }

    async fn put(&self, key: &str, content: &[u8], with_delivery: bool, seed: u64) {
        let delivery = with_delivery.then(|| format!("delivery-{seed}"));
        let version = self.ask(key, Some(content.to_vec()), delivery.clone());
        let Ok(data) = stored(&self.store, content).await else { return };
        let lease = Lease { claim: ClaimId::new(seed), until_ms: 9 };
        let journal =
            delivery.map(|id| NewDelivery { id, due_ms: Some(5), lease: Some(lease), payload: vec![1; 40] });
        let result = self.store.put_object(PutObject { journal, ..put_of("b", key, data) }).await;
        self.settle(key, version, result.is_ok());
        if with_delivery && result.is_ok() {
            let delivered = UpdateDelivery {
                id: format!("delivery-{seed}"),
                claim: Some(lease.claim),
                state: DeliveryState::Delivered,
                due_ms: None,
                attempts: 1,
                payload: Some(vec![2; 60]),
                now_ms: 6,
            };
            if seed.is_multiple_of(4) {
                let _ = self.store.update_delivery(delivered).await;
            } else {
                let _ = self.store.queue_update_of_delivery(delivered);
            }
        }
    }

    async fn append(&self, key: &str, whole: &mut Vec<u8>, piece: &[u8]) {
        let longer = [whole.as_slice(), piece].concat();
        let version = self.ask(key, Some(longer.clone()), None);
        let result = append(&self.store, key, whole.len() as u64, piece).await;
        if let Err(Error::PositionMismatch { length }) = result {
            // An earlier attempt that was reported as failed cannot have happened.
            panic!("{length} bytes were appended and not acknowledged");
        }
        let done = result.is_ok();
        self.settle(key, version, done);
        if done {
            *whole = longer;
        }
    }

    /// Checks that the key reads as what was written last, or asked to be since.
    async fn read_back(&self, key: &str) {
        let Ok(found) = self.store.open_object("b", key).await else { return };
        let content = match found {
            Some(object) => match read(&self.store, &object, 0..u64::MAX).await {
                Ok(content) => Some(content),
                Err(_) => return,
            },
            None => None,
        };
        let keys = self.history.keys.lock().unwrap();
        let versions = keys.get(key).map(Vec::as_slice).unwrap_or_default();
        let oldest = versions.iter().rposition(|version| version.acknowledged.is_some());
        let mut allowed = versions.iter().skip(oldest.unwrap_or(0));
        let is_unborn = oldest.is_none() && content.is_none();
        assert!(
            is_unborn || allowed.any(|version| version.content.as_deref() == content.as_deref()),
            "{key} is not what was written"
        );
    }

    async fn begin_and_abort(&self, key: &str, seed: u64) {
        let Ok(upload_id) = initiate(&self.store, key).await else { return };
        for (number, size) in [(1, 900), (2, 400), (1, 1500)] {
            let _ = put_part(&self.store, key, &upload_id, number, &bytes(seed, size)).await;
        }
        let abort = AbortUpload { bucket: "b".into(), key: key.into(), upload_id, ..Default::default() };
        let _ = self.store.abort(abort).await;
    }

    async fn compose(&self, key: &str, seed: u64, parts: u64) {
        let sizes = [2500, 700, 4000];
        let contents: Vec<_> =
            (1..=parts).zip(sizes.into_iter().cycle()).map(|(n, size)| bytes(seed + n, size)).collect();
        let upload = async {
            let id = initiate(&self.store, key).await.ok()?;
            for (content, number) in contents.iter().zip(1..) {
                put_part(&self.store, key, &id, number, content).await.ok()?;
            }
            Some(id)
        };
        let Some(upload_id) = upload.await else { return };
        let version = self.ask(key, Some(contents.concat()), None);
        let complete = CompleteUpload::new("b", key, upload_id, Parts::All, 1);
        let result = self.store.complete(complete).await;
        self.settle(key, version, result.is_ok());
    }

    async fn copy(&self, from: &str, content: &[u8], to: &str) {
        // Only if the source is the one that was just written.
        if self.store.object("b", from).await.ok().flatten().is_none_or(|o| o.size != content.len() as u64) {
            return;
        }
        let version = self.ask(to, Some(content.to_vec()), None);
        let result = copy(&self.store, from, to).await;
        self.settle(to, version, result.is_ok());
    }

    async fn delete(&self, key: &str) {
        let version = self.ask(key, None, None);
        let done = if self.number.is_multiple_of(2) {
            let delete = DeleteObject { bucket: "b".into(), key: key.into(), ..DeleteObject::default() };
            self.store.delete_object(delete).await.is_ok()
        } else {
            let Some(seen) = self.see(key).await else { return };
            self.store.delete_seen("b", vec![seen], 1000).await.is_ok_and(|deleted| deleted == [true])
        };
        self.settle(key, version, done);
    }

    /// Gives an object another class, which changes nothing of its content.
    async fn move_to_another_class(&self, key: &str) {
        let Some(seen) = self.see(key).await else { return };
        if let Ok(moved) = self.store.set_storage_class("b", vec![seen], "IA").await {
            assert_eq!(moved, [true]);
            let found = self.store.object("b", key).await;
            assert!(found.is_err() || found.unwrap().unwrap().attributes.storage_class == "IA");
        }
    }

    /// The object as it is now; nobody else changes it.
    async fn see(&self, key: &str) -> Option<SeenObject> {
        let found = self.store.object("b", key).await.ok()??;
        Some(SeenObject { key: key.to_owned(), generation: found.generation })
    }

    fn ask(&self, key: &str, content: Option<Vec<u8>>, delivery: Option<String>) -> usize {
        let asked = self.clock.now();
        self.history
            .ask(key, Version { content: content.map(Arc::from), delivery, asked, acknowledged: None })
    }

    fn settle(&self, key: &str, version: usize, done: bool) {
        if done {
            self.history.acknowledge(key, version, self.clock.now());
        }
    }
}

/// Several clients at once on every engine. On the one with conflicts, commands are run again while others change what they
/// have read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_clients() {
    for engine in engines() {
        let dir = in_memory();
        let store = open(dir.path(), engine);
        bucket(&store, "b").await;
        put(&store, SOURCE, &source()).await;
        let clock: Arc<dyn Clock> = Arc::new(AtomicUsize::new(0));
        let history = Arc::new(History::default());
        let clients: Vec<_> = (0..6)
            .map(|number| {
                let (store, clock, history) = (store.clone(), Arc::clone(&clock), Arc::clone(&history));
                tokio::spawn(Client { store, clock, history, number }.work(24))
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        let what = format!("{engine:?}");
        history.check(&store, usize::MAX, &what).await;
        assert!(history.has_only_acknowledged(), "{what}: an operation failed");
        let report = store.fsck(false).await.unwrap();
        assert!(report.is_sound(), "{what}: {report:?}");
        store.close().await;
        drop(store);
        if engine != Engine::Memory {
            let again = open(dir.path(), engine);
            history.check(&again, usize::MAX, &what).await;
            again.close().await;
        }
    }
}
