//! The folders of a place that is a file system: a name is durable when its folder is synced, which OpenDAL leaves to its
//! callers.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::sync::lock;

/// Syncs folders, and knows which of them exist for good.
#[derive(Debug)]
pub(super) struct SyncedFolders {
    root: PathBuf,
    known: Mutex<HashSet<PathBuf>>,
}

impl SyncedFolders {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), known: Mutex::default() }
    }

    /// Makes the name of a file durable. It blocks.
    pub(super) fn sync(&self, name: &str) -> io::Result<()> {
        let path = self.root.join(name);
        let Some(folder) = path.parent() else { return Ok(()) };
        File::open(folder)?.sync_all()?;
        if !lock(&self.known).contains(folder) {
            File::open(&self.root)?.sync_all()?;
            lock(&self.known).insert(folder.to_path_buf());
        }
        Ok(())
    }
}
