//! Encrypting content as it comes in.

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest};

use super::{CHUNK, Keys, TAG, nonce, write_head};
use crate::Error;
use crate::id::DataId;
use crate::model::{ContentKey, Encryption};

/// Encrypts the content of one id.
#[derive(Debug)]
pub(crate) struct Sealer {
    id: DataId,
    key: Box<dyn ContentKey>,
    /// The head, until it is given out.
    head: Option<Bytes>,
    /// The number of the next chunk.
    number: u64,
    /// What has come of the next chunk. It waits when it is whole, as it may be the last.
    chunk: Vec<u8>,
    crc64: Digest,
}

impl Sealer {
    pub(crate) fn new(keys: &Keys, encryption: &Encryption, id: DataId) -> Result<Self, Error> {
        let (sealed, key) = keys.make(encryption, id)?;
        Ok(Self {
            id,
            key,
            head: Some(write_head(&sealed).into()),
            number: 0,
            chunk: Vec::new(),
            crc64: Digest::new(CrcAlgorithm::Crc64Xz),
        })
    }

    /// Returns the id of the content.
    pub(crate) fn id(&self) -> DataId {
        self.id
    }

    /// Encrypts what is whole chunks together with what came before. Off the serving threads if it is much.
    pub(crate) fn take(&mut self, pieces: &[Bytes]) -> Result<Vec<Bytes>, Error> {
        let mut out: Vec<Bytes> = self.head.take().into_iter().collect();
        for piece in pieces {
            self.crc64.update(piece);
            let mut rest = piece.as_ref();
            while !rest.is_empty() {
                if self.chunk.len() as u64 == CHUNK {
                    out.push(self.close_chunk(false)?);
                }
                let room = (CHUNK as usize).saturating_sub(self.chunk.len());
                let (taken, left) = rest.split_at(rest.len().min(room));
                self.chunk.reserve_exact((CHUNK + TAG) as usize - self.chunk.len());
                self.chunk.extend_from_slice(taken);
                rest = left;
            }
        }
        Ok(out)
    }

    /// Encrypts the rest, and returns the CRC-64 of all that came.
    pub(crate) fn finish(mut self, pieces: &[Bytes]) -> Result<(Vec<Bytes>, u64), Error> {
        let mut out = self.take(pieces)?;
        out.push(self.close_chunk(true)?);
        Ok((out, self.crc64.finalize()))
    }

    /// Does the same to content that is all there.
    pub(crate) fn seal_all(self, content: Bytes) -> Result<Bytes, Error> {
        let (pieces, _) = self.finish(&[content])?;
        Ok(pieces.concat().into())
    }

    fn close_chunk(&mut self, is_last: bool) -> Result<Bytes, Error> {
        let mut chunk = std::mem::take(&mut self.chunk);
        self.key.seal(nonce(self.number, is_last), &mut chunk)?;
        self.number += 1;
        Ok(chunk.into())
    }
}
