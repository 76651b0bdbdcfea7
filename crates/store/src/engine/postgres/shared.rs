//! What the lanes and readers of the engine share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use tokio::sync::RwLock;

use super::connection::Target;
use super::queue::Queue;
use super::readers::Readers;
use super::server_clock::ServerClock;
use crate::Durability;
use crate::engine::CommitObserver;
use crate::engine::embedded::snapshot_tracker::SnapshotTracker;
use crate::health::{Condition, Counters};
use crate::lock::FolderLock;

/// What the engine needs of the store around it.
#[derive(Debug)]
pub(crate) struct PostgresSetup {
    pub(crate) condition: Arc<Condition>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) observer: CommitObserver,
    pub(crate) durability: Durability,
    pub(crate) lazy_delay: Duration,
    /// The folder that is ours until the engine ends, if there is one.
    pub(super) _lock: Option<FolderLock>,
}

/// What lanes and readers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) target: Target,
    pub(super) queue: Queue,
    pub(super) readers: Readers,
    pub(super) setup: PostgresSetup,
    /// The database's.
    pub(super) server_clock: Arc<ServerClock>,
    pub(super) views: SnapshotTracker,
    /// Grows with every look at what no earlier view may refer to.
    pub(super) clock: AtomicU64,
    /// Held alone by a batch that is run again, so that it does not lose against others of this node once more.
    pub(super) turn: RwLock<()>,
    /// Whether a blob was kept as nobody knows whether its commit happened.
    pub(super) has_left_unknown: AtomicBool,
}
