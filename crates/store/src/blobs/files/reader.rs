//! Reading data files, off the serving threads.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest};
use tokio::task::JoinHandle;

use super::DataFiles;
use crate::Error;
use crate::blobs::read_memory::{Piece, ReadMemory};
use crate::disk::DiskFile;
use crate::id::DataId;

/// A stretch of a data file being read.
#[derive(Debug)]
pub(crate) struct FileReader {
    files: Arc<DataFiles>,
    state: State,
}

#[derive(Debug)]
enum State {
    Unopened {
        id: DataId,
        range: Range<u64>,
        crc64: Option<u64>,
    },
    /// Nothing is being read.
    Idle(Box<Run>),
    /// The next piece is on its way.
    Reading(JoinHandle<ReadResult>),
    Ended,
}

/// A piece, and the rest of what is wanted.
type ReadResult = Result<(Bytes, Option<Box<Run>>), Error>;

/// A file that was opened, and what is left to read of it.
#[derive(Debug)]
struct Run {
    file: Arc<dyn DiskFile>,
    /// What is left to read.
    range: Range<u64>,
    /// With the checksum that it must have in the end, where there is one.
    digest: Option<(Digest, u64)>,
    memory: Arc<ReadMemory>,
}

impl FileReader {
    pub(crate) fn new(files: Arc<DataFiles>, id: DataId, range: Range<u64>, crc64: Option<u64>) -> Self {
        Self { files, state: State::Unopened { id, range, crc64 } }
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.state = match std::mem::replace(&mut self.state, State::Ended) {
            State::Unopened { id, range, crc64 } => {
                State::Reading(open_and_read(Arc::clone(&self.files), id, range, crc64))
            }
            State::Idle(run) => State::Reading(run.read_aside()),
            state @ (State::Reading(_) | State::Ended) => state,
        };
        let State::Reading(task) = &mut self.state else { return Ok(None) };
        let result = task.await.unwrap_or(Err(Error::Closed));
        self.state = State::Ended;
        let (piece, run) = result?;
        if let Some(run) = run {
            let is_scarce = self.files.reading.is_scarce();
            self.state = if is_scarce { State::Idle(run) } else { State::Reading(run.read_aside()) };
        }
        Ok(Some(piece))
    }
}

/// Opens a file and reads the first piece on another thread.
fn open_and_read(
    files: Arc<DataFiles>,
    id: DataId,
    range: Range<u64>,
    crc64: Option<u64>,
) -> JoinHandle<ReadResult> {
    let piece = files.reading.piece(range.end - range.start);
    tokio::task::spawn_blocking(move || {
        let file = files.open_read(id).map_err(|e| Error::io("opening a data file", &e))?;
        Run::begin(file, range, crc64, Arc::clone(&files.reading)).read(piece)
    })
}

impl Run {
    fn begin(
        file: Arc<dyn DiskFile>,
        range: Range<u64>,
        crc64: Option<u64>,
        memory: Arc<ReadMemory>,
    ) -> Box<Self> {
        let digest = crc64.map(|crc64| (Digest::new(CrcAlgorithm::Crc64Xz), crc64));
        Box::new(Self { file, range, digest, memory })
    }

    /// Reads a piece on another thread.
    fn read_aside(self: Box<Self>) -> JoinHandle<ReadResult> {
        let piece = self.memory.piece(self.range.end - self.range.start);
        tokio::task::spawn_blocking(move || self.read(piece))
    }

    /// Reads a piece, and returns what is left.
    fn read(mut self: Box<Self>, mut piece: Piece) -> ReadResult {
        let length = piece.length();
        self.file
            .fill_at(&mut piece.bytes, usize::try_from(length).unwrap_or(0), self.range.start)
            .map_err(|e| Error::io("reading a data file", &e))?;
        self.range.start += length;
        if let Some((digest, _)) = &mut self.digest {
            digest.update(&piece.bytes);
        }
        let is_end = self.range.is_empty();
        if is_end && self.digest.as_ref().is_some_and(|(digest, crc64)| digest.finalize() != *crc64) {
            return Err(Error::corrupt("a data file does not have the checksum it was written with"));
        }
        Ok((piece.into_bytes(), (!is_end).then_some(self)))
    }
}
