//! A disk in memory that remembers every operation, so that a test can have it as a power failure at any moment
//! would leave it (see `crashes`), and that can be told to fail.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;

use crate::disk::{Disk, DiskFile};
use crate::engine::embedded::tables::Images;
use crate::engine::write_batch::WriteBatch;

pub(super) type Inode = usize;

#[derive(Debug, Clone)]
pub(super) enum Op {
    Create {
        path: PathBuf,
        inode: Inode,
    },
    Write {
        inode: Inode,
        offset: usize,
        bytes: Arc<[u8]>,
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

/// The files as programs see them, by their paths in the store's folder.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    pub(super) names: BTreeMap<PathBuf, Inode>,
    pub(super) folders: BTreeSet<PathBuf>,
    contents: BTreeMap<Inode, Arc<Vec<u8>>>,
}

#[derive(Debug, Default)]
struct State {
    /// As it was when everything began.
    origin: Tree,
    tree: Tree,
    log: Vec<Op>,
    next_inode: Inode,
    images: Vec<(usize, Arc<WriteBatch>)>,
    fault: Option<Fault>,
    /// All files together can be no larger.
    capacity: Option<usize>,
    operations: usize,
    /// The kind of the first operation that failed.
    failed: Option<&'static str>,
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

/// Stands for what is below one folder.
#[derive(Debug, Clone)]
pub(super) struct SimulatedDisk {
    root: PathBuf,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    inode: Inode,
}

/// Everything that happened to a disk.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) origin: Tree,
    pub(super) log: Vec<Op>,
    pub(super) images: Vec<(usize, Arc<WriteBatch>)>,
    pub(super) next_inode: Inode,
}

impl SimulatedDisk {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), state: Arc::default() }
    }

    /// A disk with these files, and the rows the tables keep on it.
    pub(super) fn with(root: &Path, tree: Tree, next_inode: Inode, image: Arc<WriteBatch>) -> Self {
        let state =
            State { origin: tree.clone(), tree, next_inode, images: vec![(0, image)], ..State::default() };
        Self { root: root.to_path_buf(), state: Arc::new(Mutex::new(state)) }
    }

    fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap().to_path_buf()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Returns the number of operations so far: a time to crash at.
    pub(super) fn now(&self) -> usize {
        self.lock().log.len()
    }

    pub(super) fn recording(&self) -> Recording {
        let state = self.lock();
        Recording {
            origin: state.origin.clone(),
            log: state.log.clone(),
            images: state.images.clone(),
            next_inode: state.next_inode,
        }
    }

    pub(super) fn set_fault(&self, fault: Option<Fault>) {
        let mut state = self.lock();
        state.fault = fault;
        state.operations = 0;
        state.failed = None;
    }

    pub(super) fn set_capacity(&self, bytes: usize) {
        self.lock().capacity = Some(bytes);
    }

    /// Returns the kind of the first operation that failed since the fault was set.
    pub(super) fn failed(&self) -> Option<&'static str> {
        self.lock().failed
    }

    /// The rows that are in files now.
    pub(super) fn image(&self) -> Arc<WriteBatch> {
        let state = self.lock();
        state.images.last().map(|(_, rows)| Arc::clone(rows)).unwrap_or_default()
    }

    /// Does an operation unless it is to fail. What changes nothing is named.
    fn perform<T>(
        &self,
        what: Result<Op, &'static str>,
        grows: bool,
        perform: impl FnOnce(&mut State) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.lock();
        let number = state.operations;
        if let Some(fault) = state.fault
            && (grows || !fault.only_growth)
        {
            state.operations += 1;
            if number >= fault.first && number - fault.first < fault.count {
                let kind = what.as_ref().map_or_else(|name| *name, Op::name);
                state.failed.get_or_insert(kind);
                if let Ok(Op::Write { inode, offset, bytes }) = what {
                    // Half of it got there.
                    let half: Arc<[u8]> = bytes[..bytes.len() / 2].into();
                    state.tree.write(inode, offset, &half);
                    state.log.push(Op::Write { inode, offset, bytes: half });
                }
                return Err(fault.kind.into());
            }
        }
        if let (Ok(Op::Write { inode, offset, bytes }), Some(capacity)) = (&what, state.capacity) {
            let growth = (offset + bytes.len()).saturating_sub(state.tree.length(*inode));
            if growth > 0 && state.tree.used() + growth > capacity {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        let done = perform(&mut state)?;
        state.log.extend(what);
        Ok(done)
    }

    fn open_existing(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let path = self.relative(path);
        let inode = self.perform(Err("open"), false, |state| state.tree.find(&path))?;
        Ok(Arc::new(SimulatedFile { disk: self.clone(), inode }))
    }
}

impl Images for SimulatedDisk {
    fn keep(&self, rows: Arc<WriteBatch>) {
        let mut state = self.lock();
        let now = state.log.len();
        state.images.push((now, rows));
    }
}

impl Op {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Write { .. } => "write",
            Self::Sync { .. } => "sync",
            Self::Rename { .. } => "rename",
            Self::Remove { .. } => "remove",
            Self::SyncDir { .. } => "sync of a folder",
            Self::CreateDir { .. } => "create a folder",
        }
    }

    /// The folders whose names it changes.
    pub(super) fn folders(&self) -> Vec<&Path> {
        match self {
            Self::Create { path, .. } | Self::Remove { path } | Self::CreateDir { path } => {
                path.parent().into_iter().collect()
            }
            Self::Rename { from, to, .. } => [from.parent(), to.parent()].into_iter().flatten().collect(),
            Self::Write { .. } | Self::Sync { .. } | Self::SyncDir { .. } => Vec::new(),
        }
    }
}

impl Tree {
    fn find(&self, path: &Path) -> io::Result<Inode> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn length(&self, inode: Inode) -> usize {
        self.contents.get(&inode).map_or(0, |content| content.len())
    }

    /// Bytes of all files.
    fn used(&self) -> usize {
        self.names.values().map(|inode| self.length(*inode)).sum()
    }

    pub(super) fn write(&mut self, inode: Inode, offset: usize, bytes: &[u8]) {
        let content = Arc::make_mut(self.contents.entry(inode).or_default());
        if content.len() < offset + bytes.len() {
            content.resize(offset + bytes.len(), 0);
        }
        content[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    pub(super) fn change_names(&mut self, op: &Op) {
        match op {
            Op::Create { path, inode } => drop(self.names.insert(path.clone(), *inode)),
            Op::Rename { from, to, inode } => {
                self.names.remove(from);
                self.names.insert(to.clone(), *inode);
            }
            Op::Remove { path } => drop(self.names.remove(path)),
            Op::CreateDir { path } => drop(self.folders.insert(path.clone())),
            Op::Write { .. } | Op::Sync { .. } | Op::SyncDir { .. } => {}
        }
    }

    /// Forgets what is in no folder that exists, and contents without a name.
    pub(super) fn forget_unreachable(&mut self) {
        let Self { names, folders, contents } = self;
        let root = Path::new("");
        // In order, so that the folder of a folder is looked at first.
        for folder in folders.clone() {
            if folder.parent().is_some_and(|parent| parent != root && !folders.contains(parent)) {
                folders.remove(&folder);
            }
        }
        names
            .retain(|path, _| path.parent().is_some_and(|parent| parent == root || folders.contains(parent)));
        let named: BTreeSet<_> = names.values().copied().collect();
        contents.retain(|inode, _| named.contains(inode));
    }
}

impl Disk for SimulatedDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let inode = {
            let mut state = self.lock();
            state.next_inode += 1;
            state.next_inode
        };
        let path = self.relative(path);
        let op = Op::Create { path: path.clone(), inode };
        self.perform(Ok(op.clone()), true, |state| {
            if state.tree.names.contains_key(&path) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            state.tree.change_names(&op);
            state.tree.contents.insert(inode, Arc::default());
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
        let (from, to) = (self.relative(from), self.relative(to));
        let inode = self.lock().tree.find(&from)?;
        let op = Op::Rename { from, to, inode };
        self.perform(Ok(op.clone()), false, |state| {
            state.tree.change_names(&op);
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let path = self.relative(path);
        let op = Op::Remove { path: path.clone() };
        self.perform(Ok(op.clone()), false, |state| {
            state.tree.find(&path)?;
            state.tree.change_names(&op);
            Ok(())
        })
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.perform(Ok(Op::SyncDir { path: self.relative(path) }), false, |_| Ok(()))
    }

    fn space(&self, _: &Path) -> io::Result<(u64, u64)> {
        let state = self.lock();
        let capacity = state.capacity.unwrap_or(usize::MAX);
        Ok((capacity.saturating_sub(state.tree.used()) as u64, capacity as u64))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let path = self.relative(path);
        let exists = self.lock().tree.folders.contains(&path);
        let op = Op::CreateDir { path };
        self.perform(if exists { Err("create a folder") } else { Ok(op.clone()) }, true, |state| {
            state.tree.change_names(&op);
            Ok(())
        })
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let path = self.relative(path);
        self.perform(Err("list"), false, |state| {
            let all = state.tree.names.keys().chain(&state.tree.folders);
            let inside = all.filter(|name| name.parent() == Some(&path));
            Ok(inside.map(|name| self.root.join(name)).collect())
        })
    }
}

impl DiskFile for SimulatedFile {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        let op = Op::Write { inode: self.inode, offset, bytes: bytes.into() };
        self.disk.perform(Ok(op), true, |state| {
            state.tree.write(self.inode, offset, bytes);
            Ok(())
        })
    }

    fn write_pieces_at(&self, pieces: &[Bytes], offset: u64) -> io::Result<()> {
        let bytes = pieces.concat();
        if bytes.is_empty() { Ok(()) } else { self.write_all_at(&bytes, offset) }
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        self.disk.perform(Err("read"), false, |state| {
            let content = state.tree.contents.get(&self.inode).ok_or(io::ErrorKind::NotFound)?;
            let found = content.get(offset..offset + buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
            buffer.copy_from_slice(found);
            Ok(())
        })
    }

    fn fill_at(&self, bytes: &mut Vec<u8>, length: usize, offset: u64) -> io::Result<()> {
        bytes.clear();
        bytes.resize(length, 0);
        self.read_exact_at(bytes, offset)
    }

    fn begin_writeback(&self, _offset: u64, _length: u64) {
        // What is not synced may get to the disk or not, at any time.
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.perform(Ok(Op::Sync { inode: self.inode }), false, |_| Ok(()))
    }

    fn len(&self) -> io::Result<u64> {
        self.disk.perform(Err("length"), false, |state| Ok(state.tree.length(self.inode) as u64))
    }
}
