//! Reading remote blobs: one request for all that is wanted, of which one piece is read ahead.

use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use crc_fast::{CrcAlgorithm, Digest};
use futures_util::StreamExt as _;
use opendal::{Buffer, BufferStream};
use tokio::task::JoinHandle;

use super::{RemoteBlobs, failure, name};
use crate::Error;
use crate::blobs::read_memory::Piece;
use crate::id::DataId;

/// A stretch of a blob being read.
#[derive(Debug)]
pub(crate) struct RemoteReader {
    blobs: Arc<RemoteBlobs>,
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

/// What is left to read of a blob.
struct Run {
    blobs: Arc<RemoteBlobs>,
    stream: BufferStream,
    /// What came and was not given out.
    came: Buffer,
    /// Bytes that are left.
    left: u64,
    /// With the checksum that they must have in the end, where there is one.
    digest: Option<(Digest, u64)>,
}

impl RemoteReader {
    pub(crate) fn new(blobs: Arc<RemoteBlobs>, id: DataId, range: Range<u64>, crc64: Option<u64>) -> Self {
        Self { blobs, state: State::Unopened { id, range, crc64 } }
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.state = match std::mem::replace(&mut self.state, State::Ended) {
            State::Unopened { id, range, crc64 } => {
                State::Reading(open_and_read(&self.blobs, id, range, crc64))
            }
            State::Idle(run) => State::Reading(run.read_aside()),
            state @ (State::Reading(_) | State::Ended) => state,
        };
        let State::Reading(task) = &mut self.state else { return Ok(None) };
        let result = task.await.unwrap_or(Err(Error::Closed));
        self.state = State::Ended;
        let (piece, run) = result?;
        if let Some(run) = run {
            let is_scarce = self.blobs.reading.is_scarce();
            self.state = if is_scarce { State::Idle(run) } else { State::Reading(run.read_aside()) };
        }
        Ok(Some(piece))
    }
}

/// Opens a blob and reads the first piece.
fn open_and_read(
    blobs: &Arc<RemoteBlobs>,
    id: DataId,
    range: Range<u64>,
    crc64: Option<u64>,
) -> JoinHandle<ReadResult> {
    let piece = blobs.reading.piece(range.end - range.start);
    let reading = Arc::clone(blobs);
    blobs.threads.spawn(async move {
        let run = Run::open(reading, id, range, crc64).await.map_err(|e| failure::of_reading(&e))?;
        Box::new(run).read(piece).await
    })
}

impl Run {
    async fn open(
        blobs: Arc<RemoteBlobs>,
        id: DataId,
        range: Range<u64>,
        crc64: Option<u64>,
    ) -> opendal::Result<Self> {
        let left = range.end - range.start;
        let digest = crc64.map(|crc64| (Digest::new(CrcAlgorithm::Crc64Xz), crc64));
        let reader = blobs.operator.reader(&name(id)).await?;
        let stream = reader.into_stream(range).await?;
        Ok(Self { blobs, stream, came: Buffer::new(), left, digest })
    }

    /// Reads a piece on another thread.
    fn read_aside(self: Box<Self>) -> JoinHandle<ReadResult> {
        let piece = self.blobs.reading.piece(self.left);
        let blobs = Arc::clone(&self.blobs);
        blobs.threads.spawn(self.read(piece))
    }

    /// Reads a piece, and returns what is left.
    async fn read(mut self: Box<Self>, mut piece: Piece) -> ReadResult {
        let length = usize::try_from(piece.length()).unwrap_or(0);
        while piece.bytes.len() < length {
            if self.came.is_empty() {
                self.came = match self.stream.next().await {
                    Some(came) => came.map_err(|error| failure::of_reading(&error))?,
                    None => return Err(Error::corrupt("content is shorter than what was written")),
                };
                continue;
            }
            let part = self.came.chunk();
            let taken = part.len().min(length - piece.bytes.len());
            piece.bytes.extend_from_slice(part.get(..taken).unwrap_or_default());
            self.came.advance(taken);
        }
        self.left -= piece.length();
        if let Some((digest, _)) = &mut self.digest {
            digest.update(&piece.bytes);
        }
        let is_end = self.left == 0;
        if is_end && self.digest.as_ref().is_some_and(|(digest, crc64)| digest.finalize() != *crc64) {
            return Err(Error::corrupt("content does not have the checksum it was written with"));
        }
        Ok((piece.into_bytes(), (!is_end).then_some(self)))
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("left", &self.left).finish_non_exhaustive()
    }
}
