//! The disk there is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice};
#[cfg(target_os = "linux")]
use std::num::NonZeroU64;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use rustix::buffer::spare_capacity;
#[cfg(target_os = "linux")]
use rustix::fs::Advice;
use rustix::io::Errno;

use super::{Disk, DiskFile};
use crate::permissions::{FILE_MODE, create_folder};

/// Linux takes no more pieces in one call.
const MOST_PIECES: usize = 1024;

/// The operating system's files.
#[derive(Debug, Default)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(FILE_MODE).open(path)?;
        Ok(Arc::new(file))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(OpenOptions::new().read(true).write(true).open(path)?))
    }

    fn open_read(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(File::open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn space(&self, path: &Path) -> io::Result<(u64, u64)> {
        let found = rustix::fs::statvfs(path)?;
        Ok((found.f_bavail.saturating_mul(found.f_frsize), found.f_blocks.saturating_mul(found.f_frsize)))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        create_folder(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect()
    }
}

impl DiskFile for File {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, offset)
    }

    fn write_pieces_at(&self, pieces: &[Bytes], mut offset: u64) -> io::Result<()> {
        for pieces in pieces.chunks(MOST_PIECES) {
            let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
            let mut left = slices.as_mut_slice();
            // Goes past empty pieces, so that none is left when all are written.
            IoSlice::advance_slices(&mut left, 0);
            while !left.is_empty() {
                match rustix::io::pwritev(self, left, offset) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(written) => {
                        IoSlice::advance_slices(&mut left, written);
                        offset += written as u64;
                    }
                    Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        FileExt::read_exact_at(self, buffer, offset)
    }

    fn fill_at(&self, bytes: &mut Vec<u8>, length: usize, offset: u64) -> io::Result<()> {
        // Into memory that was never zeroed: at memory speed that would cost as much as the reading.
        bytes.clear();
        bytes.reserve_exact(length);
        while bytes.len() < length {
            let at = offset + bytes.len() as u64;
            match rustix::io::pread(self, spare_capacity(bytes), at) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        bytes.truncate(length);
        Ok(())
    }

    /// Linux begins to write what it is told will not be needed, and drops only what the disk has. It is quicker than
    /// syncing often: the file system's journal is written once, at the end.
    fn begin_writeback(&self, offset: u64, length: u64) {
        #[cfg(target_os = "linux")]
        // A hint: the sync at the end does what could not begin.
        let _ = rustix::fs::fadvise(self, offset, NonZeroU64::new(length), Advice::DontNeed);
        #[cfg(not(target_os = "linux"))]
        let _ = (offset, length);
    }

    fn sync_data(&self) -> io::Result<()> {
        File::sync_data(self)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_written_one_after_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = RealDisk.create(&folder.path().join("file")).unwrap();
        let number = |number: usize| Bytes::from(format!("{number};"));
        let mut pieces: Vec<Bytes> = (0..3 * MOST_PIECES).map(number).collect();
        for empty in [0, 1, MOST_PIECES, pieces.len()] {
            pieces.insert(empty, Bytes::new());
        }
        file.write_all_at(b"before", 0).unwrap();
        file.write_pieces_at(&pieces, 6).unwrap();
        file.write_pieces_at(&[Bytes::new()], 0).unwrap();
        file.write_pieces_at(&[], 0).unwrap();
        let expected = [b"before", pieces.concat().as_slice()].concat();
        assert_eq!(std::fs::read(folder.path().join("file")).unwrap(), expected);
    }
}
