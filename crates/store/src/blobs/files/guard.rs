//! What removes a data file that comes to nothing.

use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::DataFiles;
use crate::id::DataId;
use crate::sync::lock;

/// Has a file removed unless it was decided to keep it. Whoever drops it does not wait for the disk.
#[derive(Debug)]
pub(crate) struct FileGuard {
    files: Arc<DataFiles>,
    path: PathBuf,
    id: DataId,
    armed: bool,
}

impl FileGuard {
    /// Takes a file that was begun, which is unpublished while the guard lives.
    pub(super) fn new(files: Arc<DataFiles>, path: PathBuf, id: DataId) -> Self {
        lock(&files.unpublished).insert(id);
        Self { files, path, id, armed: true }
    }

    pub(super) fn id(&self) -> DataId {
        self.id
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn moved_to(&mut self, path: PathBuf) {
        self.path = path;
    }

    pub(crate) fn keep(mut self) {
        self.armed = false;
    }
}

impl Drop for FileGuard {
    fn drop(&mut self) {
        if self.armed {
            self.files.abandon(self.id, mem::take(&mut self.path));
        } else {
            lock(&self.files.unpublished).remove(&self.id);
        }
    }
}
