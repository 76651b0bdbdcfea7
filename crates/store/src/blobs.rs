//! Blobs: content that is too large to travel in a commit. A blob is written once, is whole and durable under its own id
//! before a command names it, and is never changed.
//!
//! Nothing outside of this folder knows files or which thread waits for a disk; what blobs need of the disk they share
//! with the embedded engine is in [`Upkeep`].

mod files;
mod pins;
mod read_memory;
mod remote;

use std::collections::HashSet;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use crate::disk::Disk;
use crate::id::DataId;
use crate::{Error, OpenError, StoreOptions};
use files::{DataFiles, FileGuard, FileReader, FileWriter};
pub(crate) use pins::Pin;
pub use remote::ContentPlace;
use remote::{RemoteBlobs, RemoteGuard, RemoteReader, RemoteWriter};

/// Where blobs are kept. Clones share it.
#[derive(Debug, Clone)]
pub(crate) enum Blobs {
    /// Files in the data folder.
    Files(Arc<DataFiles>),
    /// Objects of a place that nodes share.
    Remote(Arc<RemoteBlobs>),
}

/// A blob being written. Dropping it has what was written removed.
#[derive(Debug)]
pub(crate) enum BlobWriter {
    Files(FileWriter),
    Remote(RemoteWriter),
}

/// A blob that is whole and durable, and that nothing refers to yet.
#[derive(Debug)]
pub(crate) struct WrittenBlob {
    pub(crate) id: DataId,
    pub(crate) size: u64,
    pub(crate) crc64: u64,
    pub(crate) guard: BlobGuard,
}

/// Has a blob removed unless it was decided to keep it. While it lives, and until the blob is gone, that counts as unpublished.
#[derive(Debug)]
pub(crate) enum BlobGuard {
    Files(FileGuard),
    Remote(RemoteGuard),
}

/// A stretch of a blob being read.
#[derive(Debug)]
pub(crate) enum BlobReader {
    Files(FileReader),
    Remote(RemoteReader),
}

/// What became of blobs that were to be removed.
#[derive(Debug)]
pub(crate) struct Removed {
    /// Those that are gone, some of them perhaps before.
    pub(crate) gone: Vec<DataId>,
    /// The last failure, if there was one.
    pub(crate) outcome: Result<(), Error>,
}

/// What an engine does for blobs on the disk they share. All of it may wait for the disk.
#[derive(Debug, Clone)]
pub(crate) struct Upkeep(Blobs);

impl Blobs {
    /// Opens the files in the data folder, and removes what a crash left half written. It blocks.
    pub(crate) fn open_files(disk: Arc<dyn Disk>, dir: &Path, options: &StoreOptions) -> io::Result<Self> {
        Ok(Self::Files(Arc::new(DataFiles::open(disk, dir, options)?)))
    }

    /// Prepares for blobs in a place that nodes share, of which nothing is asked yet.
    pub(crate) fn in_place(place: &ContentPlace, options: &StoreOptions) -> Result<Self, OpenError> {
        Ok(Self::Remote(Arc::new(RemoteBlobs::new(place, options)?)))
    }

    /// Tells whether nodes share the blobs.
    pub(crate) fn is_shared(&self) -> bool {
        match self {
            Self::Files(_) => false,
            Self::Remote(_) => true,
        }
    }

    /// Checks that a place that nodes share belongs to the store of this id and can be used. It blocks.
    pub(crate) fn check_in(&self, store_id: &str) -> Result<(), OpenError> {
        match self {
            Self::Files(_) => Ok(()),
            Self::Remote(blobs) => blobs.check_in(store_id),
        }
    }

    /// Checks that a place that nodes share can be used and is no other store's, for a store that is not made yet. It blocks.
    pub(crate) fn admit_new_store(&self) -> Result<(), OpenError> {
        match self {
            Self::Files(_) => Ok(()),
            Self::Remote(blobs) => blobs.admit_new_store(),
        }
    }

    /// Asks a place that nodes share whether it answers.
    pub(crate) async fn reach(&self) -> Result<(), Error> {
        match self {
            Self::Files(_) => Ok(()),
            Self::Remote(blobs) => blobs.reach().await,
        }
    }

    /// Begins a blob, of which this many bytes are expected.
    pub(crate) async fn create(&self, id: DataId, expected: Option<u64>) -> Result<BlobWriter, Error> {
        match self {
            Self::Files(files) => FileWriter::create(files, id).await.map(BlobWriter::Files),
            Self::Remote(blobs) => RemoteWriter::create(blobs, id, expected).await.map(BlobWriter::Remote),
        }
    }

    /// Begins to read a range of a blob, whose checksum is compared if there is one.
    pub(crate) fn read(&self, id: DataId, range: Range<u64>, crc64: Option<u64>) -> BlobReader {
        match self {
            Self::Files(files) => BlobReader::Files(FileReader::new(Arc::clone(files), id, range, crc64)),
            Self::Remote(blobs) => BlobReader::Remote(RemoteReader::new(Arc::clone(blobs), id, range, crc64)),
        }
    }

    /// Counts bytes that were made of what was read, until they are dropped.
    pub(crate) fn hold(&self, bytes: Vec<u8>) -> Bytes {
        match self {
            Self::Files(files) => files.hold(bytes),
            Self::Remote(blobs) => blobs.hold(bytes),
        }
    }

    /// Removes blobs; that one is gone already is no error. One that cannot be removed does not hold up the rest.
    pub(crate) async fn remove(&self, ids: Vec<DataId>) -> Removed {
        match self {
            Self::Files(files) => files.remove(ids).await,
            Self::Remote(blobs) => blobs.remove(ids).await,
        }
    }

    /// Removes blobs that came to nothing: their guards were dropped, by somebody who must not wait for it.
    pub(crate) async fn remove_abandoned(&self) -> Result<(), Error> {
        match self {
            Self::Files(files) => files.remove_abandoned().await,
            Self::Remote(blobs) => blobs.remove_abandoned().await,
        }
    }

    /// Does the same at the end; guards that are dropped later remove their blobs themselves.
    pub(crate) async fn remove_last_abandoned(&self) -> Result<(), Error> {
        match self {
            Self::Files(files) => files.remove_last_abandoned().await,
            Self::Remote(blobs) => blobs.remove_last_abandoned().await,
        }
    }

    /// Makes removals durable, so that nothing comes back that nobody would look for.
    pub(crate) async fn sync_removals(&self) -> Result<(), Error> {
        match self {
            Self::Files(files) => files.sync_removals().await,
            // What comes back is found as an orphan.
            Self::Remote(_) => Ok(()),
        }
    }

    /// Returns how many listings there are, which together have all blobs.
    pub(crate) fn listings(&self) -> u16 {
        match self {
            Self::Files(_) => 1,
            Self::Remote(blobs) => blobs.listings(),
        }
    }

    /// Lists blobs, in no order; those of nodes that share them only if they are so old that none of the nodes can be about
    /// to refer to them.
    pub(crate) async fn list(&self, listing: u16) -> Result<Vec<DataId>, Error> {
        match self {
            Self::Files(files) => files.list().await,
            Self::Remote(blobs) => blobs.list(listing).await,
        }
    }

    /// Removes what nodes that died have left of blobs that were not whole. Returns how many blobs it was of.
    pub(crate) async fn remove_unfinished(&self) -> Result<usize, Error> {
        match self {
            // Those of a folder are removed when it is opened.
            Self::Files(_) => Ok(0),
            Self::Remote(blobs) => blobs.remove_unfinished().await,
        }
    }

    /// Counts the uploads in parts that are not finished.
    #[cfg(test)]
    pub(crate) async fn unfinished_uploads(&self) -> Result<usize, Error> {
        match self {
            Self::Files(_) => Ok(0),
            Self::Remote(blobs) => blobs.unfinished_uploads().await,
        }
    }

    /// Looks up the lengths of blobs, each on its own.
    pub(crate) async fn lengths(&self, ids: Vec<DataId>) -> Result<Vec<io::Result<u64>>, Error> {
        match self {
            Self::Files(files) => files.lengths(ids).await,
            Self::Remote(blobs) => blobs.lengths(ids).await,
        }
    }

    /// Keeps blobs and manifests from being reclaimed while the pin lives.
    pub(crate) fn pin(&self, ids: Vec<DataId>) -> Pin {
        match self {
            Self::Files(files) => files.pins().pin(ids),
            Self::Remote(blobs) => blobs.pins().pin(ids),
        }
    }

    pub(crate) fn is_pinned(&self, id: DataId) -> bool {
        match self {
            Self::Files(files) => files.pins().has(id),
            Self::Remote(blobs) => blobs.pins().has(id),
        }
    }

    /// Tells the blobs that are being written, or that a command is about to refer to. A blob that is listed, and not in
    /// what this tells afterwards, has been referred to since if it ever will be.
    pub(crate) fn unpublished(&self) -> HashSet<DataId> {
        match self {
            Self::Files(files) => files.unpublished(),
            Self::Remote(blobs) => blobs.unpublished(),
        }
    }

    /// Tells the bytes that are free for us, and all there are, where there is an end to them.
    pub(crate) fn space(&self) -> Result<Option<(u64, u64)>, Error> {
        match self {
            Self::Files(files) => files.space().map(Some),
            Self::Remote(_) => Ok(None),
        }
    }

    /// Returns what an engine on the same disk does for blobs.
    pub(crate) fn upkeep(&self) -> Upkeep {
        Upkeep(self.clone())
    }
}

impl BlobWriter {
    /// Begins to write pieces, after those before are written. So one batch is being written while the next comes in;
    /// what fails is told by the next call.
    pub(crate) async fn write(&mut self, pieces: Vec<Bytes>) -> Result<(), Error> {
        match self {
            Self::Files(writer) => writer.write(pieces).await,
            Self::Remote(writer) => writer.write(pieces).await,
        }
    }

    /// Writes the last pieces and makes the blob durable under its id.
    pub(crate) async fn finish(self, last: Vec<Bytes>) -> Result<WrittenBlob, Error> {
        match self {
            Self::Files(writer) => writer.finish(last).await,
            Self::Remote(writer) => writer.finish(last).await,
        }
    }
}

impl BlobGuard {
    /// Leaves the blob: something refers to it.
    pub(crate) fn keep(self) {
        match self {
            Self::Files(guard) => guard.keep(),
            Self::Remote(guard) => guard.keep(),
        }
    }
}

impl BlobReader {
    /// Returns the next piece; `None` at the end, and after an error. The piece after it is read ahead while there is
    /// memory.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        match self {
            Self::Files(reader) => reader.next().await,
            Self::Remote(reader) => reader.next().await,
        }
    }
}

impl Upkeep {
    /// Syncs what relaxed durability put off.
    pub(crate) fn sync_relaxed(&self) -> io::Result<()> {
        match &self.0 {
            Blobs::Files(files) => files.sync_relaxed(),
            Blobs::Remote(_) => Ok(()),
        }
    }

    /// Fails when so little space is left that it is needed for merging files and for deletions.
    pub(crate) fn check_reserve(&self) -> Result<(), Error> {
        match &self.0 {
            Blobs::Files(files) => files.check_reserve(),
            Blobs::Remote(_) => Ok(()),
        }
    }
}
