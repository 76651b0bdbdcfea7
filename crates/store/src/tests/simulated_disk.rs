//! A disk in memory that remembers every operation, so that a test can have it as a power failure at any moment
//! would leave it, and that can be told to fail.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::disk::{Disk, DiskFile};
use crate::rows::Rows;
use crate::tables::Images;

/// The unit in which writes that were not synced are kept or lost.
const SECTOR: usize = 512;

type Inode = usize;

#[derive(Debug, Clone)]
enum Op {
    Create {
        path: PathBuf,
        inode: Inode,
    },
    Write {
        inode: Inode,
        offset: usize,
        bytes: Vec<u8>,
    },
    Sync {
        inode: Inode,
    },
    /// Carries the file along: it may be that its first name was never made durable.
    Rename {
        from: PathBuf,
        to: PathBuf,
        inode: Inode,
    },
    Remove {
        path: PathBuf,
    },
    SyncDir {
        path: PathBuf,
    },
    CreateDir {
        path: PathBuf,
    },
}

/// The files as programs see them.
#[derive(Debug, Clone, Default)]
struct Tree {
    names: BTreeMap<PathBuf, Inode>,
    folders: BTreeSet<PathBuf>,
    contents: BTreeMap<Inode, Vec<u8>>,
}

#[derive(Debug, Default)]
struct State {
    tree: Tree,
    log: Vec<Op>,
    next_inode: Inode,
    images: Vec<(usize, Arc<Rows>)>,
    fault: Option<Fault>,
    operations: usize,
}

/// Which operations fail, counted from when this is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    pub(super) first: usize,
    pub(super) count: usize,
    pub(super) kind: io::ErrorKind,
    /// Only operations that need space fail.
    pub(super) only_growth: bool,
}

/// What becomes of writes that were not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsynced {
    Lost,
    Kept,
    /// Each sector by chance.
    Torn,
}

#[derive(Debug, Clone, Default)]
pub(super) struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    inode: Inode,
}

impl SimulatedDisk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// How much has happened so far: a moment to crash at.
    pub(super) fn now(&self) -> usize {
        self.lock().log.len()
    }

    /// Moments after each sync.
    pub(super) fn sync_points(&self) -> Vec<usize> {
        let state = self.lock();
        let is_sync = |op: &Op| matches!(op, Op::Sync { .. } | Op::SyncDir { .. });
        (1..=state.log.len()).filter(|at| is_sync(&state.log[at - 1])).collect()
    }

    pub(super) fn set_fault(&self, fault: Option<Fault>) {
        let mut state = self.lock();
        state.fault = fault;
        state.operations = 0;
    }

    /// Operations that could fail since the fault was set.
    pub(super) fn operations(&self) -> usize {
        self.lock().operations
    }

    /// The rows that were in files at the moment.
    pub(super) fn image_at(&self, moment: usize) -> Arc<Rows> {
        let state = self.lock();
        let image = state.images.iter().rev().find(|(kept, _)| *kept <= moment);
        image.map(|(_, rows)| Arc::clone(rows)).unwrap_or_default()
    }

    /// The disk after a power failure at the moment.
    pub(super) fn crashed_at(
        &self,
        moment: usize,
        unsynced: Unsynced,
        mut chance: impl FnMut() -> bool,
    ) -> Self {
        let state = self.lock();
        let mut durable = Tree::default();
        let mut pending_writes: BTreeMap<Inode, Vec<(usize, &[u8])>> = BTreeMap::new();
        let mut pending_names: Vec<&Op> = Vec::new();
        for op in &state.log[..moment] {
            match op {
                Op::Write { inode, offset, bytes } => {
                    pending_writes.entry(*inode).or_default().push((*offset, bytes));
                }
                Op::Sync { inode } => {
                    for (offset, bytes) in pending_writes.remove(inode).unwrap_or_default() {
                        durable.write(*inode, offset, bytes);
                    }
                }
                Op::SyncDir { path } => {
                    let (synced, left) = pending_names.into_iter().partition(|op| op.touches(path));
                    pending_names = left;
                    synced.into_iter().for_each(|op: &Op| durable.change_names(op));
                }
                Op::CreateDir { path } => drop(durable.folders.insert(path.clone())),
                Op::Create { .. } | Op::Rename { .. } | Op::Remove { .. } => pending_names.push(op),
            }
        }
        for op in pending_names {
            // Names are journalled in order: what comes after one that is lost is lost too.
            if unsynced == Unsynced::Lost || unsynced == Unsynced::Torn && chance() {
                break;
            }
            durable.change_names(op);
        }
        for (inode, writes) in pending_writes {
            for (offset, bytes) in writes {
                for (at, sector) in bytes.chunks(SECTOR).enumerate() {
                    if unsynced == Unsynced::Kept || unsynced == Unsynced::Torn && chance() {
                        durable.write(inode, offset + at * SECTOR, sector);
                    }
                }
            }
        }
        let crashed = State { tree: durable, next_inode: state.next_inode, ..State::default() };
        Self { state: Arc::new(Mutex::new(crashed)) }
    }

    /// The disk's files in another folder.
    pub(super) fn rename_root(&self, from: &Path, to: &Path) {
        let mut state = self.lock();
        let moved = |path: &PathBuf| to.join(path.strip_prefix(from).unwrap());
        state.tree.names = state.tree.names.iter().map(|(path, inode)| (moved(path), *inode)).collect();
        state.tree.folders = state.tree.folders.iter().map(moved).collect();
    }

    /// Does an operation unless it is to fail.
    fn perform<T>(
        &self,
        what: Option<Op>,
        grows: bool,
        perform: impl FnOnce(&mut State) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.lock();
        let number = state.operations;
        if let Some(fault) = state.fault
            && (grows || !fault.only_growth)
        {
            state.operations += 1;
            if (fault.first..fault.first + fault.count).contains(&number) {
                if let Some(Op::Write { inode, offset, bytes }) = what {
                    // Half of it got there.
                    let half = bytes[..bytes.len() / 2].to_vec();
                    state.tree.write(inode, offset, &half);
                    state.log.push(Op::Write { inode, offset, bytes: half });
                }
                return Err(fault.kind.into());
            }
        }
        let done = perform(&mut state)?;
        state.log.extend(what);
        Ok(done)
    }

    fn open_existing(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let inode = self.perform(None, false, |state| state.tree.find(path))?;
        Ok(Arc::new(SimulatedFile { disk: self.clone(), inode }))
    }
}

impl Images for SimulatedDisk {
    fn keep(&self, rows: Arc<Rows>) {
        let mut state = self.lock();
        let now = state.log.len();
        state.images.push((now, rows));
    }
}

impl Op {
    fn touches(&self, folder: &Path) -> bool {
        let inside = |path: &Path| path.parent() == Some(folder);
        match self {
            Self::Create { path, .. } | Self::Remove { path } => inside(path),
            Self::Rename { from, to, .. } => inside(from) || inside(to),
            Self::Write { .. } | Self::Sync { .. } | Self::SyncDir { .. } | Self::CreateDir { .. } => false,
        }
    }
}

impl Tree {
    fn find(&self, path: &Path) -> io::Result<Inode> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn write(&mut self, inode: Inode, offset: usize, bytes: &[u8]) {
        let content = self.contents.entry(inode).or_default();
        if content.len() < offset + bytes.len() {
            content.resize(offset + bytes.len(), 0);
        }
        content[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    fn change_names(&mut self, op: &Op) {
        match op {
            Op::Create { path, inode } => drop(self.names.insert(path.clone(), *inode)),
            Op::Rename { from, to, inode } => {
                self.names.remove(from);
                self.names.insert(to.clone(), *inode);
            }
            Op::Remove { path } => drop(self.names.remove(path)),
            Op::Write { .. } | Op::Sync { .. } | Op::SyncDir { .. } | Op::CreateDir { .. } => {}
        }
    }
}

impl Disk for SimulatedDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let inode = {
            let mut state = self.lock();
            state.next_inode += 1;
            state.next_inode
        };
        let op = Op::Create { path: path.to_path_buf(), inode };
        self.perform(Some(op.clone()), true, |state| {
            if state.tree.names.contains_key(path) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            state.tree.change_names(&op);
            state.tree.contents.insert(inode, Vec::new());
            Ok(())
        })?;
        Ok(Arc::new(SimulatedFile { disk: self.clone(), inode }))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.open_existing(path)
    }

    fn open_read(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.open_existing(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let inode = self.lock().tree.find(from)?;
        let op = Op::Rename { from: from.to_path_buf(), to: to.to_path_buf(), inode };
        self.perform(Some(op.clone()), false, |state| {
            state.tree.change_names(&op);
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let op = Op::Remove { path: path.to_path_buf() };
        self.perform(Some(op.clone()), false, |state| {
            state.tree.find(path)?;
            state.tree.change_names(&op);
            Ok(())
        })
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.perform(Some(Op::SyncDir { path: path.to_path_buf() }), false, |_| Ok(()))
    }

    fn space(&self, _: &Path) -> io::Result<(u64, u64)> {
        Ok((u64::MAX, u64::MAX))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.perform(Some(Op::CreateDir { path: path.to_path_buf() }), true, |state| {
            state.tree.folders.insert(path.to_path_buf());
            Ok(())
        })
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.perform(None, false, |state| {
            let files = state.tree.names.keys();
            let all = files.chain(&state.tree.folders);
            Ok(all.filter(|name| name.parent() == Some(path)).cloned().collect())
        })
    }
}

impl DiskFile for SimulatedFile {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        let op = Op::Write { inode: self.inode, offset, bytes: bytes.to_vec() };
        self.disk.perform(Some(op), true, |state| {
            state.tree.write(self.inode, offset, bytes);
            Ok(())
        })
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        self.disk.perform(None, false, |state| {
            let content = state.tree.contents.get(&self.inode).ok_or(io::ErrorKind::NotFound)?;
            let found = content.get(offset..offset + buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
            buffer.copy_from_slice(found);
            Ok(())
        })
    }

    fn read_vec_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.perform(Some(Op::Sync { inode: self.inode }), false, |_| Ok(()))
    }

    fn len(&self) -> io::Result<u64> {
        self.disk
            .perform(None, false, |state| Ok(state.tree.contents.get(&self.inode).map_or(0, Vec::len) as u64))
    }
}
