//! The engine: where rows live, in key order, and how they are changed and read.
//!
//! A change is a [`Command`] and a read is a [`Query`]: values that the engine runs where and when it likes, perhaps
//! several times. Nothing outside of this folder knows trees, write-ahead logs, sequence numbers of commits or which
//! thread may wait for a disk. The embedded engine answers short queries on the thread that asks and long ones, or all
//! of them while the disk is slow, on a blocking thread; an engine over a network would simply wait.

mod block_on;
mod command;
#[cfg(test)]
pub(crate) mod contrary;
pub(crate) mod embedded;
mod observer;
pub(crate) mod postgres;
mod query;
mod view;
pub(crate) mod write_batch;

pub(crate) use command::{Command, FoundRows, Txn};
pub(crate) use observer::CommitObserver;
pub(crate) use query::Query;
pub(crate) use view::View;
pub(crate) use write_batch::Row;

use std::future::Future;

use crate::Error;
use crate::blobs::BlobGuard;
use crate::lease_clock::ClockShift;
use crate::version_row::VersionRow;
use block_on::block_on;
use embedded::Embedded;
use postgres::Postgres;

/// The engines. What waits for a database is boxed wherever they part: a request's future has room for its largest branch
/// and is moved as a whole, which would make requests over the embedded engine pay for what they never do.
#[derive(Debug)]
pub(crate) enum Engine {
    /// Trees and a write-ahead log in the data folder.
    Embedded(Embedded),
    /// Tables in a database that speaks PostgreSQL, which other nodes read and write too.
    Postgres(Postgres),
    /// Slow, in memory, with conflicts and repetitions at random: it stands for a shared one in tests.
    #[cfg(test)]
    Contrary(contrary::Contrary),
}

impl Engine {
    /// Runs a command and waits until its changes are durable and visible. If the caller stops waiting, the command
    /// happens all the same. `guard` is a blob the command takes in: it stays if the command succeeds.
    pub(crate) async fn commit<C: Command>(
        &self,
        command: C,
        guard: Option<BlobGuard>,
    ) -> Result<C::Output, Error> {
        match self {
            Self::Embedded(engine) => engine.commit(command, guard).await,
            Self::Postgres(engine) => Box::pin(engine.commit(command, guard)).await,
            #[cfg(test)]
            Self::Contrary(engine) => engine.commit(command, guard).await,
        }
    }

    /// Does the same on a thread that may block.
    pub(crate) fn commit_blocking<C: Command>(&self, command: C) -> Result<C::Output, Error> {
        match self {
            Self::Embedded(engine) => engine.commit_blocking(command),
            Self::Postgres(engine) => block_on(engine.commit(command, None)),
            #[cfg(test)]
            Self::Contrary(engine) => block_on(engine.commit(command, None)),
        }
    }

    /// Queues a command that may wait for others, so that it hardly ever costs a sync of its own. The future tells how it
    /// went; dropping it changes nothing.
    pub(crate) fn commit_lazily<C: Command>(
        &self,
        command: C,
    ) -> Result<impl Future<Output = Result<C::Output, Error>> + Send + use<C>, Error> {
        let answer = match self {
            Self::Embedded(engine) => engine.commit_lazily(command)?,
            Self::Postgres(engine) => engine.commit_lazily(command)?,
            #[cfg(test)]
            Self::Contrary(engine) => engine.commit_lazily(command),
        };
        Ok(async move { answer.await.unwrap_or(Err(Error::Closed)) })
    }

    /// Runs a command and forgets its changes: tells what it would come to.
    pub(crate) async fn dry_run<C: Command>(&self, command: C) -> Result<C::Output, Error> {
        match self {
            Self::Embedded(engine) => engine.dry_run(command).await,
            Self::Postgres(engine) => Box::pin(engine.dry_run(command)).await,
            #[cfg(test)]
            Self::Contrary(engine) => engine.dry_run(command).await,
        }
    }

    /// Answers a query from the rows as they are after some commit, the same for the whole of it.
    pub(crate) async fn query<Q: Query>(&self, query: Q) -> Result<Q::Output, Error> {
        match self {
            Self::Embedded(engine) => engine.query(query).await,
            Self::Postgres(engine) => Box::pin(engine.query(&query)).await,
            #[cfg(test)]
            Self::Contrary(engine) => engine.query(&query).await,
        }
    }

    /// Does the same on a thread that may block.
    pub(crate) fn query_blocking<Q: Query>(&self, query: &Q) -> Result<Q::Output, Error> {
        match self {
            Self::Embedded(engine) => engine.query_blocking(query),
            Self::Postgres(engine) => block_on(engine.query(query)),
            #[cfg(test)]
            Self::Contrary(engine) => block_on(engine.query(query)),
        }
    }

    /// Returns the version in a row if the engine knows it without looking: where others may have changed it, it is to be
    /// looked up.
    pub(crate) fn version_at_hand(&self, row: VersionRow) -> Option<u64> {
        match self {
            Self::Embedded(engine) => engine.version_at_hand(row),
            Self::Postgres(_) => None,
            #[cfg(test)]
            Self::Contrary(_) => None,
        }
    }

    /// Returns about the time by the clock that leases go by, where the caller's clock says `callers_ms`. Who has a lease is
    /// decided by the commands, which know it.
    pub(crate) fn lease_now_ms(&self, callers_ms: i64) -> i64 {
        match self {
            Self::Postgres(engine) => engine.lease_now_ms().unwrap_or(callers_ms),
            Self::Embedded(_) => callers_ms,
            #[cfg(test)]
            Self::Contrary(_) => callers_ms,
        }
    }

    /// Tells how far the clock of leases is ahead of this machine's, about.
    pub(crate) fn clock_shift(&self) -> ClockShift {
        match self {
            Self::Postgres(engine) => engine.clock_shift(),
            Self::Embedded(_) => ClockShift::default(),
            #[cfg(test)]
            Self::Contrary(_) => ClockShift::default(),
        }
    }

    /// Tells whether others change the rows as well.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Returns the oldest state that a query under way looks at, in the numbers of [`View::seqno`]; without one, the present.
    pub(crate) fn oldest_view(&self) -> u64 {
        match self {
            Self::Embedded(engine) => engine.oldest_view(),
            Self::Postgres(engine) => engine.oldest_view(),
            #[cfg(test)]
            Self::Contrary(engine) => engine.oldest_view(),
        }
    }

    /// Takes no more commands, waits for those that wait, and tells whether the next start has nothing to make good.
    pub(crate) fn close(&self) -> bool {
        match self {
            Self::Embedded(engine) => engine.close(),
            Self::Postgres(engine) => engine.close(),
            #[cfg(test)]
            Self::Contrary(engine) => engine.close(),
        }
    }
}
