//! One state of the rows: a read-only transaction that is begun when it is looked at first, and ends with the value. A single
//! statement looks at one state by itself, so that a query which looks once needs no transaction.

use std::collections::HashMap;
use std::fmt::Debug;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tokio::sync::Mutex;

use super::connection::Connection;
use super::failure::{Failure, classify};
use super::readers::Reader;
use super::rows::Range;
use super::shared::Shared;
use crate::Error;
use crate::engine::Row;
use crate::engine::embedded::tables::is_empty_range;
use crate::health::Counters;
use crate::lease_clock::ClockShift;

/// One state of the rows.
#[derive(Debug)]
pub(crate) struct Snapshot {
    shared: Arc<Shared>,
    state: Mutex<State>,
    /// Set where the second look would be at another state than the first was, and fails.
    looked_again: Option<Arc<AtomicBool>>,
    number: u64,
}

#[derive(Debug, Default)]
struct State {
    reader: Option<Reader>,
    has_looked: bool,
    /// Rows that were looked up before they are asked for.
    prefetched: HashMap<Bytes, Option<Bytes>>,
}

/// A look at the rows.
#[derive(Debug)]
enum Look<'a> {
    Get(&'a [u8]),
    GetMany(&'a [Bytes], Option<&'a Bytes>),
    Scan(Range, usize),
    Keys(Range, usize),
}

#[derive(Debug)]
enum Found {
    Value(Option<Bytes>),
    Rows(Vec<Row>),
    Keys(Vec<Bytes>),
}

impl Snapshot {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        let number = shared.views.acquire(|| shared.clock.load(Ordering::SeqCst));
        Self { shared: Arc::clone(shared), state: Mutex::default(), looked_again: None, number }
    }

    /// Makes one for a single look at the database, which needs no transaction. The flag tells whether there was another.
    pub(super) fn of_one_look(shared: &Arc<Shared>) -> (Self, Arc<AtomicBool>) {
        let looked_again = Arc::default();
        let mut snapshot = Self::new(shared);
        snapshot.looked_again = Some(Arc::clone(&looked_again));
        (snapshot, looked_again)
    }

    pub(crate) async fn prefetch(&self, keys: &[Bytes], content_of: Option<&Bytes>) -> Result<(), Error> {
        let is_known = {
            let state = self.state.lock().await;
            keys.iter().all(|key| state.prefetched.contains_key(key))
        };
        if is_known {
            return Ok(());
        }
        let Found::Rows(rows) = self.look(&Look::GetMany(keys, content_of)).await? else {
            return Err(Error::Closed);
        };
        let mut state = self.state.lock().await;
        state.prefetched.extend(keys.iter().map(|key| (key.clone(), None)));
        state.prefetched.extend(rows.into_iter().map(|(key, row)| (key, Some(row))));
        Ok(())
    }

    pub(crate) async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        if let Some(row) = self.state.lock().await.prefetched.get(key) {
            return Ok(row.clone());
        }
        match self.look(&Look::Get(key)).await? {
            Found::Value(value) => Ok(value),
            _ => Err(Error::Closed),
        }
    }

    pub(crate) async fn scan(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Row>, Error> {
        if is_empty_range(from, to) {
            return Ok(Vec::new());
        }
        match self.look(&Look::Scan(Range::new(from, to), limit)).await? {
            Found::Rows(rows) => Ok(rows),
            _ => Err(Error::Closed),
        }
    }

    pub(crate) async fn keys(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Bytes>, Error> {
        if is_empty_range(from, to) {
            return Ok(Vec::new());
        }
        match self.look(&Look::Keys(Range::new(from, to), limit)).await? {
            Found::Keys(keys) => Ok(keys),
            _ => Err(Error::Closed),
        }
    }

    /// Returns a number that every view begun from now on has reached. Those with a smaller one may look at an earlier state
    /// than this does.
    pub(crate) fn seqno(&self) -> u64 {
        self.shared.clock.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Tells how far the database's clock is ahead of this machine's, about.
    pub(crate) fn clock_shift(&self) -> ClockShift {
        self.shared.server_clock.shift()
    }

    async fn look(&self, look: &Look<'_>) -> Result<Found, Error> {
        let mut state = self.state.lock().await;
        if let Some(looked_again) = self.looked_again.as_ref().filter(|_| state.has_looked) {
            looked_again.store(true, Ordering::Relaxed);
            return Err(Error::Busy);
        }
        Counters::add(&self.shared.setup.counters.round_trips, 1);
        if let Some(reader) = &state.reader {
            return look.on(reader.connection()).await.map_err(Failure::into_error);
        }
        loop {
            let reader = self.shared.readers.take(&self.shared.target).await?;
            let begun = async {
                match self.looked_again {
                    None => reader.begin().await.map_err(|e| classify(&e)),
                    Some(_) => Ok(()),
                }
            };
            // The beginning is sent with the first look and not waited for.
            match tokio::try_join!(biased; begun, look.on(reader.connection())) {
                Ok(((), found)) => {
                    state.has_looked = true;
                    state.reader = Some(reader).filter(|_| self.looked_again.is_none());
                    return Ok(found);
                }
                // A connection that was idle may have ended since; nothing was read on it.
                Err(Failure::Lost(_)) if !reader.is_fresh() => self.shared.readers.clear(),
                Err(failure) => return Err(failure.into_error()),
            }
        }
    }
}

impl Look<'_> {
    async fn on(&self, connection: &Connection) -> Result<Found, Failure> {
        match self {
            Self::Get(key) => connection.get(key).await.map(Found::Value),
            Self::GetMany(keys, content_of) => connection.look(keys, *content_of).await.map(Found::Rows),
            Self::Scan(range, limit) => connection.scan(range, *limit).await.map(Found::Rows),
            Self::Keys(range, limit) => connection.keys(range, *limit).await.map(Found::Keys),
        }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.shared.views.release(self.number);
    }
}
