//! Data files: content that is too large to travel in a commit. A file is written once under a temporary name, renamed
//! to its own, made durable, and never changed.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::data::ReadMemory;
use crate::disk::{Disk, DiskFile};
use crate::id::DataId;
use crate::{Durability, Error, StoreOptions};

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
    pins: Mutex<HashMap<DataId, usize>>,
    /// With relaxed durability, files in use that were not synced, and their folders.
    relaxed: Mutex<Vec<(Arc<dyn DiskFile>, PathBuf)>>,
    /// Files of guards that live: nothing refers to them yet.
    unsettled: Mutex<HashSet<DataId>>,
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
            pins: Mutex::default(),
            relaxed: Mutex::default(),
            unsettled: Mutex::default(),
            reading: Arc::new(ReadMemory::new(options.read_bytes)),
        })
    }

    /// What was read and is still in memory.
    pub(crate) fn reading(&self) -> &Arc<ReadMemory> {
        &self.reading
    }

    /// Whether files are synced before they are used.
    pub(crate) fn is_durable(&self) -> bool {
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
    pub(crate) fn create(self: &Arc<Self>, id: DataId) -> io::Result<(Arc<dyn DiskFile>, FileGuard)> {
        let path = self.temporary.join(id.to_string());
        let file = self.disk.create(&path)?;
        self.unsettled().insert(id);
        Ok((file, FileGuard { files: Arc::clone(self), path, id, armed: true }))
    }

    /// Makes a file that was begun durable under its own name. The name is changed first: then the file and its name
    /// reach the disk together, with one entry in the file system's journal instead of two.
    pub(crate) fn settle(&self, file: &Arc<dyn DiskFile>, guard: &mut FileGuard) -> io::Result<()> {
        let path = self.path(guard.id);
        let folder = self.folder(guard.id)?;
        self.disk.rename(&guard.path, &path)?;
        guard.path = path;
        if self.is_durable() {
            file.sync_data()?;
            return self.disk.sync_dir(&folder);
        }
        let mut relaxed = self.relaxed.lock().unwrap_or_else(PoisonError::into_inner);
        relaxed.push((Arc::clone(file), folder));
        Ok(())
    }

    /// Syncs what relaxed durability put off.
    pub(crate) fn sync_relaxed(&self) -> io::Result<()> {
        let waiting = std::mem::take(&mut *self.relaxed.lock().unwrap_or_else(PoisonError::into_inner));
        for (file, folder) in waiting {
            file.sync_data()?;
            self.disk.sync_dir(&folder)?;
        }
        Ok(())
    }

    pub(crate) fn open_read(&self, id: DataId) -> io::Result<Arc<dyn DiskFile>> {
        self.disk.open_read(&self.path(id))
    }

    /// Removes a file; that it is gone is no error.
    pub(crate) fn remove(&self, id: DataId) -> io::Result<()> {
        self.remove_name(&self.path(id))
    }

    fn remove_name(&self, path: &Path) -> io::Result<()> {
        match self.disk.remove(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(()) => {
                let folder = path.parent().map(Path::to_path_buf);
                self.removed_from.lock().unwrap_or_else(PoisonError::into_inner).extend(folder);
                Ok(())
            }
        }
    }

    /// Makes removals durable, so that nothing comes back that nobody would look for.
    pub(crate) fn sync_removals(&self) -> io::Result<()> {
        let folders = std::mem::take(&mut *self.removed_from.lock().unwrap_or_else(PoisonError::into_inner));
        folders.iter().try_for_each(|folder| self.disk.sync_dir(folder))
    }

    pub(crate) fn length(&self, id: DataId) -> io::Result<u64> {
        self.open_read(id)?.len()
    }

    /// Every file there is, folder by folder; also names that are no data file's.
    pub(crate) fn list(&self, mut each: impl FnMut(&Path, Option<DataId>)) -> io::Result<()> {
        for folder in self.disk.list(&self.files)? {
            for path in self.disk.list(&folder)? {
                let id = path.file_name().and_then(|name| name.to_str()).and_then(DataId::parse);
                each(&path, id);
            }
        }
        Ok(())
    }

    /// Keeps files and manifests from being reclaimed while the pin lives.
    pub(crate) fn pin(self: &Arc<Self>, ids: Vec<DataId>) -> Pin {
        if !ids.is_empty() {
            let mut pins = self.pins();
            for id in &ids {
                *pins.entry(*id).or_insert(0) += 1;
            }
        }
        Pin { files: Arc::clone(self), ids }
    }

    pub(crate) fn is_pinned(&self, id: DataId) -> bool {
        self.pins().contains_key(&id)
    }

    /// Files that are being written, or that a command is about to refer to. A file that is listed, and not in what
    /// this tells afterwards, has been referred to since if it ever will be.
    pub(crate) fn unsettled_now(&self) -> HashSet<DataId> {
        self.unsettled().clone()
    }

    fn unsettled(&self) -> std::sync::MutexGuard<'_, HashSet<DataId>> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pins(&self) -> std::sync::MutexGuard<'_, HashMap<DataId, usize>> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Removes a file unless it was decided to keep it.
#[derive(Debug)]
pub(crate) struct FileGuard {
    files: Arc<DataFiles>,
    path: PathBuf,
    id: DataId,
    armed: bool,
}

impl FileGuard {
    pub(crate) fn id(&self) -> DataId {
        self.id
    }

    pub(crate) fn keep(mut self) {
        self.armed = false;
    }
}

impl Drop for FileGuard {
    fn drop(&mut self) {
        if self.armed {
            // If this fails, the file is found as an orphan later.
            let _ = self.files.remove_name(&self.path);
        }
        self.files.unsettled().remove(&self.id);
    }
}

/// Keeps what it names from being reclaimed.
#[derive(Debug)]
pub(crate) struct Pin {
    files: Arc<DataFiles>,
    ids: Vec<DataId>,
}

impl Drop for Pin {
    fn drop(&mut self) {
        if self.ids.is_empty() {
            return;
        }
        let mut pins = self.files.pins();
        for id in &self.ids {
            if let Some(count) = pins.get_mut(id) {
                *count -= 1;
                if *count == 0 {
                    pins.remove(id);
                }
            }
        }
    }
}
