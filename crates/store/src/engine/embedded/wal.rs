//! The log: batches of changed rows, durable in the order they were committed, until the tables hold them.
//!
//! A segment is a file whose blocks were written before, so that a sync has no metadata to write; segments whose
//! rows the tables hold become spares and are written over. Writes cover whole pages, with the durable beginning
//! of the first page written again as it was, so that the kernel never has to read a page to change part of it.
//!
//! After a crash the last record may be missing, whole or torn, and nobody got an answer that it is there: it is
//! dropped. A damaged record with a whole one after it is something else, since the later was only written when
//! the earlier was durable: opening refuses then rather than lose what was acknowledged. Segments written without
//! syncing each batch say so, and are read as far as they go.

mod format;
mod recovery;
mod segment_pool;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::OpenError;
use crate::disk::{Disk, DiskFile};
use crate::engine::write_batch::WriteBatch;
use format::{PAGE, SegmentHeader, encode_record};
pub(crate) use segment_pool::SegmentPool;

/// What a log is opened with.
#[derive(Debug)]
pub(crate) struct WalSetup<'a> {
    pub(crate) disk: &'a Arc<dyn Disk>,
    pub(crate) dir: &'a Path,
    pub(crate) segment_bytes: u64,
    /// Batches are acknowledged before they are synced.
    pub(crate) relaxed: bool,
    /// Another number at every opening.
    pub(crate) fresh_salt: u64,
}

/// The log opened for appending.
#[derive(Debug)]
pub(crate) struct Wal {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    segment_pool: Arc<SegmentPool>,
    active: Segment,
    sealed: Vec<SealedSegment>,
    next_record: u64,
    relaxed: bool,
}

/// The segment that is written to.
#[derive(Debug)]
struct Segment {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    header: SegmentHeader,
    /// Offset of the next record.
    position: u64,
    capacity: u64,
    /// The whole pages of the next write, beginning with what is durable of its first page.
    pages: Vec<u8>,
}

/// A segment that is not written to any more.
#[derive(Debug, Clone)]
pub(crate) struct SealedSegment {
    path: PathBuf,
}

impl Wal {
    /// Opens the log, handing every batch in it to `replay` in order.
    pub(crate) fn open(
        setup: &WalSetup<'_>,
        replay: &mut dyn FnMut(u64, WriteBatch) -> Result<(), OpenError>,
    ) -> Result<Self, OpenError> {
        recovery::recover(setup, replay)
    }

    /// Tells whether the rows fit into the active segment. They always fit into a fresh one, which grows if it must.
    pub(crate) fn has_room(&self, rows: &WriteBatch) -> bool {
        let bytes: usize =
            rows.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, |v| v.len()) + 12).sum();
        self.active.is_fresh() || self.active.position + bytes as u64 + 64 <= self.active.capacity
    }

    /// Writes a batch; it is durable after the next [`Wal::sync`]. After an error the batch is not in the log, and
    /// the next one takes its place. Returns the bytes written.
    pub(crate) fn append(&mut self, seqno: u64, rows: &WriteBatch) -> io::Result<u64> {
        let segment = &mut self.active;
        let durable = segment.pages.len();
        encode_record(&mut segment.pages, segment.header.salt, self.next_record, seqno, rows);
        let end = segment.pages.len();
        segment.pages.resize(end.next_multiple_of(PAGE), 0);
        let start = segment.position - durable as u64;
        let written = segment.pages.len() as u64;
        let result = segment.file.write_all_at(&segment.pages, start);
        if let Err(error) = result {
            segment.pages.truncate(durable);
            return Err(error);
        }
        segment.position = start + end as u64;
        segment.pages.truncate(end);
        segment.pages.drain(..end - end % PAGE);
        self.next_record += 1;
        Ok(written)
    }

    /// Makes every batch written so far durable. After an error nothing is known about the batches since the sync
    /// before, and the log must not be used.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.active.file.sync_data()
    }

    /// Goes on in a fresh segment. Everything appended so far has to be durable. After an error the active segment
    /// is the one it was.
    pub(crate) fn switch(&mut self, fresh_salt: u64) -> io::Result<()> {
        let header = SegmentHeader {
            number: self.active.header.number + 1,
            salt: fresh_salt,
            first_record: self.next_record,
            relaxed: self.relaxed,
        };
        let next = Segment::activate(&self.disk, &self.dir, &self.segment_pool, header)?;
        let old = std::mem::replace(&mut self.active, next);
        self.sealed.push(SealedSegment { path: old.path });
        Ok(())
    }

    /// Takes the segments sealed so far and not taken before; to be given to [`SegmentPool::recycle`], oldest first, when the
    /// tables hold their rows.
    pub(crate) fn take_sealed(&mut self) -> Vec<SealedSegment> {
        std::mem::take(&mut self.sealed)
    }

    /// Returns the spare segments.
    pub(crate) fn segment_pool(&self) -> Arc<SegmentPool> {
        Arc::clone(&self.segment_pool)
    }

    /// Returns a handle to sync the active segment without holding the log.
    pub(crate) fn active_file(&self) -> Arc<dyn DiskFile> {
        Arc::clone(&self.active.file)
    }

    /// Gives up the active segment, whose rows the tables must hold.
    pub(crate) fn close(mut self) -> Vec<SealedSegment> {
        self.sealed.push(SealedSegment { path: self.active.path });
        self.sealed
    }
}

impl Segment {
    fn is_fresh(&self) -> bool {
        self.position == PAGE as u64
    }

    fn activate(
        disk: &Arc<dyn Disk>,
        dir: &Path,
        segment_pool: &SegmentPool,
        header: SegmentHeader,
    ) -> io::Result<Self> {
        let spare = segment_pool.take()?;
        let path = dir.join(format!("{:016x}.log", header.number));
        let file = disk.open(&spare)?;
        let capacity = file.len()?;
        file.write_all_at(&header.encode(), 0)?;
        // The header is durable before the name is, so that a segment found by its name can be trusted.
        file.sync_data()?;
        disk.rename(&spare, &path)?;
        disk.sync_dir(dir)?;
        Ok(Self { file, path, header, position: PAGE as u64, capacity, pages: Vec::new() })
    }
}
