//! The store as callers hold it: opening, closing, health. The operations are in the files below, one a group.

mod buckets;
mod deliveries;
mod objects;
mod pending_uploads;
mod settings;
mod uploads;

use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use crate::command::{CountDeliveries, CountObjects, ReleaseLeases};
use crate::committer::{Committer, Setup};
use crate::data::{DataPath, Hashers, ReadPlan, Reader, Source, Upload};
use crate::disk::{Disk, RealDisk};
use crate::due::DueFloor;
use crate::file::DataFiles;
use crate::folder::{self, Folder};
use crate::health::{Condition, Counters};
use crate::id::IdSource;
use crate::key::{self, Tag};
use crate::log::{Log, LogSetup};
use crate::queued_updates::QueuedUpdates;
use crate::reclaim::Reclaimer;
use crate::record::{LEASED, are_old_counts, counts_classes};
use crate::snapshot::Snapshot;
use crate::tables::Tables;
use crate::txn::Command;
use crate::{Durability, Error, Object, ObjectFields, OpenError, StoreOptions};
use settings::Settings;

/// Rows of the journal looked through at once when the store is opened.
const RELEASED_AT_ONCE: usize = 4096;

/// A store in one folder. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    parts: Arc<StoreParts>,
}

/// What a store is made of.
#[derive(Debug)]
pub(crate) struct StoreParts {
    folder: Folder,
    /// First of those with threads, so that it ends before what it uses.
    reclaimer: Reclaimer,
    committer: Arc<Committer>,
    pub(crate) tables: Arc<Tables>,
    pub(crate) files: Arc<DataFiles>,
    data_path: Arc<DataPath>,
    condition: Arc<Condition>,
    counters: Arc<Counters>,
    ids: Arc<IdSource>,
    due: Arc<DueFloor>,
    queued_updates: Arc<QueuedUpdates>,
    settings: Settings,
}

/// Whether the store takes writes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// It does.
    Good,
    /// Writes fail for now, such as for lack of space; they resume by themselves.
    Impaired {
        /// Why.
        reason: String,
    },
    /// Writes are refused until the store is opened again.
    Poisoned {
        /// The failure that led to it.
        reason: String,
    },
}

/// Figures for dashboards. Counters start at 0 when the store is opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figures {
    /// Batches that were committed.
    pub commits: u64,
    /// Changes in them.
    pub commands: u64,
    /// Bytes written to the log.
    pub log_bytes: u64,
    /// Time spent syncing the log, in microseconds.
    pub sync_us: u64,
}

impl Store {
    /// Opens the store in the folder, creating it if it is empty or missing.
    ///
    /// # Errors
    /// When the folder is in use, damaged, of a newer format, or the disk fails.
    #[expect(clippy::needless_pass_by_value, reason = "options are made for one call")]
    pub fn open(dir: &Path, options: StoreOptions) -> Result<Self, OpenError> {
        Self::open_on(dir, &options, Arc::new(RealDisk), None)
    }

    /// Opens a store on another disk, or with other tables.
    pub(crate) fn open_on(
        dir: &Path,
        options: &StoreOptions,
        disk: Arc<dyn Disk>,
        tables: Option<Tables>,
    ) -> Result<Self, OpenError> {
        let (folder, lock) = folder::open(&disk, dir)?;
        let ids = Arc::new(IdSource::new());
        let tables = match tables {
            Some(tables) => Arc::new(tables),
            None => Arc::new(Tables::open_lsm(&dir.join("index"), options.cache_bytes)?),
        };
        let mut replayed = 0_u64;
        let setup = LogSetup {
            disk: &disk,
            dir: &dir.join("log"),
            segment_bytes: options.log_segment_bytes,
            relaxed: options.durability == Durability::Relaxed,
            fresh_salt: ids.salt(),
        };
        let log = Log::open(&setup, &mut |seqno, rows| {
            tables.replay(seqno, &rows);
            replayed += 1;
            Ok(())
        })?;
        if replayed > 0 {
            tracing::info!(batches = replayed, "read the log an earlier process left");
        }
        let condition = Arc::new(Condition::default());
        let counters = Arc::new(Counters::default());
        let files = DataFiles::open(disk, dir, options)
            .map_err(|e| OpenError::io(format!("opening the data files in {}", dir.display()), e))?;
        let files = Arc::new(files);
        let settings = Settings::default();
        let due = Arc::new(DueFloor::new());
        let committer = Arc::new(Committer::start(Setup {
            tables: Arc::clone(&tables),
            log,
            condition: Arc::clone(&condition),
            counters: Arc::clone(&counters),
            ids: Arc::clone(&ids),
            files: Arc::clone(&files),
            settings_epoch: settings.epoch(),
            due: Arc::clone(&due),
            durability: options.durability,
            lazy_delay: options.lazy_delay,
            lock,
        })?);
        count_deliveries(&tables, &committer)?;
        release_leases(&tables, &committer)?;
        count_objects(&tables, &committer)?;
        let data_path = Arc::new(DataPath {
            files: Arc::clone(&files),
            hashers: Arc::new(Hashers::start()?),
            ids: Arc::clone(&ids),
            condition: Arc::clone(&condition),
            inline_limit: options.inline_limit,
            large: Arc::default(),
        });
        let reclaimer = Reclaimer::start(
            Source { tables: Arc::clone(&tables), files: Arc::clone(&files) },
            Arc::clone(&committer),
            options.reclaim_interval,
            folder.may_have_orphans(),
        )?;
        let parts = StoreParts {
            folder,
            reclaimer,
            committer,
            tables,
            files,
            data_path,
            condition,
            counters,
            ids,
            due,
            queued_updates: Arc::default(),
            settings,
        };
        Ok(Self { parts: Arc::new(parts) })
    }

    /// Takes no more writes, waits for those that wait, and leaves the folder ready for a quick start.
    pub async fn close(&self) {
        let parts = Arc::clone(&self.parts);
        let closed = tokio::task::spawn_blocking(move || {
            parts.reclaimer.stop();
            let is_in_order = parts.committer.close() && !parts.reclaimer.has_orphans_to_find();
            if is_in_order && parts.files.sync_removals().is_ok() {
                parts.folder.mark_clean();
            }
        });
        let _ = closed.await;
    }

    /// Whether the store takes writes.
    #[must_use]
    pub fn health(&self) -> Health {
        self.parts.condition.health()
    }

    /// The bytes that are free on the disk for this store, and all it has.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn disk_space(&self) -> Result<(u64, u64), Error> {
        self.parts.files.space()
    }

    /// Figures for dashboards.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.parts.counters.figures()
    }

    /// How many data files and manifests of deleted content wait to be removed, in the background.
    ///
    /// # Errors
    /// Failures of the disk.
    pub fn reclaim_queue(&self) -> Result<usize, Error> {
        let from = key::whole(Tag::Reclaim);
        let to = key::after_prefix(&from);
        let keys = self.snapshot().keys(Bound::Included(&from), Bound::Excluded(&to), usize::MAX)?;
        Ok(keys.len())
    }

    /// Begins to take data. `size_hint` is the length if it is known.
    #[must_use]
    pub fn upload(&self, size_hint: Option<u64>) -> Upload {
        Upload::new(Arc::clone(&self.parts.data_path), size_hint)
    }

    /// Reads a range of an object, cut to its size. Small content is at hand at once; the rest is read in pieces,
    /// one ahead.
    #[must_use]
    pub fn read(&self, object: &Object, range: std::ops::Range<u64>) -> Reader {
        let ObjectFields { data, size, .. } = &object.fields;
        let moment = object.snapshot.as_deref();
        Reader::new(ReadPlan { source: self.source(), data, size: *size, moment, range })
    }

    /// Whether looking objects up and reading small content has waited for the disk lately. A caller that must not block
    /// does well to have that done on another thread then; else it takes a few microseconds.
    #[must_use]
    pub fn waits_for_disk(&self) -> bool {
        self.parts.tables.waits_for_disk()
    }

    pub(crate) fn source(&self) -> Source {
        Source { tables: Arc::clone(&self.parts.tables), files: Arc::clone(&self.parts.files) }
    }

    pub(crate) fn parts(&self) -> &StoreParts {
        &self.parts
    }

    pub(crate) async fn commit<C: Command>(&self, command: C) -> Result<C::Output, Error> {
        self.parts.committer.commit(command, None).await
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::take(&self.parts.tables)
    }

    fn require_bucket(&self, name: &str) -> Result<(), Error> {
        match self.bucket(name)? {
            Some(_) => Ok(()),
            None => Err(Error::NoSuchBucket),
        }
    }
}

/// Converts the counts of earlier versions, in whose folders pending deliveries need not be scheduled.
fn count_deliveries(tables: &Tables, committer: &Committer) -> Result<(), OpenError> {
    let row = tables.get_newest(&key::delivery_counts())?;
    if row.is_some_and(|row| are_old_counts(&row)) {
        tracing::info!("counting the deliveries of the journal, once");
        commit_at_opening(committer, CountDeliveries)?;
    }
    Ok(())
}

/// Ends all leases: whoever held them had the lock of this folder, and is gone. Without it they would end by themselves, so
/// that a full disk does not keep the store from being opened.
fn release_leases(tables: &Arc<Tables>, committer: &Committer) -> Result<(), OpenError> {
    let from = key::whole(Tag::DeliveryDue);
    let end = key::after_prefix(&from);
    let snapshot = Snapshot::take(tables);
    let mut from = Bound::Included(from);
    loop {
        let scheduled =
            snapshot.scan(from.as_ref().map(AsRef::as_ref), Bound::Excluded(&end), RELEASED_AT_ONCE)?;
        let Some((last, _)) = scheduled.last() else { return Ok(()) };
        from = Bound::Excluded(last.clone());
        let leased = scheduled.into_iter().filter(|(_, value)| value == LEASED);
        let rows: Vec<_> = leased.map(|(key, _)| key).collect();
        if rows.is_empty() {
            continue;
        }
        tracing::info!(deliveries = rows.len(), "deliveries of an earlier process are free to be taken over");
        if let Err(error) = commit_at_opening(committer, ReleaseLeases { rows }) {
            tracing::warn!(%error, "cannot end the leases of an earlier process");
            return Ok(());
        }
    }
}

/// Folders of the first versions do not tell what buckets hold by class of storage.
fn count_objects(tables: &Arc<Tables>, committer: &Committer) -> Result<(), OpenError> {
    let base = key::whole(Tag::Stat);
    let end = key::after_prefix(&base);
    let rows = Snapshot::take(tables).scan(Bound::Included(&base), Bound::Excluded(&end), usize::MAX)?;
    let old = rows.iter().filter(|(_, row)| !counts_classes(row));
    let buckets: Vec<String> =
        old.map(|(key, _)| key::text_after(key, &base).map(str::to_owned)).collect::<Result<_, _>>()?;
    if !buckets.is_empty() {
        tracing::info!(buckets = buckets.len(), "counting objects by class of storage, once");
        commit_at_opening(committer, CountObjects { buckets })?;
    }
    Ok(())
}

/// Commits while the store is being opened: a thread of an asynchronous runtime may do that, and must not block.
fn commit_at_opening<C: Command>(committer: &Committer, command: C) -> Result<C::Output, Error> {
    std::thread::scope(|scope| {
        scope.spawn(|| committer.commit_blocking(command)).join().unwrap_or(Err(Error::Closed))
    })
}
