//! Files that are ready to become segments of the log.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::SealedSegment;
use crate::disk::Disk;
use crate::sync::lock;

/// More spares than this are removed instead of kept.
const KEPT: usize = 2;

/// The spare files of a log's folder.
#[derive(Debug)]
pub(crate) struct SegmentPool {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    segment_bytes: u64,
    ready: Mutex<Vec<PathBuf>>,
    next_name: AtomicU64,
}

impl SegmentPool {
    pub(super) fn open(disk: Arc<dyn Disk>, dir: &Path, segment_bytes: u64) -> io::Result<Self> {
        let mut ready = Vec::new();
        let mut next_name = 1;
        for path in disk.list(dir)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with("new-") {
                // Left half written by a crash.
                disk.remove(&path)?;
            } else if let Some(number) =
                name.strip_prefix("spare-").and_then(|n| u64::from_str_radix(n, 16).ok())
            {
                next_name = next_name.max(number + 1);
                ready.push(path);
            }
        }
        Ok(Self {
            disk,
            dir: dir.to_path_buf(),
            segment_bytes,
            ready: Mutex::new(ready),
            next_name: AtomicU64::new(next_name),
        })
    }

    /// Takes a spare segment, made now if there is none.
    pub(super) fn take(&self) -> io::Result<PathBuf> {
        if let Some(path) = self.lock().pop() {
            return Ok(path);
        }
        self.make()
    }

    /// Makes a spare unless there is one, so that the next switch need not wait for it.
    pub(crate) fn prepare(&self) -> io::Result<()> {
        if self.lock().is_empty() {
            let path = self.make()?;
            self.lock().push(path);
        }
        Ok(())
    }

    /// Turns segments whose rows the tables hold into spares. Each is gone from the log for good before the next
    /// is touched, so that no gap can show after a crash.
    pub(crate) fn recycle(&self, segments: &[SealedSegment]) -> io::Result<()> {
        for segment in segments {
            if self.lock().len() >= KEPT {
                self.disk.remove(&segment.path)?;
                self.disk.sync_dir(&self.dir)?;
            } else {
                let spare = self.fresh_path("spare");
                self.disk.rename(&segment.path, &spare)?;
                self.disk.sync_dir(&self.dir)?;
                self.lock().push(spare);
            }
        }
        Ok(())
    }

    /// Writes every block once: overwriting them later changes no metadata, which makes the sync of a commit
    /// about twice as fast.
    fn make(&self) -> io::Result<PathBuf> {
        const PIECE: u64 = 1 << 20;
        let path = self.fresh_path("new");
        let file = self.disk.create(&path)?;
        let zeroes = vec![0_u8; usize::try_from(PIECE).unwrap_or(0)];
        let mut offset = 0;
        while offset < self.segment_bytes {
            let length = PIECE.min(self.segment_bytes - offset);
            let piece = zeroes.get(..usize::try_from(length).unwrap_or(0)).unwrap_or_default();
            if let Err(error) = file.write_all_at(piece, offset) {
                // What was written must not keep the space that is short.
                let _ = self.disk.remove(&path);
                return Err(error);
            }
            offset += length;
        }
        file.sync_data()?;
        let ready = self.fresh_path("spare");
        self.disk.rename(&path, &ready)?;
        Ok(ready)
    }

    fn fresh_path(&self, kind: &str) -> PathBuf {
        let number = self.next_name.fetch_add(1, Ordering::Relaxed);
        self.dir.join(format!("{kind}-{number:08x}"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<PathBuf>> {
        lock(&self.ready)
    }
}
