//! The embedded engine: trees of rows in files, a write-ahead log, and threads that make batches of commands durable.

mod batch;
mod committer;
pub(crate) mod snapshot;
pub(crate) mod snapshot_tracker;
pub(crate) mod tables;
mod versions;
mod wal;

use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot::Receiver;
use tracing::Span;

use super::{Command, CommitObserver, Query, View};
use crate::blobs::{BlobGuard, Upkeep};
use crate::disk::Disk;
use crate::health::{Condition, Counters};
use crate::id::IdSource;
use crate::lock::FolderLock;
use crate::version_row::VersionRow;
use crate::{Durability, Error, OpenError, StoreOptions};
use batch::Batch;
use committer::{Committer, Setup};
use snapshot::Snapshot;
use tables::Tables;
use versions::Versions;
use wal::{Wal, WalSetup};

/// The engine in one data folder.
#[derive(Debug)]
pub(crate) struct Embedded {
    tables: Arc<Tables>,
    committer: Committer,
    versions: Arc<Versions>,
}

/// What the engine needs of the store around it.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) condition: Arc<Condition>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) ids: Arc<IdSource>,
    pub(crate) upkeep: Upkeep,
    pub(crate) observer: CommitObserver,
    pub(crate) lock: Option<FolderLock>,
}

impl Embedded {
    /// Opens the engine in the folder, replaying what the write-ahead log holds of an earlier process. Tests bring tables
    /// of their own.
    pub(crate) fn open(
        dir: &Path,
        options: &StoreOptions,
        around: Surroundings,
        tables: Option<Tables>,
    ) -> Result<Self, OpenError> {
        let tables = match tables {
            Some(tables) => Arc::new(tables),
            None => Arc::new(Tables::open_lsm(&dir.join("index"), options.cache_bytes)?),
        };
        let mut replayed = 0_u64;
        let setup = WalSetup {
            disk: &around.disk,
            dir: &dir.join("log"),
            segment_bytes: options.log_segment_bytes,
            relaxed: options.durability == Durability::Relaxed,
            fresh_salt: around.ids.salt(),
        };
        let wal = Wal::open(&setup, &mut |seqno, batch| {
            tables.replay(seqno, &batch);
            replayed += 1;
            Ok(())
        })?;
        if replayed > 0 {
            tracing::info!(batches = replayed, "replayed the write-ahead log of an earlier process");
        }
        let versions = Arc::new(Versions::read(&tables)?);
        let committer = Committer::start(Setup {
            tables: Arc::clone(&tables),
            versions: Arc::clone(&versions),
            wal,
            around,
            durability: options.durability,
            lazy_delay: options.lazy_delay,
        })?;
        Ok(Self { tables, committer, versions })
    }

    pub(crate) async fn commit<C: Command>(
        &self,
        command: C,
        guard: Option<BlobGuard>,
    ) -> Result<C::Output, Error> {
        self.committer.commit(command, guard).await
    }

    pub(crate) fn commit_blocking<C: Command>(&self, command: C) -> Result<C::Output, Error> {
        self.committer.commit_blocking(command)
    }

    pub(crate) fn commit_lazily<C: Command>(
        &self,
        command: C,
    ) -> Result<Receiver<Result<C::Output, Error>>, Error> {
        self.committer.commit_lazily(command)
    }

    pub(crate) async fn dry_run<C: Command>(&self, command: C) -> Result<C::Output, Error> {
        let tables = Arc::clone(&self.tables);
        blocking(move || Batch::dry(tables).run(&command)).await
    }

    pub(crate) async fn query<Q: Query>(&self, query: Q) -> Result<Q::Output, Error> {
        if !query.is_long() && !self.tables.waits_for_disk() {
            return self.query_blocking(&query);
        }
        let tables = Arc::clone(&self.tables);
        blocking(move || answer(&tables, &query)).await
    }

    pub(crate) fn query_blocking<Q: Query>(&self, query: &Q) -> Result<Q::Output, Error> {
        answer(&self.tables, query)
    }

    pub(crate) fn version_at_hand(&self, row: VersionRow) -> Option<u64> {
        self.versions.get(row)
    }

    pub(crate) fn oldest_view(&self) -> u64 {
        self.tables.oldest_view()
    }

    pub(crate) fn close(&self) -> bool {
        self.committer.close()
    }

    #[cfg(test)]
    pub(crate) fn tables(&self) -> &Arc<Tables> {
        &self.tables
    }
}

fn answer<Q: Query>(tables: &Arc<Tables>, query: &Q) -> Result<Q::Output, Error> {
    poll_ready(query.run(&View::Embedded(Snapshot::take(tables))))?
}

/// Does work that may wait for the disk on a blocking thread.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let span = Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(work)).await.unwrap_or(Err(Error::Closed))
}

/// Runs a future that has nothing to wait for.
fn poll_ready<F: Future>(future: F) -> Result<F::Output, Error> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err(Error::corrupt("an embedded transaction had to wait")),
    }
}
