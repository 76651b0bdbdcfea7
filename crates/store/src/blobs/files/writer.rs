//! Writing data files, off the receiving threads.

use std::sync::Arc;

use bytes::Bytes;
use crc_fast::CrcAlgorithm;
use tokio::task::JoinHandle;

use super::{DataFiles, FileGuard, aside};
use crate::Error;
use crate::blobs::{BlobGuard, WrittenBlob};
use crate::disk::DiskFile;
use crate::id::DataId;

/// The disk is given the data whenever this much has been written, so that the sync at the end is short.
const WRITEBACK_BYTES: u64 = 1 << 20;

/// A data file being written, one batch of pieces at a time.
#[derive(Debug)]
pub(crate) struct FileWriter {
    state: State,
}

#[derive(Debug)]
enum State {
    Idle(Box<NewFile>),
    /// A batch is being written.
    Busy(JoinHandle<Result<Box<NewFile>, Error>>),
    /// Being waited for, or an error was reported.
    Lost,
}

/// A data file that is not whole yet.
#[derive(Debug)]
struct NewFile {
    files: Arc<DataFiles>,
    file: Arc<dyn DiskFile>,
    guard: FileGuard,
    offset: u64,
    /// What comes before was given to the disk.
    given: u64,
    crc64: crc_fast::Digest,
}

impl FileWriter {
    pub(crate) async fn create(files: &Arc<DataFiles>, id: DataId) -> Result<Self, Error> {
        let files = Arc::clone(files);
        let file = aside(move || NewFile::create(&files, id)).await?;
        Ok(Self { state: State::Idle(Box::new(file)) })
    }

    /// Has pieces written when those before are. Dropping the future loses the file.
    pub(crate) async fn write(&mut self, pieces: Vec<Bytes>) -> Result<(), Error> {
        let mut file = std::mem::replace(&mut self.state, State::Lost).wait().await?;
        self.state = State::Busy(tokio::task::spawn_blocking(move || {
            file.write(&pieces)?;
            Ok(file)
        }));
        Ok(())
    }

    pub(crate) async fn finish(self, last: Vec<Bytes>) -> Result<WrittenBlob, Error> {
        let mut file = self.state.wait().await?;
        aside(move || {
            file.write(&last)?;
            file.finish()
        })
        .await
    }
}

impl State {
    /// Waits until nothing is being written.
    async fn wait(self) -> Result<Box<NewFile>, Error> {
        match self {
            Self::Idle(file) => Ok(file),
            Self::Busy(task) => task.await.unwrap_or(Err(Error::Closed)),
            Self::Lost => Err(Error::Closed),
        }
    }
}

impl NewFile {
    fn create(files: &Arc<DataFiles>, id: DataId) -> Result<Self, Error> {
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

    fn write(&mut self, pieces: &[Bytes]) -> Result<(), Error> {
        self.file.write_pieces_at(pieces, self.offset).map_err(|e| Error::io("writing a data file", &e))?;
        for piece in pieces {
            self.crc64.update(piece);
            self.offset += piece.len() as u64;
        }
        if self.offset - self.given >= WRITEBACK_BYTES && self.files.is_durable() {
            self.file.begin_writeback(self.given, self.offset - self.given);
            self.given = self.offset;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<WrittenBlob, Error> {
        self.files
            .publish(&self.file, &mut self.guard)
            .map_err(|e| Error::io("making a data file durable", &e))?;
        let Self { guard, offset, crc64, .. } = self;
        let (id, guard) = (guard.id(), BlobGuard::Files(guard));
        Ok(WrittenBlob { id, size: offset, crc64: crc64.finalize(), guard })
    }
}
