//! Writing a data file, off the receiving threads.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use bytes::Bytes;
use crc_fast::CrcAlgorithm;

use crate::Error;
use crate::disk::DiskFile;
use crate::file::{DataFiles, FileGuard};
use crate::id::DataId;

/// The disk begins to take the data when this much is waiting for it, so that the last sync is short.
const WRITEBACK_BYTES: u64 = 4 << 20;

/// Pieces smaller than this are gathered before they are written.
const SMALL_PIECE: usize = 64 * 1024;

/// A data file being written.
#[derive(Debug)]
pub(super) struct FileWriter {
    files: Arc<DataFiles>,
    file: Arc<dyn DiskFile>,
    guard: FileGuard,
    gathered: Vec<u8>,
    offset: u64,
    written_back: u64,
    /// Where the outcome of the sync that is under way comes. It must not be missed: the system tells of a failed
    /// write once, and the next sync would succeed.
    writeback: Option<Receiver<io::Result<()>>>,
    crc64: crc_fast::Digest,
}

/// A data file that is whole and durable.
#[derive(Debug)]
pub(super) struct WrittenFile {
    pub(super) guard: FileGuard,
    pub(super) size: u64,
    pub(super) crc64: u64,
}

impl FileWriter {
    pub(super) fn create(files: &Arc<DataFiles>, id: DataId) -> Result<Self, Error> {
        let (file, guard) = files.create(id).map_err(|e| Error::io("creating a data file", &e))?;
        Ok(Self {
            files: Arc::clone(files),
            file,
            guard,
            gathered: Vec::new(),
            offset: 0,
            written_back: 0,
            writeback: None,
            crc64: crc_fast::Digest::new(CrcAlgorithm::Crc64Xz),
        })
    }

    pub(super) fn write(&mut self, pieces: &[Bytes]) -> Result<(), Error> {
        for piece in pieces {
            self.crc64.update(piece);
            if piece.len() < SMALL_PIECE {
                self.gathered.extend_from_slice(piece);
            } else {
                self.put_gathered()?;
                self.put(piece)?;
            }
        }
        self.put_gathered()?;
        self.write_back()
    }

    pub(super) fn finish(mut self) -> Result<WrittenFile, Error> {
        let failed = |error| Error::io("making a data file durable", &error);
        if let Some(outcome) = self.writeback.take() {
            outcome.recv().unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into())).map_err(failed)?;
        }
        self.files.settle(&self.file, &mut self.guard).map_err(failed)?;
        let Self { guard, offset, crc64, .. } = self;
        Ok(WrittenFile { guard, size: offset, crc64: crc64.finalize() })
    }

    fn put_gathered(&mut self) -> Result<(), Error> {
        let mut gathered = std::mem::take(&mut self.gathered);
        let result = if gathered.is_empty() { Ok(()) } else { self.put(&gathered) };
        gathered.clear();
        self.gathered = gathered;
        result
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all_at(bytes, self.offset).map_err(|e| Error::io("writing a data file", &e))?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Has the disk take what was written, unless it is busy with that.
    fn write_back(&mut self) -> Result<(), Error> {
        match self.writeback.as_ref().map(Receiver::try_recv) {
            Some(Err(TryRecvError::Empty)) => return Ok(()),
            Some(Ok(Err(error))) => return Err(Error::io("writing a data file", &error)),
            Some(Err(TryRecvError::Disconnected)) => return Err(Error::Closed),
            Some(Ok(Ok(()))) | None => self.writeback = None,
        }
        if self.offset - self.written_back >= WRITEBACK_BYTES && self.files.is_durable() {
            let file = Arc::clone(&self.file);
            let (tell, outcome) = channel();
            self.written_back = self.offset;
            self.writeback = Some(outcome);
            tokio::task::spawn_blocking(move || drop(tell.send(file.sync_data())));
        }
        Ok(())
    }
}
