//! Data files: content that is too large to travel in a commit. A file is written once under a temporary name, renamed
//! to its own, made durable, and never changed. Whatever waits for the disk is done on the blocking threads of the runtime.

mod guard;
mod reader;
mod writer;

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::Removed;
use super::pins::Pins;
use super::read_memory::ReadMemory;
use bytes::Bytes;

use crate::disk::{Disk, DiskFile};
use crate::id::DataId;
use crate::sync::lock;
use crate::{Durability, Error, StoreOptions};
pub(crate) use guard::FileGuard;
pub(crate) use reader::FileReader;
pub(crate) use writer::FileWriter;

const FOLDERS: usize = 256;

/// On small disks the reserve is no more than one part in so many.
const RESERVE_SHARE: u64 = 16;

/// The data files of a store.
#[derive(Debug)]
pub(crate) struct DataFiles {
    disk: Arc<dyn Disk>,
    files: PathBuf,
    temporary: PathBuf,
    durability: Durability,
    reserve_bytes: u64,
    /// What it takes to write out what is in the log.
    least_reserve_bytes: u64,
    /// Which of the folders are known to exist for good.
    folders: Vec<AtomicBool>,
    /// Folders where names were removed that may come back after a power failure.
    removed_from: Mutex<HashSet<PathBuf>>,
    pins: Arc<Pins>,
    /// With relaxed durability, files in use that were not synced, and their folders.
    relaxed: Mutex<Vec<(Arc<dyn DiskFile>, PathBuf)>>,
    /// Files that nothing refers to yet, or ever will: those of guards that live, and those that wait to be removed.
    unpublished: Mutex<HashSet<DataId>>,
    /// What is to be removed since it came to nothing. `None` at the end, when nobody does that any more.
    abandoned: Mutex<Option<Vec<(DataId, PathBuf)>>>,
    /// What was read and is still in memory.
    reading: Arc<ReadMemory>,
}

impl DataFiles {
    /// Opens the folders, creating them if needed, and removes what a crash left half written.
    pub(crate) fn open(disk: Arc<dyn Disk>, dir: &Path, options: &StoreOptions) -> io::Result<Self> {
        let (files, temporary) = (dir.join("files"), dir.join("tmp"));
        disk.create_dir_all(&files)?;
        disk.create_dir_all(&temporary)?;
        disk.sync_dir(dir)?;
        for path in disk.list(&temporary)? {
            disk.remove(&path)?;
        }
        let folders = (0..FOLDERS).map(|_| AtomicBool::new(false)).collect();
        Ok(Self {
            disk,
            files,
            temporary,
            durability: options.durability,
            reserve_bytes: options.reserve_bytes,
            least_reserve_bytes: 3 * options.log_segment_bytes,
            folders,
            removed_from: Mutex::default(),
            pins: Arc::default(),
            relaxed: Mutex::default(),
            unpublished: Mutex::default(),
            abandoned: Mutex::new(Some(Vec::new())),
            reading: Arc::new(ReadMemory::new(options.read_bytes)),
        })
    }

    /// Tells whether files are synced before they are used.
    fn is_durable(&self) -> bool {
        self.durability == Durability::Durable
    }

    /// Fails when so little space is left that it is needed for merging files and for deletions.
    pub(crate) fn check_reserve(&self) -> Result<(), Error> {
        let (free, all) = self.space()?;
        let reserve = self.reserve_bytes.min((all / RESERVE_SHARE).max(self.least_reserve_bytes));
        if free < reserve { Err(Error::DiskFull) } else { Ok(()) }
    }

    /// The bytes that are free for us, and all there are.
    pub(crate) fn space(&self) -> Result<(u64, u64), Error> {
        self.disk.space(&self.files).map_err(|e| Error::io("asking for free space", &e))
    }

    /// Begins a file, which is gone when the guard is dropped.
    fn create(self: &Arc<Self>, id: DataId) -> io::Result<(Arc<dyn DiskFile>, FileGuard)> {
        let path = self.temporary.join(id.to_string());
        let file = self.disk.create(&path)?;
        Ok((file, FileGuard::new(Arc::clone(self), path, id)))
    }

    /// Makes a file that was begun durable under its own name. The name is changed first: then the file and its name
    /// reach the disk together, with one entry in the file system's journal instead of two.
    fn publish(&self, file: &Arc<dyn DiskFile>, guard: &mut FileGuard) -> io::Result<()> {
        let path = self.path(guard.id());
        let folder = self.folder(guard.id())?;
        self.disk.rename(guard.path(), &path)?;
        guard.moved_to(path);
        if self.is_durable() {
            file.sync_data()?;
            return self.disk.sync_dir(&folder);
        }
        lock(&self.relaxed).push((Arc::clone(file), folder));
        Ok(())
    }

    /// Syncs what relaxed durability put off.
    pub(crate) fn sync_relaxed(&self) -> io::Result<()> {
        let waiting = std::mem::take(&mut *lock(&self.relaxed));
        for (file, folder) in waiting {
            file.sync_data()?;
            self.disk.sync_dir(&folder)?;
        }
        Ok(())
    }

    fn open_read(&self, id: DataId) -> io::Result<Arc<dyn DiskFile>> {
        self.disk.open_read(&self.path(id))
    }

    /// Removes files; that one is gone already is no error.
    pub(crate) async fn remove(self: &Arc<Self>, ids: Vec<DataId>) -> Removed {
        let files = Arc::clone(self);
        let removed = aside(move || {
            let mut removed = Removed { gone: Vec::with_capacity(ids.len()), outcome: Ok(()) };
            for id in ids {
                match files.remove_name(&files.path(id)) {
                    Ok(()) => removed.gone.push(id),
                    Err(error) => {
                        removed.outcome = Err(Error::io(format!("removing the data file {id}"), &error));
                    }
                }
            }
            Ok(removed)
        });
        removed.await.unwrap_or_else(|error| Removed { gone: Vec::new(), outcome: Err(error) })
    }

    /// Leaves a file that came to nothing to whoever removes files; after the end it is removed on the spot.
    fn abandon(&self, id: DataId, path: PathBuf) {
        if let Some(abandoned) = lock(&self.abandoned).as_mut() {
            return abandoned.push((id, path));
        }
        // If this fails, the file is found as an orphan later.
        let _ = self.remove_name(&path);
        lock(&self.unpublished).remove(&id);
    }

    /// Removes what came to nothing. What cannot be removed is tried again the next time.
    pub(crate) async fn remove_abandoned(self: &Arc<Self>) -> Result<(), Error> {
        let abandoned = lock(&self.abandoned).as_mut().map(std::mem::take);
        self.remove_unpublished(abandoned.unwrap_or_default()).await
    }

    /// Does the same for the last time.
    pub(crate) async fn remove_last_abandoned(self: &Arc<Self>) -> Result<(), Error> {
        let abandoned = lock(&self.abandoned).take();
        self.remove_unpublished(abandoned.unwrap_or_default()).await
    }

    async fn remove_unpublished(self: &Arc<Self>, abandoned: Vec<(DataId, PathBuf)>) -> Result<(), Error> {
        if abandoned.is_empty() {
            return Ok(());
        }
        let files = Arc::clone(self);
        aside(move || {
            let mut outcome = Ok(());
            for (id, path) in abandoned {
                let Err(error) = files.remove_name(&path) else {
                    lock(&files.unpublished).remove(&id);
                    continue;
                };
                outcome = Err(Error::io(format!("removing the data file {id}"), &error));
                lock(&files.abandoned).iter_mut().for_each(|next| next.push((id, path.clone())));
            }
            outcome
        })
        .await
    }

    fn remove_name(&self, path: &Path) -> io::Result<()> {
        match self.disk.remove(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(()) => {
                let folder = path.parent().map(Path::to_path_buf);
                lock(&self.removed_from).extend(folder);
                Ok(())
            }
        }
    }

    /// Makes removals durable.
    pub(crate) async fn sync_removals(self: &Arc<Self>) -> Result<(), Error> {
        let files = Arc::clone(self);
        aside(move || {
            let folders = std::mem::take(&mut *lock(&files.removed_from));
            let synced = folders.iter().try_for_each(|folder| files.disk.sync_dir(folder));
            synced.map_err(|e| Error::io("making removals durable", &e))
        })
        .await
    }

    /// Looks up the lengths of files.
    pub(crate) async fn lengths(self: &Arc<Self>, ids: Vec<DataId>) -> Result<Vec<io::Result<u64>>, Error> {
        let files = Arc::clone(self);
        aside(move || Ok(ids.into_iter().map(|id| files.open_read(id)?.len()).collect())).await
    }

    /// Lists every file there is, folder by folder.
    pub(crate) async fn list(self: &Arc<Self>) -> Result<Vec<DataId>, Error> {
        let files = Arc::clone(self);
        aside(move || files.list_names().map_err(|e| Error::io("listing data files", &e))).await
    }

    fn list_names(&self) -> io::Result<Vec<DataId>> {
        let mut ids = Vec::new();
        for folder in self.disk.list(&self.files)? {
            for path in self.disk.list(&folder)? {
                ids.extend(path.file_name().and_then(|name| name.to_str()).and_then(DataId::parse));
            }
        }
        Ok(ids)
    }

    /// Counts bytes that were made of what was read, until they are dropped.
    pub(super) fn hold(&self, bytes: Vec<u8>) -> Bytes {
        self.reading.hold(bytes)
    }

    pub(super) fn pins(&self) -> &Arc<Pins> {
        &self.pins
    }

    /// Returns the files of guards that live.
    pub(crate) fn unpublished(&self) -> HashSet<DataId> {
        lock(&self.unpublished).clone()
    }

    fn path(&self, id: DataId) -> PathBuf {
        self.files.join(format!("{:02x}", folder_number(id))).join(id.to_string())
    }

    /// The folder of a file, which exists for good afterwards.
    fn folder(&self, id: DataId) -> io::Result<PathBuf> {
        let number = folder_number(id);
        let folder = self.files.join(format!("{number:02x}"));
        let known = self.folders.get(usize::from(number));
        if !known.is_some_and(|known| known.load(Ordering::Acquire)) {
            self.disk.create_dir_all(&folder)?;
            self.disk.sync_dir(&self.files)?;
            if let Some(known) = known {
                known.store(true, Ordering::Release);
            }
        }
        Ok(folder)
    }
}

/// The last byte, which is random.
fn folder_number(id: DataId) -> u8 {
    let [.., last] = id.to_bytes();
    last
}

/// Does work that waits for the disk on a blocking thread.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Error::Closed))
}
