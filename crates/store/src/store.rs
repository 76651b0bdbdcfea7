//! The store as callers hold it: opening, closing, health. The operations are in the files below, one a group.

mod account;
mod buckets;
mod deliveries;
mod identities;
mod job_leases;
mod nodes;
mod nonces;
mod objects;
mod pending_uploads;
mod reach;
mod secrets;
mod settings;
mod upgrade;
mod uploads;
mod versions;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::blobs::{Blobs, ContentPlace};
use crate::data::{DataPath, Hashers, Keys, ReadPlan, Reader, Source, Upload};
use crate::disk::{Disk, RealDisk};
use crate::due_low_watermark::DueLowWatermark;
use crate::engine::embedded::tables::Tables;
use crate::engine::embedded::{Embedded, Surroundings};
use crate::engine::postgres::{Postgres, PostgresSetup};
use crate::engine::{CommitObserver, Engine};
use crate::folder::{self, Folder};
use crate::health::{Condition, Counters, Figures, Health};
use crate::id::IdSource;
use crate::lock::FolderLock;
use crate::query::ReclaimQueue;
use crate::queued_updates::QueuedUpdates;
use crate::reclaim::Reclaimer;
use crate::{ContentKeys, Error, Object, ObjectFields, OpenError, StoreOptions};
use settings::Settings;

/// A store in one folder. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    parts: Arc<StoreParts>,
}

/// Where what a cluster stores is.
#[derive(Clone)]
pub struct ClusterPlaces {
    /// The database of the metadata: the address of a PostgreSQL database, as `postgres://user@host/name`.
    pub metadata: String,
    /// The place of the content.
    pub data: ContentPlace,
}

/// Without the address of the database, which may have a password.
impl fmt::Debug for ClusterPlaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterPlaces").field("data", &self.data).finish_non_exhaustive()
    }
}

/// What a store is made of.
#[derive(Debug)]
pub(crate) struct StoreParts {
    /// `None` where nothing is kept on this machine.
    folder: Option<Folder>,
    /// First of those with threads, so that it ends before what it uses.
    reclaimer: Reclaimer,
    pub(crate) engine: Arc<Engine>,
    pub(crate) blobs: Blobs,
    data_path: Arc<DataPath>,
    condition: Arc<Condition>,
    counters: Arc<Counters>,
    ids: Arc<IdSource>,
    due: Arc<DueLowWatermark>,
    queued_updates: Arc<QueuedUpdates>,
    settings: Settings,
    /// The account that exists without a row.
    account: Option<String>,
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

    /// Opens the store in the folder, whose content is in a place of its own. The place is marked as this store's.
    ///
    /// # Errors
    /// The same, and [`OpenError::Place`] when the place cannot be used or holds the content of another store.
    pub async fn open_with_content(
        dir: &Path,
        place: &ContentPlace,
        options: StoreOptions,
    ) -> Result<Self, OpenError> {
        let (dir, place) = (dir.to_path_buf(), place.clone());
        let opened = tokio::task::spawn_blocking(move || {
            let open_blobs = |_: &Arc<dyn Disk>| Blobs::in_place(&place, &options);
            Self::open_over(&dir, &options, Arc::new(RealDisk), open_blobs, |around| {
                Ok(Engine::Embedded(Embedded::open(&dir, &options, around, None)?))
            })
        });
        opened.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    /// Opens a store on another disk, or with other tables.
    pub(crate) fn open_on(
        dir: &Path,
        options: &StoreOptions,
        disk: Arc<dyn Disk>,
        tables: Option<Tables>,
    ) -> Result<Self, OpenError> {
        Self::open_with(dir, options, disk, |around| {
            Ok(Engine::Embedded(Embedded::open(dir, options, around, tables)?))
        })
    }

    /// Opens a store on the engine that `open_engine` opens.
    pub(crate) fn open_with(
        dir: &Path,
        options: &StoreOptions,
        disk: Arc<dyn Disk>,
        open_engine: impl FnOnce(Surroundings) -> Result<Engine, OpenError>,
    ) -> Result<Self, OpenError> {
        let open_files = |disk: &Arc<dyn Disk>| {
            Blobs::open_files(Arc::clone(disk), dir, options)
                .map_err(|e| OpenError::io(format!("opening the data files in {}", dir.display()), e))
        };
        Self::open_over(dir, options, disk, open_files, open_engine)
    }

    /// Opens a store over blobs and an engine that are opened on the way.
    pub(crate) fn open_over(
        dir: &Path,
        options: &StoreOptions,
        disk: Arc<dyn Disk>,
        open_blobs: impl FnOnce(&Arc<dyn Disk>) -> Result<Blobs, OpenError>,
        open_engine: impl FnOnce(Surroundings) -> Result<Engine, OpenError>,
    ) -> Result<Self, OpenError> {
        let (folder, lock) = folder::open(&disk, dir)?;
        let blobs = open_blobs(&disk)?;
        Self::assemble(options, disk, Some((folder, lock)), blobs, open_engine)
    }

    /// Opens a store whose rows and content other processes use at the same time, and of which nothing is kept on this machine.
    ///
    /// # Errors
    /// [`OpenError::Database`] when the database is out of reach or may lose what it acknowledges, and [`OpenError::Place`]
    /// when the place of the content cannot be used or belongs to another store.
    pub async fn open_cluster(places: &ClusterPlaces, options: StoreOptions) -> Result<Self, OpenError> {
        let ClusterPlaces { metadata, data } = places.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let is_new = Postgres::is_new(&metadata, &options)?;
            let blobs = Blobs::in_place(&data, &options)?;
            // Where another node was quicker, what it made of both places is no reason to refuse.
            if is_new
                && let Err(refused) = blobs.admit_new_store()
                && Postgres::is_new(&metadata, &options)?
            {
                return Err(refused);
            }
            Self::assemble(&options, Arc::new(RealDisk), None, blobs, |around| {
                let setup = PostgresSetup::new(around, &options);
                Ok(Engine::Postgres(Postgres::open(&metadata, setup)?))
            })
        });
        opened.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    /// Makes a store of blobs and an engine that is opened on the way.
    fn assemble(
        options: &StoreOptions,
        disk: Arc<dyn Disk>,
        place: Option<(Folder, FolderLock)>,
        blobs: Blobs,
        open_engine: impl FnOnce(Surroundings) -> Result<Engine, OpenError>,
    ) -> Result<Self, OpenError> {
        let (folder, lock) = place.unzip();
        let ids = Arc::new(IdSource::new());
        let condition = Arc::new(Condition::default());
        let counters = Arc::new(Counters::default());
        let due = Arc::new(DueLowWatermark::new());
        let engine = Arc::new(open_engine(Surroundings {
            disk,
            condition: Arc::clone(&condition),
            counters: Arc::clone(&counters),
            ids: Arc::clone(&ids),
            upkeep: blobs.upkeep(),
            observer: CommitObserver { due: Arc::clone(&due) },
            lock,
        })?);
        if engine.is_shared() {
            due.stay();
        }
        upgrade::upgrade(&engine)?;
        upgrade::check_in(&engine, &ids, &blobs)?;
        let keys = Keys::default();
        let data_path = Arc::new(DataPath {
            blobs: blobs.clone(),
            keys: keys.clone(),
            hashers: Arc::new(Hashers::start()?),
            ids: Arc::clone(&ids),
            condition: Arc::clone(&condition),
            inline_limit: options.inline_limit,
            large: Arc::default(),
        });
        let reclaimer = Reclaimer::start(
            Source { engine: Arc::clone(&engine), blobs: blobs.clone(), keys },
            options,
            folder.as_ref().is_some_and(Folder::may_have_orphans),
        )?;
        let parts = StoreParts {
            folder,
            reclaimer,
            engine,
            blobs,
            data_path,
            condition,
            counters,
            ids,
            due,
            queued_updates: Arc::default(),
            settings: Settings::default(),
            account: options.account.clone(),
        };
        Ok(Self { parts: Arc::new(parts) })
    }

    /// Takes no more writes, waits for those that wait, and leaves the folder ready for a quick start.
    pub async fn close(&self) {
        let parts = Arc::clone(&self.parts);
        let closed = tokio::task::spawn_blocking(move || {
            parts.reclaimer.stop();
            parts.engine.close() && !parts.reclaimer.has_orphans_to_find()
        });
        let is_in_order = closed.await.unwrap_or(false);
        let blobs = &self.parts.blobs;
        let abandoned = blobs.remove_last_abandoned().await;
        if self.parts.folder.is_some()
            && is_in_order
            && abandoned.is_ok()
            && blobs.sync_removals().await.is_ok()
        {
            let parts = Arc::clone(&self.parts);
            let _ = tokio::task::spawn_blocking(move || parts.folder.as_ref().map(Folder::mark_clean)).await;
        }
    }

    /// Tells whether the store takes writes.
    #[must_use]
    pub fn health(&self) -> Health {
        self.parts.condition.health()
    }

    /// Returns the bytes that are free on the disk for this store, and all it has; `None` if its content is not on a disk of
    /// this machine.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn disk_space(&self) -> Result<Option<(u64, u64)>, Error> {
        self.parts.blobs.space()
    }

    /// Returns figures for dashboards.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.parts.counters.figures()
    }

    /// Counts the data files and manifests of deleted content that wait to be removed, in the background.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn reclaim_queue(&self) -> Result<usize, Error> {
        self.parts.engine.query(ReclaimQueue).await
    }

    /// Tells the keys that content is encrypted under. Without them encrypted content cannot be read, and nothing be encrypted.
    /// They are told once.
    pub fn use_content_keys(&self, keys: Arc<dyn ContentKeys>) {
        self.parts.data_path.keys.set(keys);
    }

    /// Begins to take data. `size_hint` is the length if it is known.
    #[must_use]
    pub fn upload(&self, size_hint: Option<u64>) -> Upload {
        Upload::new(Arc::clone(&self.parts.data_path), size_hint)
    }

    /// Reads a range of an object, cut to its size, in pieces. Small content of an object that was opened is at hand; the
    /// rest is read one piece ahead.
    #[must_use]
    pub fn read(&self, object: &Object, range: std::ops::Range<u64>) -> Reader {
        let ObjectFields { data, size, .. } = &object.fields;
        let (data, at_hand) = (data.clone(), object.at_hand.clone());
        Reader::new(ReadPlan { source: self.source(), data, size: *size, at_hand, range })
    }

    pub(crate) fn source(&self) -> Source {
        Source {
            engine: Arc::clone(&self.parts.engine),
            blobs: self.parts.blobs.clone(),
            keys: self.parts.data_path.keys.clone(),
        }
    }

    pub(crate) fn parts(&self) -> &StoreParts {
        &self.parts
    }

    async fn require_bucket(&self, name: &str) -> Result<(), Error> {
        match self.bucket(name).await? {
            Some(_) => Ok(()),
            None => Err(Error::NoSuchBucket),
        }
    }
}
