//! Decrypting a range of a blob as it is read.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::{CHUNK, Chunks, HEAD, Keys, TAG, cut, open_chunks};
use crate::Error;
use crate::blobs::{BlobReader, Blobs};
use crate::extent::Extent;
use crate::id::DataId;
use crate::model::ContentKey;

/// A range of encrypted content being read.
#[derive(Debug)]
pub(crate) struct SealedReader {
    blobs: Blobs,
    keys: Keys,
    id: DataId,
    chunks: Chunks,
    state: State,
    /// What was read and not decrypted.
    sealed: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Unopened,
    Open { reader: BlobReader, key: Arc<dyn ContentKey> },
    Ended,
}

impl SealedReader {
    pub(crate) fn new(blobs: &Blobs, keys: &Keys, id: DataId, extent: &Extent, wanted: &Range<u64>) -> Self {
        let chunks = Chunks::of(extent, wanted);
        let (blobs, keys) = (blobs.clone(), keys.clone());
        Self { blobs, keys, id, chunks, state: State::Unopened, sealed: Vec::new() }
    }

    /// Returns the next piece; `None` at the end, and after an error.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Unopened => {
                let (reader, key) = self.open().await?;
                self.read_on(reader, key).await
            }
            State::Open { reader, key } => self.read_on(reader, key).await,
            State::Ended => Ok(None),
        }
    }

    /// Reads the head, in one go with the chunks if they follow it.
    async fn open(&mut self) -> Result<(BlobReader, Arc<dyn ContentKey>), Error> {
        let follows = self.chunks.first == 0;
        let range = if follows { 0..self.chunks.stored.end } else { 0..HEAD };
        let mut reader = self.blobs.read(self.id, range, None);
        while (self.sealed.len() as u64) < HEAD {
            let piece = reader.next().await?;
            let piece =
                piece.ok_or_else(|| Error::corrupt(format!("the head of the content {}", self.id)))?;
            self.sealed.extend_from_slice(&piece);
        }
        let key: Arc<dyn ContentKey> = self.keys.open(&self.sealed, self.id)?.into();
        self.sealed.drain(..HEAD as usize);
        if !follows {
            reader = self.blobs.read(self.id, self.chunks.stored.clone(), None);
        }
        Ok((reader, key))
    }

    async fn read_on(
        &mut self,
        mut reader: BlobReader,
        key: Arc<dyn ContentKey>,
    ) -> Result<Option<Bytes>, Error> {
        loop {
            let is_end = self.sealed.len() as u64 == self.left();
            let whole = self.sealed.len() - self.sealed.len() % (CHUNK + TAG) as usize;
            let ready = if is_end { self.sealed.len() } else { whole };
            if ready > 0 {
                let piece = self.decrypt(ready, &key).await?;
                if !self.chunks.wanted.is_empty() {
                    self.state = State::Open { reader, key };
                }
                return Ok(Some(piece));
            }
            match reader.next().await? {
                Some(piece) => self.sealed.extend_from_slice(&piece),
                None => return Err(Error::corrupt(format!("the content {} is cut off", self.id))),
            }
        }
    }

    /// Encrypted bytes that are not decrypted yet.
    fn left(&self) -> u64 {
        self.chunks.stored.end - self.chunks.stored.start
    }

    /// Decrypts the first bytes, which are whole chunks, and returns what is wanted of them.
    async fn decrypt(&mut self, length: usize, key: &Arc<dyn ContentKey>) -> Result<Bytes, Error> {
        let rest = self.sealed.split_off(length);
        let sealed = std::mem::replace(&mut self.sealed, rest);
        let (key, number, last, id) = (Arc::clone(key), self.chunks.first, self.chunks.last_of_all, self.id);
        let opened = tokio::task::spawn_blocking(move || open_chunks(key.as_ref(), number, last, sealed, id));
        let opened = opened.await.unwrap_or(Err(Error::Closed))?;
        let opened = self.blobs.hold(opened);
        let chunks = &mut self.chunks;
        chunks.first += (length as u64).div_ceil(CHUNK + TAG);
        chunks.stored.start += length as u64;
        let end = chunks.wanted.end.min(opened.len() as u64);
        let piece = cut(&opened, &(chunks.wanted.start..end));
        chunks.wanted = 0..chunks.wanted.end - end;
        piece.ok_or_else(|| Error::corrupt("encrypted content is shorter than its extent"))
    }
}
