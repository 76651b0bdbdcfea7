//! Buckets and their documents at hand: every request asks for them and they hardly ever change.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::{Bucket, Error};

/// More entries than this are not kept.
const ENTRIES: usize = 4096;

/// Settings that were looked up, each with the epoch it was looked up in. The committer begins a new epoch with
/// every commit that changes settings, after its rows are visible; an entry of an earlier epoch is looked up again.
#[derive(Debug, Default)]
pub(super) struct Settings {
    epoch: Arc<AtomicU64>,
    buckets: Cache<String, Arc<Bucket>>,
    documents: Cache<(String, u8), Arc<[u8]>>,
}

#[derive(Debug)]
struct Cache<K, V> {
    entries: RwLock<HashMap<K, (u64, Option<V>)>>,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self { entries: RwLock::default() }
    }
}

impl Settings {
    pub(super) fn epoch(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.epoch)
    }

    pub(super) async fn bucket<F>(
        &self,
        name: &str,
        look_up: impl FnOnce() -> F,
    ) -> Result<Option<Arc<Bucket>>, Error>
    where
        F: Future<Output = Result<Option<Arc<Bucket>>, Error>>,
    {
        let epoch = self.epoch.load(Ordering::Acquire);
        match self.buckets.get(name, epoch) {
            Some(known) => Ok(known),
            None => self.buckets.insert(name.to_owned(), epoch, look_up().await?),
        }
    }

    pub(super) async fn document<F>(
        &self,
        bucket: &str,
        document: u8,
        look_up: impl FnOnce() -> F,
    ) -> Result<Option<Arc<[u8]>>, Error>
    where
        F: Future<Output = Result<Option<Arc<[u8]>>, Error>>,
    {
        let epoch = self.epoch.load(Ordering::Acquire);
        let key = (bucket.to_owned(), document);
        match self.documents.get(&key, epoch) {
            Some(known) => Ok(known),
            None => self.documents.insert(key, epoch, look_up().await?),
        }
    }
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    fn get<Q>(&self, key: &Q, epoch: u64) -> Option<Option<V>>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(key).filter(|(of, _)| *of == epoch).map(|(_, value)| value.clone())
    }

    fn insert(&self, key: K, epoch: u64, value: Option<V>) -> Result<Option<V>, Error> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= ENTRIES {
            entries.clear();
        }
        entries.insert(key, (epoch, value.clone()));
        Ok(value)
    }
}
