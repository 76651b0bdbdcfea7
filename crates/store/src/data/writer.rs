//! Writing a data file, off the receiving threads.

use std::sync::Arc;

use bytes::Bytes;
use crc_fast::CrcAlgorithm;

use crate::Error;
use crate::disk::DiskFile;
use crate::file::{DataFiles, FileGuard};
use crate::id::DataId;

/// The disk is given the data whenever this much has been written, so that the sync at the end is short.
const WRITEBACK_BYTES: u64 = 1 << 20;

/// Pieces smaller than this are gathered before they are written.
const SMALL_PIECE: usize = 64 * 1024;

/// A data file being written.
#[derive(Debug)]
pub(super) struct FileWriter {
    files: Arc<DataFiles>,
    file: Arc<dyn DiskFile>,
    guard: FileGuard,
    offset: u64,
    /// What comes before was given to the disk.
    given: u64,
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
            offset: 0,
            given: 0,
            crc64: crc_fast::Digest::new(CrcAlgorithm::Crc64Xz),
        })
    }

    pub(super) fn write(&mut self, pieces: &[Bytes]) -> Result<(), Error> {
        let mut gathered = Vec::new();
        for piece in pieces {
            self.crc64.update(piece);
            if piece.len() < SMALL_PIECE {
                gathered.extend_from_slice(piece);
            } else {
                self.put_gathered(&mut gathered)?;
                self.put(piece)?;
            }
        }
        self.put_gathered(&mut gathered)?;
        if self.offset - self.given >= WRITEBACK_BYTES && self.files.is_durable() {
            self.file.begin_writeback(self.given, self.offset - self.given);
            self.given = self.offset;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<WrittenFile, Error> {
        self.files
            .settle(&self.file, &mut self.guard)
            .map_err(|e| Error::io("making a data file durable", &e))?;
        let Self { guard, offset, crc64, .. } = self;
        Ok(WrittenFile { guard, size: offset, crc64: crc64.finalize() })
    }

    fn put_gathered(&mut self, gathered: &mut Vec<u8>) -> Result<(), Error> {
        if !gathered.is_empty() {
            self.put(gathered)?;
            gathered.clear();
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all_at(bytes, self.offset).map_err(|e| Error::io("writing a data file", &e))?;
        self.offset += bytes.len() as u64;
        Ok(())
    }
}
