//! The disk as the log and the data files see it: few operations, so that a test can stand in for it, remember
//! every write and sync, and lose or refuse what it likes. The tables of the index do their own input and output.

mod real;

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

pub(crate) use real::RealDisk;

/// A file opened for writing or reading.
pub(crate) trait DiskFile: Send + Sync + Debug {
    /// Writes all bytes at the offset.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Writes all pieces at the offset, one after the other, in as few calls as the system takes.
    fn write_pieces_at(&self, pieces: &[Bytes], offset: u64) -> io::Result<()>;
    /// Fills the buffer from the offset.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
    /// Reads as many bytes from the offset into an empty vector; an error if there are fewer.
    fn fill_at(&self, bytes: &mut Vec<u8>, length: usize, offset: u64) -> io::Result<()>;
    /// Reads as many bytes from the offset; an error if there are fewer.
    fn read_vec_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.fill_at(&mut bytes, length, offset)?;
        Ok(bytes)
    }
    /// Has the disk begin to take what was written there, without waiting. Only the next sync tells whether it could.
    fn begin_writeback(&self, offset: u64, length: u64);
    /// Makes what was written durable, with the length but not necessarily the times.
    fn sync_data(&self) -> io::Result<()>;
    /// Returns the present length.
    fn len(&self) -> io::Result<u64>;
}

/// A folder tree on a disk.
pub(crate) trait Disk: Send + Sync + Debug {
    /// Creates a file that must not exist, for reading and writing.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Opens a file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Opens a file for reading.
    fn open_read(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Renames a file, replacing what has the new name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Returns the bytes that are free for this process, and those of the whole file system.
    fn space(&self, path: &Path) -> io::Result<(u64, u64)>;
    /// Creates a folder and its parents unless they exist.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Lists the files and folders in a folder, in no order.
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>>;
}
