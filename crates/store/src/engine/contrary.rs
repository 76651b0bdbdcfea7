//! An engine that is slow, with conflicts and repetitions at random: it stands for a shared one in tests.
//!
//! Its rows are in memory, and outlive the store as those of a database do: whoever opens an engine with the same name finds
//! them. Every look waits, now and then for long. Commands run side by side and are run again from the start when something
//! that they read has changed since. At random they are run again as well, on the same rows first, where they have to do the
//! same; queries are run twice at random. Commits come in another order than they were asked for in, as far as nobody waited
//! for the earlier one.

use std::collections::BTreeMap;
use std::future::Future;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::oneshot::{self, Receiver};

use super::embedded::Surroundings;
use super::embedded::snapshot_tracker::SnapshotTracker;
use super::embedded::tables::is_empty_range;
use super::write_batch::WriteBatch;
use super::{Command, CommitObserver, Query, Row, Txn, View};
use crate::Error;
use crate::blobs::BlobGuard;
use crate::counters::Addition;
use crate::health::Condition;
use crate::key::Tag;
use crate::lock::FolderLock;
use crate::sync::lock;
use crate::version_row::VersionRow;

/// The engine.
#[derive(Debug)]
pub(crate) struct Contrary {
    shared: Arc<Shared>,
    _lock: Option<FolderLock>,
}

/// The databases there are, by name.
static DATABASES: Mutex<BTreeMap<PathBuf, Arc<Mutex<Rows>>>> = Mutex::new(BTreeMap::new());

#[derive(Debug)]
struct Shared {
    rows: Arc<Mutex<Rows>>,
    closed: AtomicBool,
    /// Commands that were run again since something they had read was changed.
    conflicts: AtomicU64,
    views: SnapshotTracker,
    observer: CommitObserver,
    condition: Arc<Condition>,
    dice: Dice,
}

/// The rows after `version` commits.
#[derive(Debug, Default, Clone)]
struct Rows {
    version: u64,
    /// At which version each row changed last, deleted ones included.
    changed: Arc<BTreeMap<Bytes, u64>>,
    all: Arc<WriteBatch>,
}

/// One state of the rows.
#[derive(Debug)]
pub(crate) struct State {
    shared: Arc<Shared>,
    rows: Rows,
}

impl Contrary {
    /// Opens the engine of this name; `seed` decides what it does when.
    pub(crate) fn open(around: Surroundings, name: &Path, seed: u64) -> Self {
        let mut databases = lock(&DATABASES);
        let shared = Shared {
            rows: Arc::clone(databases.entry(name.to_owned()).or_default()),
            closed: AtomicBool::new(false),
            conflicts: AtomicU64::new(0),
            views: SnapshotTracker::default(),
            observer: around.observer,
            condition: around.condition,
            dice: Dice(AtomicU64::new(seed)),
        };
        Self { shared: Arc::new(shared), _lock: around.lock }
    }

    pub(crate) async fn commit<C: Command>(
        &self,
        command: C,
        guard: Option<BlobGuard>,
    ) -> Result<C::Output, Error> {
        // A caller that stops waiting does not stop the command.
        let (reply, answer) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        let work = async move {
            let result = shared.commit(&command).await;
            match (&result, guard) {
                (Ok(_), Some(guard)) => guard.keep(),
                (_, guard) => drop(guard),
            }
            let _ = reply.send(result);
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(work)),
            Err(_) => work.await,
        }
        answer.await.unwrap_or(Err(Error::Closed))
    }

    pub(crate) fn commit_lazily<C: Command>(&self, command: C) -> Receiver<Result<C::Output, Error>> {
        let (reply, answer) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let result = shared.commit(&command).await;
            drop(command);
            reply.send(result)
        });
        answer
    }

    pub(crate) async fn dry_run<C: Command>(&self, command: C) -> Result<C::Output, Error> {
        command.run(&mut Attempt::new(self.shared.state())).await
    }

    pub(crate) async fn query<Q: Query>(&self, query: &Q) -> Result<Q::Output, Error> {
        if self.shared.dice.roll(4) == 0 {
            let _ = query.run(&View::Contrary(self.shared.state())).await;
        }
        query.run(&View::Contrary(self.shared.state())).await
    }

    pub(crate) fn oldest_view(&self) -> u64 {
        self.shared.views.oldest(|| self.shared.lock().version)
    }

    /// Counts the commands that were run again since something they had read was changed.
    pub(crate) fn conflicts(&self) -> u64 {
        self.shared.conflicts.load(Ordering::Relaxed)
    }

    pub(crate) fn close(&self) -> bool {
        self.shared.closed.store(true, Ordering::Release);
        false
    }
}

impl Shared {
    async fn commit<C: Command>(self: &Arc<Self>, command: &C) -> Result<C::Output, Error> {
        self.hesitate().await;
        loop {
            self.condition.check_space(C::GROWS)?;
            let mut attempt = Attempt::new(self.state());
            let result = command.run(&mut attempt).await;
            if self.dice.roll(3) == 0 {
                if !attempt.is_repeated_by(command, result.err()).await {
                    return Err(Error::corrupt("a command runs differently when it is run again"));
                }
                continue;
            }
            if !self.try_apply(attempt, result.is_ok())? {
                self.conflicts.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            self.hesitate().await;
            return result;
        }
    }

    /// Applies changes to the rows unless something that the attempt has read changed since. Even a refusal has to rest on
    /// what is there.
    fn try_apply(&self, attempt: Attempt, succeeded: bool) -> Result<bool, Error> {
        let mut rows = self.lock();
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::Closed);
        }
        if attempt.has_read_what_changed(&rows) {
            return Ok(false);
        }
        let mut own = attempt.own;
        for (key, addition) in attempt.additions {
            let row = own.get(&key).cloned().unwrap_or_else(|| rows.all.get(&key).cloned().flatten());
            own.insert(key, Some(addition.to_row(row.as_deref())?));
        }
        if changes_settings(&own) && !own.contains_key(&VersionRow::Settings.key()) {
            return Err(Error::corrupt("a command changes settings and not their version"));
        }
        if succeeded && !own.is_empty() {
            rows.version += 1;
            let version = rows.version;
            let all = Arc::make_mut(&mut rows.all);
            for (key, value) in &own {
                match value {
                    Some(value) => drop(all.insert(key.clone(), Some(value.clone()))),
                    None => drop(all.remove(key)),
                }
            }
            let changed = Arc::make_mut(&mut rows.changed);
            changed.extend(own.keys().map(|key| (key.clone(), version)));
            self.observer.committed(&own);
        }
        Ok(true)
    }

    fn state(self: &Arc<Self>) -> State {
        let mut rows = Rows::default();
        self.views.acquire(|| {
            rows = self.lock().clone();
            rows.version
        });
        State { shared: Arc::clone(self), rows }
    }

    /// Lets others go first, now and then many of them.
    async fn hesitate(&self) {
        let turns = match self.dice.roll(16) {
            0 => 40,
            1..4 => 3,
            _ => 0,
        };
        Turns(turns).await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Rows> {
        lock(&self.rows)
    }
}

impl State {
    pub(crate) async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        self.shared.hesitate().await;
        Ok(self.rows.all.get(key).cloned().flatten())
    }

    pub(crate) async fn scan(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Row>, Error> {
        self.shared.hesitate().await;
        if is_empty_range(from, to) {
            return Ok(Vec::new());
        }
        let rows = self.rows.all.range::<[u8], _>((from, to));
        Ok(rows.filter_map(|(key, value)| Some((key.clone(), value.clone()?))).take(limit).collect())
    }

    pub(crate) fn seqno(&self) -> u64 {
        self.rows.version
    }

    /// Returns the same rows once more.
    fn again(&self) -> Self {
        let rows = self.rows.clone();
        self.shared.views.acquire(|| rows.version);
        Self { shared: Arc::clone(&self.shared), rows }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.shared.views.release(self.rows.version);
    }
}

/// One attempt to run a command: what it has read, and what it would change.
struct Attempt {
    state: State,
    own: WriteBatch,
    additions: Vec<(Bytes, Addition)>,
    keys_read: Vec<Bytes>,
    ranges_read: Vec<(Bound<Bytes>, Bound<Bytes>)>,
}

impl Attempt {
    fn new(state: State) -> Self {
        Self {
            state,
            own: WriteBatch::new(),
            additions: Vec::new(),
            keys_read: Vec::new(),
            ranges_read: Vec::new(),
        }
    }

    /// Runs the command again on the same rows, and tells whether it does the same to them and fails in the same way.
    async fn is_repeated_by<C: Command>(&self, command: &C, error: Option<Error>) -> bool {
        let mut again = Self::new(self.state.again());
        let repeated = command.run(&mut again).await;
        repeated.err() == error && again.own == self.own && again.additions == self.additions
    }

    fn has_read_what_changed(&self, rows: &Rows) -> bool {
        let base = self.state.rows.version;
        let is_newer = |version: &u64| *version > base;
        self.keys_read.iter().any(|key| rows.changed.get(key).is_some_and(is_newer))
            || self.ranges_read.iter().any(|range| {
                rows.changed.range::<Bytes, _>(range.clone()).any(|(_, version)| is_newer(version))
            })
    }
}

impl Txn for Attempt {
    async fn get(&mut self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        if self.additions.iter().any(|(of, _)| of == key) {
            return Err(Error::corrupt("a command reads counters that it adds to"));
        }
        if let Some(value) = self.own.get(key) {
            return Ok(value.clone());
        }
        self.keys_read.push(Bytes::copy_from_slice(key));
        self.state.get(key).await
    }

    async fn scan(&mut self, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>, Error> {
        if is_empty_range(from, to) {
            return Ok(Vec::new());
        }
        let owned = |bound: Bound<&[u8]>| bound.map(Bytes::copy_from_slice);
        self.ranges_read.push((owned(from), owned(to)));
        let mut merged: WriteBatch = self
            .state
            .scan(from, to, usize::MAX)
            .await?
            .into_iter()
            .map(|(key, value)| (key, Some(value)))
            .collect();
        merged.extend(self.own.range::<[u8], _>((from, to)).map(|(k, v)| (k.clone(), v.clone())));
        Ok(merged.into_iter().filter_map(|(key, value)| Some((key, value?))).take(limit).collect())
    }

    fn put(&mut self, key: Bytes, value: Bytes) {
        self.own.insert(key, Some(value));
    }

    fn delete(&mut self, key: Bytes) {
        self.own.insert(key, None);
    }

    async fn add(&mut self, key: Bytes, addition: Addition) -> Result<(), Error> {
        self.additions.push((key, addition));
        Ok(())
    }
}

/// Numbers that look random (splitmix64).
#[derive(Debug)]
struct Dice(AtomicU64);

impl Dice {
    fn roll(&self, sides: u64) -> u64 {
        let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }
}

fn changes_settings(rows: &WriteBatch) -> bool {
    let tags = [Tag::Bucket as u8, Tag::Document as u8];
    rows.keys().any(|key| key.first().is_some_and(|tag| tags.contains(tag)))
}

/// Waits for so many turns of the scheduler.
struct Turns(u32);

impl Future for Turns {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
