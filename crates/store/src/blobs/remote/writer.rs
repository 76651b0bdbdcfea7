//! Writing remote blobs, in pieces of which one is on its way while the next comes in.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use crc_fast::CrcAlgorithm;
use opendal::Buffer;
use tokio::task::JoinHandle;

use super::{RemoteBlobs, RemoteGuard, failure, name};
use crate::Error;
use crate::blobs::{BlobGuard, WrittenBlob};
use crate::id::DataId;

/// Bytes sent at once. Places that are like S3 take no smaller ones, but for the last, and ten thousand of them at most.
const PIECE_BYTES: usize = 8 << 20;

/// What a writer holds at most: a piece that is being sent, and what comes in for the next.
const MOST_BYTES: u64 = 2 * PIECE_BYTES as u64;

/// An upload waits no longer than this for others to give up their memory.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Memory for writing is counted in units of so many bytes.
const UNIT_BYTES: u64 = 64 << 10;

/// A blob being written, one batch of pieces at a time.
#[derive(Debug)]
pub(crate) struct RemoteWriter {
    state: State,
}

#[derive(Debug)]
enum State {
    Idle(Box<NewBlob>),
    /// A batch is being written.
    Busy(JoinHandle<Result<Box<NewBlob>, Error>>),
    /// Being waited for, or an error was reported.
    Lost,
}

/// A blob that is not whole yet.
#[derive(Debug)]
struct NewBlob {
    guard: RemoteGuard,
    size: u64,
    crc64: crc_fast::Digest,
}

/// Returns the units of memory that so many bytes are, at least what one writer needs.
pub(super) fn units(bytes: u64) -> usize {
    usize::try_from(bytes.max(MOST_BYTES).div_ceil(UNIT_BYTES)).unwrap_or(usize::MAX >> 4)
}

impl RemoteWriter {
    /// Begins a blob, of which this many bytes are expected, when there is memory for what it holds.
    pub(crate) async fn create(
        blobs: &Arc<RemoteBlobs>,
        id: DataId,
        expected: Option<u64>,
    ) -> Result<Self, Error> {
        let held = expected.unwrap_or(MOST_BYTES).clamp(1, MOST_BYTES).div_ceil(UNIT_BYTES);
        let units = u32::try_from(held).unwrap_or(u32::MAX);
        let memory = Arc::clone(&blobs.writing).acquire_many_owned(units);
        let memory = tokio::time::timeout(LONGEST_WAIT, memory).await.map_err(|_| Error::Busy)?;
        let memory = memory.map_err(|_| Error::Closed)?;
        let begun = Arc::clone(blobs);
        let new = blobs.threads.run(async move {
            begun.check_mounted().await?;
            let writer = begun.operator.writer_with(&name(id)).chunk(PIECE_BYTES).await;
            let writer = writer.map_err(|error| failure::of("writing content", &error))?;
            let guard = RemoteGuard::new(begun, id, writer, memory);
            Ok(NewBlob { guard, size: 0, crc64: crc_fast::Digest::new(CrcAlgorithm::Crc64Xz) })
        });
        Ok(Self { state: State::Idle(Box::new(new.await?)) })
    }

    /// Has pieces written when those before are. Dropping the future loses the blob.
    pub(crate) async fn write(&mut self, pieces: Vec<Bytes>) -> Result<(), Error> {
        let new = std::mem::replace(&mut self.state, State::Lost).wait().await?;
        self.state = State::Busy(new.write_aside(pieces));
        Ok(())
    }

    pub(crate) async fn finish(self, last: Vec<Bytes>) -> Result<WrittenBlob, Error> {
        let new = self.state.wait().await?;
        let mut new = new.write_aside(last).await.unwrap_or(Err(Error::Closed))?;
        let blobs = Arc::clone(new.guard.blobs());
        blobs
            .threads
            .run(async move {
                new.close().await?;
                new.guard.blobs().check_mounted().await?;
                let NewBlob { guard, size, crc64 } = *new;
                let (id, guard) = (guard.id(), BlobGuard::Remote(guard));
                Ok(WrittenBlob { id, size, crc64: crc64.finalize(), guard })
            })
            .await
    }
}

impl State {
    /// Waits until nothing is being written.
    async fn wait(self) -> Result<Box<NewBlob>, Error> {
        match self {
            Self::Idle(new) => Ok(new),
            Self::Busy(task) => task.await.unwrap_or(Err(Error::Closed)),
            Self::Lost => Err(Error::Closed),
        }
    }
}

impl NewBlob {
    fn write_aside(mut self: Box<Self>, pieces: Vec<Bytes>) -> JoinHandle<Result<Box<Self>, Error>> {
        let blobs = Arc::clone(self.guard.blobs());
        blobs.threads.spawn(async move {
            for piece in &pieces {
                self.crc64.update(piece);
                self.size += piece.len() as u64;
            }
            let writer = self.guard.unfinished().and_then(|unfinished| unfinished.writer.as_mut());
            let written = writer.ok_or(Error::Closed)?.write(Buffer::from_iter(pieces)).await;
            written.map_err(|error| failure::of("writing content", &error))?;
            Ok(self)
        })
    }

    /// Sends what was not sent, and has the blob appear under its name, for good.
    async fn close(&mut self) -> Result<(), Error> {
        let unfinished = self.guard.unfinished().ok_or(Error::Closed)?;
        unfinished.may_exist = true;
        let closed = unfinished.writer.as_mut().ok_or(Error::Closed)?.close().await;
        closed.map_err(|error| failure::of("writing content", &error))?;
        unfinished.writer = None;
        unfinished.memory = None;
        let Some(folders) = self.guard.blobs().folders.clone() else { return Ok(()) };
        let name = name(self.guard.id());
        let synced = tokio::task::spawn_blocking(move || folders.sync(&name)).await;
        let synced = synced.map_err(|_| Error::Closed)?;
        synced.map_err(|error| Error::io("making content durable", &error))
    }
}
