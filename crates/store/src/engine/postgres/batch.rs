//! Commands of one transaction, run over a cache of the rows they read.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use super::connection::Connection;
use super::failure::Failure;
use super::rows::Range;
use super::server_clock::ServerClock;
use crate::Error;
use crate::counters::{Addition, CounterRow, Deltas};
use crate::engine::embedded::tables::is_empty_range;
use crate::engine::write_batch::{Row, WriteBatch};
use crate::engine::{Command, Txn};

/// The longest key that the database's index takes, with something to spare.
const LONGEST_KEY: usize = 2600;

/// What the commands of one transaction have read and written so far.
#[derive(Debug)]
pub(super) struct Batch {
    connection: Arc<Connection>,
    clock: Arc<ServerClock>,
    /// Rows as the database has them.
    cache: HashMap<Bytes, Option<Bytes>>,
    pub(super) changes: Changes,
    bytes: usize,
    /// The database's time, once it was asked for.
    pub(super) now_ms: Option<i64>,
    /// Why the transaction is of no use any more.
    failure: Option<Failure>,
    misses: u64,
}

/// What the commands change.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) rows: WriteBatch,
    /// Rows of counters that were written: what was added before does not count any more.
    pub(super) resets: BTreeSet<Bytes>,
    pub(super) added: BTreeMap<Bytes, Deltas>,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.added.is_empty()
    }
}

impl Batch {
    pub(super) fn new(connection: Arc<Connection>, clock: &Arc<ServerClock>) -> Self {
        Self {
            connection,
            clock: Arc::clone(clock),
            cache: HashMap::new(),
            changes: Changes::default(),
            bytes: 0,
            now_ms: None,
            failure: None,
            misses: 0,
        }
    }

    /// Returns a row that the database has and that was read.
    pub(super) fn found(&self, key: &[u8]) -> Option<Bytes> {
        self.cache.get(key)?.clone()
    }

    /// Reads rows that were not read, in one exchange.
    pub(super) async fn prefetch(&mut self, named: Vec<Bytes>) -> Result<(), Failure> {
        let is_new = |key: &Bytes| CounterRow::of(key).is_none() && !self.cache.contains_key(key);
        let keys: BTreeSet<Bytes> = named.into_iter().filter(is_new).collect();
        if keys.is_empty() {
            return Ok(());
        }
        self.misses += 1;
        let wanted: Vec<&[u8]> = keys.iter().map(AsRef::as_ref).collect();
        let rows = self.connection.get_many(&wanted).await?;
        self.prefetched(&keys, rows);
        Ok(())
    }

    /// Remembers rows that the database has or lacks.
    pub(super) fn prefetched(&mut self, keys: &BTreeSet<Bytes>, rows: Vec<Row>) {
        self.cache.extend(keys.iter().map(|key| (key.clone(), None)));
        self.cache.extend(rows.into_iter().map(|(key, value)| (key, Some(value))));
    }

    /// Runs a command and keeps its writes if it succeeds.
    pub(super) async fn run<C: Command>(&mut self, command: &C) -> Result<C::Output, Error> {
        let mut txn = BatchTxn { batch: self, own: WriteBatch::new(), added: Vec::new() };
        let output = command.run(&mut txn).await?;
        let BatchTxn { own, added, .. } = txn;
        if own.keys().any(|key| key.len() > LONGEST_KEY) {
            return Err(Error::InvalidName { reason: "it is too long" });
        }
        self.keep(own, added);
        Ok(output)
    }

    /// About how many bytes were written.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Counts the looks at the database that the commands waited for one by one.
    pub(super) fn misses(&self) -> u64 {
        self.misses
    }

    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    fn keep(&mut self, own: WriteBatch, added: Vec<(Bytes, Addition)>) {
        for (key, value) in own {
            self.bytes += key.len() + value.as_ref().map_or(0, Bytes::len);
            if CounterRow::of(&key).is_some() {
                self.changes.added.remove(&key);
                self.changes.resets.insert(key.clone());
            }
            self.changes.rows.insert(key, value);
        }
        for (key, addition) in added {
            addition.add_to(self.changes.added.entry(key).or_default());
        }
    }

    /// Returns a row with the changes of earlier commands.
    async fn get(&mut self, key: &[u8]) -> Result<Option<Bytes>, Failure> {
        let row = match self.changes.rows.get(key).or_else(|| self.cache.get(key)) {
            Some(row) => row.clone(),
            None => {
                self.misses += 1;
                let row = self.connection.get(key).await?;
                self.cache.insert(Bytes::copy_from_slice(key), row.clone());
                row
            }
        };
        match (CounterRow::of(key), self.changes.added.get(key)) {
            (Some(kind), Some(deltas)) => {
                kind.with(row.as_deref(), deltas).map(Some).map_err(Failure::Refused)
            }
            _ => Ok(row),
        }
    }

    async fn now_ms(&mut self) -> Result<i64, Failure> {
        if let Some(now_ms) = self.now_ms {
            return Ok(now_ms);
        }
        self.misses += 1;
        let now_ms = self.connection.now_ms().await?;
        self.now_ms = Some(now_ms);
        Ok(now_ms)
    }

    async fn scan(
        &mut self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> Result<WriteBatch, Failure> {
        self.misses += 1;
        let changed = self.changes.rows.range::<[u8], _>((from, to)).count();
        let limit = limit.saturating_add(changed);
        let below = self.connection.scan(&Range::new(from, to), limit).await?;
        let mut merged: WriteBatch = below.into_iter().map(|(key, value)| (key, Some(value))).collect();
        let changes = self.changes.rows.range::<[u8], _>((from, to));
        merged.extend(changes.map(|(key, value)| (key.clone(), value.clone())));
        for (key, deltas) in self.changes.added.range::<[u8], _>((from, to)) {
            let Some(kind) = CounterRow::of(key) else { continue };
            let row = merged.get(key).and_then(Option::as_deref);
            let row = kind.with(row, deltas).map_err(Failure::Refused)?;
            merged.insert(key.clone(), Some(row));
        }
        Ok(merged)
    }

    /// Remembers a failure, after which nothing that the commands answer counts.
    fn fail(&mut self, failure: Failure) -> Error {
        let error = match &failure {
            Failure::Refused(error) => error.clone(),
            Failure::Conflict | Failure::Lost(_) => Error::Busy,
        };
        self.failure.get_or_insert(failure);
        error
    }
}

/// The transaction of one command of a batch.
#[derive(Debug)]
struct BatchTxn<'a> {
    batch: &'a mut Batch,
    own: WriteBatch,
    added: Vec<(Bytes, Addition)>,
}

impl Txn for BatchTxn<'_> {
    async fn get(&mut self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        if self.added.iter().any(|(of, _)| of == key) {
            return Err(Error::corrupt("a command reads counters that it adds to"));
        }
        if let Some(value) = self.own.get(key) {
            return Ok(value.clone());
        }
        let row = self.batch.get(key).await;
        row.map_err(|failure| self.batch.fail(failure))
    }

    async fn scan(&mut self, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>, Error> {
        if is_empty_range(from, to) {
            return Ok(Vec::new());
        }
        let own = self.own.range::<[u8], _>((from, to)).count();
        let merged = self.batch.scan(from, to, limit.saturating_add(own)).await;
        let mut merged = merged.map_err(|failure| self.batch.fail(failure))?;
        merged.extend(self.own.range::<[u8], _>((from, to)).map(|(k, v)| (k.clone(), v.clone())));
        Ok(merged.into_iter().filter_map(|(key, value)| Some((key, value?))).take(limit).collect())
    }

    async fn now_ms(&mut self, callers_ms: i64) -> Result<i64, Error> {
        if self.batch.clock.is_callers() {
            return Ok(callers_ms);
        }
        let now_ms = self.batch.now_ms().await;
        now_ms.map_err(|failure| self.batch.fail(failure))
    }

    fn put(&mut self, key: Bytes, value: Bytes) {
        self.own.insert(key, Some(value));
    }

    fn delete(&mut self, key: Bytes) {
        self.own.insert(key, None);
    }

    async fn add(&mut self, key: Bytes, addition: Addition) -> Result<(), Error> {
        match self.own.get_mut(&key) {
            Some(row) => *row = Some(addition.to_row(row.as_deref())?),
            None => self.added.push((key, addition)),
        }
        Ok(())
    }
}
