//! The lock that keeps two processes from the same folder.
//!
//! It is on the folder itself, which has no name inside it that could be removed, and on the file `lock` in it: that one
//! says which process it is, and is all that the first versions look at.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::OpenError;
use crate::permissions::FILE_MODE;

/// A held lock; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct FolderLock {
    folder: File,
    file: File,
}

impl FolderLock {
    pub(crate) fn take(folder: &Path) -> Result<Self, OpenError> {
        let path = folder.join("lock");
        let failed = |error| OpenError::io(format!("locking {}", path.display()), error);
        let in_use = || OpenError::InUse { path: folder.to_path_buf(), pid: holder(&path) };
        let opened = File::open(folder).map_err(failed)?;
        match flock(&opened, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(in_use()),
            // Network file systems, which are not supported, may lock nothing that is not open for writing.
            Err(error) => {
                tracing::warn!(%error, "the data folder cannot be locked itself; its file `lock` must stay")
            }
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(FILE_MODE)
            .open(&path)
            .map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(in_use()),
            Err(error) => return Err(failed(error.into())),
        }
        // Only for the message above: a disk that is full must not keep the store from being opened.
        let _ = file.set_len(0).and_then(|()| file.rewind());
        let _ = writeln!(file, "{}", std::process::id());
        Ok(Self { folder: opened, file })
    }
}

/// Reads which process has the folder, if the file says so.
fn holder(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Closing the files is not enough while a child process that was just forked has them too.
        let _ = flock(&self.file, FlockOperation::Unlock);
        let _ = flock(&self.folder, FlockOperation::Unlock);
    }
}
