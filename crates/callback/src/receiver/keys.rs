//! Public keys by URL: fetched once, kept for a while, never more than a few.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use crate::signature::VerifyingKey;
use crate::sync::lock;

/// The time for which a failure is remembered, so that bad requests cannot make a receiver hammer a key server.
const FAILURE_LIFETIME: Duration = Duration::from_secs(5);
/// The age that a key must have before a bad signature makes it worth fetching again.
const REFRESH_AFTER: Duration = Duration::from_secs(30);

/// A key that could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(String);

impl FetchError {
    /// Creates an error with this reason.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// The source of keys: the PEM text behind a URL. The URL has been found trustworthy before.
pub trait KeySource: fmt::Debug + Send + Sync + 'static {
    /// Fetches the key.
    fn fetch<'a>(
        &'a self,
        url: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<String, FetchError>> + Send + 'a>>;
}

/// Keys that are at hand: for tests, and for receivers without a way out.
#[derive(Clone, Debug, Default)]
pub struct FixedKeys {
    pems: HashMap<String, String>,
}

impl FixedKeys {
    /// Creates a source without keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the PEM text of the key with this URL.
    #[must_use]
    pub fn with(mut self, url: impl Into<String>, pem: impl Into<String>) -> Self {
        self.pems.insert(url.into(), pem.into());
        self
    }
}

impl KeySource for FixedKeys {
    fn fetch<'a>(
        &'a self,
        url: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<String, FetchError>> + Send + 'a>> {
        let pem = self.pems.get(url).cloned().ok_or_else(|| FetchError::new("no such key"));
        Box::pin(std::future::ready(pem))
    }
}

/// Keys by URL. Fetches for one URL wait for each other; those for different URLs do not.
#[derive(Debug)]
pub(super) struct KeyCache {
    source: Arc<dyn KeySource>,
    slots: Mutex<HashMap<String, Arc<Slot>>>,
    lifetime: Duration,
    capacity: usize,
}

/// One URL. The asynchronous lock makes concurrent requests share one fetch.
#[derive(Debug)]
struct Slot {
    state: AsyncMutex<Option<Fetched>>,
    used: Mutex<Instant>,
    pinned: bool,
}

#[derive(Clone, Debug)]
struct Fetched {
    result: Result<Arc<VerifyingKey>, FetchError>,
    at: Instant,
}

impl KeyCache {
    pub(super) fn new(
        source: Arc<dyn KeySource>,
        pinned: Vec<(String, VerifyingKey)>,
        lifetime: Duration,
        capacity: usize,
    ) -> Self {
        let now = Instant::now();
        let slots = pinned.into_iter().map(|(url, key)| {
            let fetched = Fetched { result: Ok(Arc::new(key)), at: now };
            (
                url,
                Arc::new(Slot { state: AsyncMutex::new(Some(fetched)), used: Mutex::new(now), pinned: true }),
            )
        });
        Self { source, slots: Mutex::new(slots.collect()), lifetime, capacity }
    }

    /// Returns the key behind `url`, fetched unless a fresh one is at hand.
    pub(super) async fn get(&self, url: &str) -> Result<Arc<VerifyingKey>, FetchError> {
        let slot = self.slot(url);
        let mut state = slot.state.lock().await;
        if let Some(fetched) = state.as_ref() {
            let lifetime = if fetched.result.is_ok() { self.lifetime } else { FAILURE_LIFETIME };
            if slot.pinned || fetched.at.elapsed() < lifetime {
                return fetched.result.clone();
            }
        }
        let fetched = self.fetch(url).await;
        // An old key is better than none while the key server is away.
        if let (Err(_), Some(Fetched { result: Ok(old), .. })) = (&fetched.result, state.as_ref()) {
            return Ok(Arc::clone(old));
        }
        let result = fetched.result.clone();
        *state = Some(fetched);
        result
    }

    /// Fetches a key anew because a signature did not match; `None` when that was done a moment ago.
    pub(super) async fn refresh(&self, url: &str) -> Option<Arc<VerifyingKey>> {
        let slot = self.slot(url);
        let mut state = slot.state.lock().await;
        if slot.pinned || state.as_ref().is_some_and(|fetched| fetched.at.elapsed() < REFRESH_AFTER) {
            return None;
        }
        let fetched = self.fetch(url).await;
        let key = fetched.result.clone().ok();
        if key.is_some() {
            *state = Some(fetched);
        } else if let Some(kept) = state.as_mut() {
            kept.at = Instant::now();
        }
        key
    }

    async fn fetch(&self, url: &str) -> Fetched {
        let parse = |pem: String| {
            VerifyingKey::from_pem(&pem).map(Arc::new).map_err(|error| FetchError::new(error.to_string()))
        };
        let result = self.source.fetch(url).await.and_then(parse);
        Fetched { result, at: Instant::now() }
    }

    fn slot(&self, url: &str) -> Arc<Slot> {
        let mut slots = lock(&self.slots);
        if let Some(slot) = slots.get(url) {
            *lock(&slot.used) = Instant::now();
            return Arc::clone(slot);
        }
        while slots.values().filter(|slot| !slot.pinned).count() >= self.capacity {
            let oldest =
                slots.iter().filter(|(_, slot)| !slot.pinned).min_by_key(|(_, slot)| *lock(&slot.used));
            let Some(oldest) = oldest.map(|(url, _)| url.clone()) else { break };
            slots.remove(&oldest);
        }
        let slot = Slot { state: AsyncMutex::new(None), used: Mutex::new(Instant::now()), pinned: false };
        let slot = Arc::new(slot);
        slots.insert(url.to_owned(), Arc::clone(&slot));
        slot
    }
}
