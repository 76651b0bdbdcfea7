//! Data on its way in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};
use crc_fast::CrcAlgorithm;

use super::hashing::{Hashers, StreamMd5};
use super::md5::{self, Md5State};
use super::new_data::{Content, NewData};
use super::sealed::{Keys, Sealer, sealed_length};
use crate::Error;
use crate::blobs::{BlobGuard, BlobWriter, Blobs};
use crate::health::Condition;
use crate::id::IdSource;
use crate::model::Encryption;

/// Pieces are hashed and written when this much has come: more of a large upload, since every batch goes through three
/// threads, and less of each when many come at a time. Three batches of an upload are in memory at most, two when they
/// are [`CROWD`] or more.
const FIRST_BATCH: usize = 256 * 1024;
const MOST_BATCH: usize = 1024 * 1024;

/// With hundreds of uploads at a time, which then may well be slow ones, a batch is no larger than this.
const LEAST_BATCH: usize = 64 * 1024;

/// Pieces smaller than this are copied together: whoever sends a byte at a time would have each kept with its whereabouts,
/// and with the buffer that it came in.
const TINY_PIECE: usize = 4 * 1024;

/// The same with so many uploads at a time that the buffers count.
const SMALL_PIECE: usize = 64 * 1024;
const MANY: usize = 32;

/// What the batches of all uploads grow to together.
const ALL_BATCHES: usize = 8 * 1024 * 1024;

/// So many uploads at a time keep all threads busy without having anything wait for its turn.
const CROWD: usize = 16;

/// What uploads need of the store.
#[derive(Debug)]
pub(crate) struct DataPath {
    pub(crate) blobs: Blobs,
    pub(crate) keys: Keys,
    pub(crate) hashers: Arc<Hashers>,
    pub(crate) ids: Arc<IdSource>,
    pub(crate) condition: Arc<Condition>,
    pub(crate) inline_limit: usize,
    /// Uploads under way that are too large for a commit.
    pub(crate) large: Arc<AtomicUsize>,
}

/// Data on its way in. Dropping it leaves nothing behind.
#[derive(Debug)]
pub struct Upload {
    path: Arc<DataPath>,
    size: u64,
    /// The length, if it is known.
    expected: Option<u64>,
    state: State,
    /// The hash of what this data follows, where it is to be continued.
    before: Option<Md5State>,
    /// How the data is encrypted, and what does that until the data is too much for a commit.
    encryption: Option<Encryption>,
    sealer: Option<Box<Sealer>>,
    /// A piece is being taken. Set for good when the caller stops waiting: the piece is lost, and with it the upload.
    taking: bool,
}

#[derive(Debug)]
enum State {
    /// Few bytes so far, which fit into a commit.
    Small(Vec<u8>),
    /// Too many for a commit.
    Large {
        waiting: Batch,
        writer: BlobWriter,
        sealer: Option<Box<Sealer>>,
        md5: Box<StreamMd5>,
        /// Of what this data follows, and of the data.
        whole: Option<Box<StreamMd5>>,
        counted: Counted,
    },
    /// An error was reported.
    Failed,
}

/// What has come and is not being written.
#[derive(Debug, Default)]
struct Batch {
    pieces: Vec<Bytes>,
    /// Tiny pieces, after all others.
    tiny: BytesMut,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, piece: Bytes, uploads: usize) {
        self.bytes += piece.len();
        if piece.len() < if uploads > MANY { SMALL_PIECE } else { TINY_PIECE } {
            self.tiny.extend_from_slice(&piece);
        } else {
            self.close_tiny();
            self.pieces.push(piece);
        }
    }

    fn into_pieces(mut self) -> Vec<Bytes> {
        self.close_tiny();
        self.pieces
    }

    fn close_tiny(&mut self) {
        if !self.tiny.is_empty() {
            self.pieces.push(std::mem::take(&mut self.tiny).freeze());
        }
    }
}

/// One of the large uploads under way, until it is dropped.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(large: &Arc<AtomicUsize>) -> Self {
        large.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(large))
    }

    /// Returns the size at which a batch is hashed and written, for an upload of which this much has come.
    fn batch(&self, size: u64) -> usize {
        let share = ALL_BATCHES / self.all().max(1);
        let grown = usize::try_from(size / 4).unwrap_or(MOST_BATCH).max(FIRST_BATCH);
        grown.min(share).clamp(LEAST_BATCH, MOST_BATCH)
    }

    fn is_crowded(&self) -> bool {
        self.all() >= CROWD
    }

    /// Large uploads under way.
    fn all(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Upload {
    pub(crate) fn new(path: Arc<DataPath>, size_hint: Option<u64>) -> Self {
        let expected = size_hint.and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
        let bytes = Vec::with_capacity(if expected <= path.inline_limit { expected } else { 0 });
        Self {
            path,
            size: 0,
            expected: size_hint,
            state: State::Small(bytes),
            before: None,
            encryption: None,
            sealer: None,
            taking: false,
        }
    }

    /// Has the data encrypted before it is stored. It has to be said before any data comes.
    ///
    /// # Errors
    /// [`Error::NoSuchEncryptionKey`].
    pub fn encrypted(mut self, encryption: Option<&Encryption>) -> Result<Self, Error> {
        if let Some(encryption) = encryption {
            self.sealer = Some(Box::new(Sealer::new(&self.path.keys, encryption, self.path.ids.data())?));
            self.encryption = Some(encryption.clone());
        }
        Ok(self)
    }

    /// Continues the hash of what this data follows, besides making one of the data alone.
    pub(crate) fn following(self, before: Md5State) -> Self {
        Self { before: Some(before), ..self }
    }

    /// Takes a piece of the data. Waits while earlier pieces are being written, so memory stays bounded.
    ///
    /// # Errors
    /// When the disk failed; the upload is lost then, as it is when this future is dropped before it ends.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), Error> {
        if std::mem::replace(&mut self.taking, true) {
            return Err(Error::Closed);
        }
        self.size += piece.len() as u64;
        let result = match &mut self.state {
            State::Small(bytes) if bytes.len() + piece.len() <= self.path.inline_limit => {
                bytes.extend_from_slice(&piece);
                Ok(())
            }
            State::Small(bytes) => {
                let first = std::mem::take(bytes);
                self.become_large(first.into(), piece).await
            }
            State::Large { .. } => self.write_large(piece).await,
            State::Failed => Err(Error::Closed),
        };
        if result.is_err() {
            self.state = State::Failed;
        }
        self.taking = false;
        result
    }

    /// Bytes taken so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Ends the data: hashes are known, and data that does not travel inside the commit is on the disk.
    ///
    /// # Errors
    /// When the disk failed.
    pub async fn finish(self) -> Result<StoredData, Error> {
        if self.taking {
            return Err(Error::Closed);
        }
        match self.state {
            State::Small(bytes) => {
                let mut stored = StoredData::small(bytes, self.before, &self.path.ids);
                if let (Some(sealer), Content::Small(_, bytes)) = (self.sealer, &stored.new.content) {
                    stored.new.content = Content::Small(sealer.id(), sealer.seal_all(bytes.clone())?);
                }
                stored.new.encryption = self.encryption;
                Ok(stored)
            }
            State::Large { waiting, writer, sealer, mut md5, whole, counted } => {
                let batch = waiting.into_pieces();
                md5.hash(batch.clone(), counted.is_crowded()).await?;
                let whole = match whole {
                    Some(mut whole) => {
                        whole.hash(batch.clone(), counted.is_crowded()).await?;
                        Some(whole.finish())
                    }
                    None => None,
                };
                let (written, size, crc64) = match sealer {
                    Some(sealer) => {
                        let sealed = tokio::task::spawn_blocking(move || sealer.finish(&batch));
                        let (pieces, crc64) = sealed.await.unwrap_or(Err(Error::Closed))?;
                        (writer.finish(pieces).await?, self.size, crc64)
                    }
                    None => {
                        let written = writer.finish(batch).await?;
                        let (size, crc64) = (written.size, written.crc64);
                        (written, size, crc64)
                    }
                };
                let through = match whole {
                    Some(whole) => Some(whole.await?),
                    None => None,
                };
                let (id, guard) = (written.id, written.guard);
                let new = NewData {
                    size,
                    md5: md5.finish().await?.finish(),
                    crc64,
                    encryption: self.encryption,
                    content: Content::File(id),
                };
                Ok(StoredData { new, through, guard: Some(guard) })
            }
            State::Failed => Err(Error::Closed),
        }
    }

    async fn become_large(&mut self, first: Bytes, piece: Bytes) -> Result<(), Error> {
        let sealer = self.sealer.take();
        let (id, expected) = match &sealer {
            Some(sealer) => (sealer.id(), self.expected.map(sealed_length)),
            None => (self.path.ids.data(), self.expected),
        };
        let writer = self.path.blobs.create(id, expected).await?;
        let counted = Counted::new(&self.path.large);
        let mut waiting = Batch::default();
        waiting.push(first, counted.all());
        waiting.push(piece, counted.all());
        self.state = State::Large {
            waiting,
            writer,
            sealer,
            md5: Box::new(StreamMd5::after(Md5State::new(), Arc::clone(&self.path.hashers))),
            whole: self
                .before
                .take()
                .map(|before| Box::new(StreamMd5::after(before, Arc::clone(&self.path.hashers)))),
            counted,
        };
        self.hand_over().await
    }

    async fn write_large(&mut self, piece: Bytes) -> Result<(), Error> {
        if let State::Large { waiting, counted, .. } = &mut self.state {
            waiting.push(piece, counted.all());
        }
        self.hand_over().await
    }

    /// Has what waits hashed and written if it is enough, waiting for what is being written before.
    async fn hand_over(&mut self) -> Result<(), Error> {
        let State::Large { waiting, writer, sealer, md5, whole, counted } = &mut self.state else {
            return Ok(());
        };
        if waiting.bytes < counted.batch(self.size) {
            return Ok(());
        }
        self.path.condition.check_space(true)?;
        let batch = std::mem::take(waiting).into_pieces();
        md5.hash(batch.clone(), counted.is_crowded()).await?;
        if let Some(whole) = whole {
            whole.hash(batch.clone(), counted.is_crowded()).await?;
        }
        let Some(mut sealing) = sealer.take() else { return writer.write(batch).await };
        let sealed = tokio::task::spawn_blocking(move || {
            let pieces = sealing.take(&batch)?;
            Ok::<_, Error>((sealing, pieces))
        });
        let (sealing, pieces) = sealed.await.unwrap_or(Err(Error::Closed))?;
        *sealer = Some(sealing);
        writer.write(pieces).await
    }
}

/// Data that came in whole and waits to become an object or a part. Dropping it leaves nothing behind.
#[derive(Debug)]
pub struct StoredData {
    pub(crate) new: NewData,
    /// The hash of what the data follows and of the data, where it was continued.
    pub(crate) through: Option<Md5State>,
    pub(crate) guard: Option<BlobGuard>,
}

impl StoredData {
    fn small(bytes: Vec<u8>, before: Option<Md5State>, ids: &IdSource) -> Self {
        let size = bytes.len() as u64;
        let md5 = md5::digest(&bytes);
        let through = before.map(|mut state| {
            state.take(&bytes);
            state
        });
        let crc64 = crc_fast::checksum(CrcAlgorithm::Crc64Xz, &bytes);
        let content =
            if bytes.is_empty() { Content::Empty } else { Content::Small(ids.data(), Bytes::from(bytes)) };
        Self { new: NewData { size, md5, crc64, encryption: None, content }, through, guard: None }
    }

    /// Bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.new.size
    }

    /// MD5 of the bytes.
    #[must_use]
    pub fn md5(&self) -> [u8; 16] {
        self.new.md5
    }

    /// CRC-64 (XZ) of the bytes.
    #[must_use]
    pub fn crc64(&self) -> u64 {
        self.new.crc64
    }

    /// How they are encrypted.
    #[must_use]
    pub fn encryption(&self) -> Option<&Encryption> {
        self.new.encryption.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiny_pieces_are_kept_together_and_in_order() {
        let (mut batch, mut crowded) = (Batch::default(), Batch::default());
        let mut expected = Vec::new();
        for length in [1, 2, TINY_PIECE, 3, 1, TINY_PIECE + 1, TINY_PIECE - 1] {
            let piece: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            expected.extend_from_slice(&piece);
            batch.push(Bytes::from(piece.clone()), 1);
            crowded.push(Bytes::from(piece), MANY + 1);
        }
        assert_eq!(batch.bytes, expected.len());
        let pieces = batch.into_pieces();
        assert_eq!(pieces.len(), 5);
        assert_eq!(pieces.concat(), expected);
        let pieces = crowded.into_pieces();
        assert_eq!(pieces.len(), 1, "with many uploads, small ones as well");
        assert_eq!(pieces.concat(), expected);
    }

    #[test]
    fn a_batch_is_smaller_the_more_uploads_there_are() {
        let large = Arc::default();
        let mut counted = vec![Counted::new(&large)];
        assert_eq!(counted[0].batch(0), FIRST_BATCH);
        assert_eq!(counted[0].batch(1 << 30), MOST_BATCH);
        counted.extend((1..64).map(|_| Counted::new(&large)));
        assert_eq!(counted[0].batch(1 << 30), ALL_BATCHES / 64);
        counted.extend((64..1000).map(|_| Counted::new(&large)));
        assert_eq!(counted[0].batch(0), LEAST_BATCH);
    }
}
