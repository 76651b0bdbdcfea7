//! Encrypted content: a head with the sealed key of the content, and then chunks, each of which is encrypted and authenticated
//! on its own, so that a range is read without the rest. `docs/on-disk-format.md` has it byte by byte.

mod sealed_reader;
mod sealer;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

pub(crate) use sealed_reader::SealedReader;
pub(crate) use sealer::Sealer;

use crate::id::DataId;
use crate::model::{Cipher, ContentId, ContentKey, ContentKeys, Encryption, SealedKey};
use crate::{Error, extent::Extent};

/// Bytes of the head.
pub(crate) const HEAD: u64 = 128;

/// Bytes of a chunk before it is encrypted; the last may have fewer.
const CHUNK: u64 = 1 << CHUNK_BITS;
const CHUNK_BITS: u8 = 16;

/// Bytes of the tag that follows a chunk.
const TAG: u64 = 16;

const MAGIC: &[u8; 8] = b"OSSISEAL";
const VERSION: u8 = 1;

/// Bytes that the id of the key has in the head, after its length.
const KEY_ID: usize = 55;

/// The keys of the process, which are told after the store is opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(Arc<OnceLock<Arc<dyn ContentKeys>>>);

impl Keys {
    /// Sets the keys, once.
    pub(crate) fn set(&self, keys: Arc<dyn ContentKeys>) {
        // The first ones count.
        let _ = self.0.set(keys);
    }

    fn make(&self, encryption: &Encryption, id: DataId) -> Result<(SealedKey, Box<dyn ContentKey>), Error> {
        match self.0.get() {
            Some(keys) => keys.make(encryption, ContentId(id)),
            None => Err(no_keys(encryption.kms_key.as_deref())),
        }
    }

    /// Opens the key of content by its head.
    fn open(&self, head: &[u8], id: DataId) -> Result<Box<dyn ContentKey>, Error> {
        let sealed =
            parse_head(head).ok_or_else(|| Error::corrupt(format!("the head of the content {id}")))?;
        match self.0.get() {
            Some(keys) => keys.open(&sealed, ContentId(id)),
            None => Err(Error::NoSuchEncryptionKey { id: sealed.key_id, is_kms: sealed.is_kms }),
        }
    }
}

fn no_keys(kms_key: Option<&str>) -> Error {
    Error::NoSuchEncryptionKey { id: kms_key.unwrap_or("").to_owned(), is_kms: kms_key.is_some() }
}

/// Returns how long content of this length is when it is encrypted.
pub(crate) fn sealed_length(length: u64) -> u64 {
    HEAD + length + length.div_ceil(CHUNK) * TAG
}

/// The chunks that hold a range of some content.
#[derive(Debug, Clone)]
struct Chunks {
    /// The number of the first one.
    first: u64,
    /// The number of the content's last chunk.
    last_of_all: u64,
    /// Where they are in the encrypted content.
    stored: Range<u64>,
    /// What is wanted, counted from the beginning of the first chunk.
    wanted: Range<u64>,
}

impl Chunks {
    /// Returns the chunks that hold a range, which is not empty, of the content that is the extent.
    fn of(extent: &Extent, wanted: &Range<u64>) -> Self {
        let (first, last) = (wanted.start / CHUNK, wanted.end.saturating_sub(1) / CHUNK);
        let start = HEAD + first * (CHUNK + TAG);
        let end = (HEAD + (last + 1) * (CHUNK + TAG)).min(sealed_length(extent.length));
        Self {
            first,
            last_of_all: extent.length.div_ceil(CHUNK).saturating_sub(1),
            stored: start..end,
            wanted: wanted.start - first * CHUNK..wanted.end - first * CHUNK,
        }
    }
}

/// Returns the nonce of a chunk, which tells whether it is the last: content that was cut does not pass for whole.
fn nonce(number: u64, is_last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    if let Some((flag, rest)) = nonce.split_first_mut() {
        *flag = u8::from(is_last);
        if let Some(place) = rest.last_chunk_mut::<8>() {
            *place = number.to_be_bytes();
        }
    }
    nonce
}

/// Decrypts whole chunks, of which the first has this number, and leaves out their tags.
fn open_chunks(
    key: &dyn ContentKey,
    mut number: u64,
    last_of_all: u64,
    mut sealed: Vec<u8>,
    id: DataId,
) -> Result<Vec<u8>, Error> {
    let (mut from, mut to) = (0, 0);
    while from < sealed.len() {
        let end = (from + (CHUNK + TAG) as usize).min(sealed.len());
        let length = (end - from).saturating_sub(TAG as usize);
        let chunk = sealed.get_mut(from..end).unwrap_or_default();
        if length == 0 || !key.open(nonce(number, number == last_of_all), chunk) {
            return Err(Error::corrupt(format!("the encrypted content {id} was changed in chunk {number}")));
        }
        sealed.copy_within(from..from + length, to);
        (from, to, number) = (end, to + length, number + 1);
    }
    sealed.truncate(to);
    Ok(sealed)
}

/// Decrypts a range of small content.
pub(crate) fn open_small(
    keys: &Keys,
    id: DataId,
    content: &Bytes,
    extent: &Extent,
    wanted: &Range<u64>,
) -> Result<Bytes, Error> {
    let short = || Error::corrupt("encrypted content is shorter than its extent");
    let chunks = Chunks::of(extent, wanted);
    let place = |range: &Range<u64>| {
        let (start, end) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
        content.get(start..end)
    };
    let key = keys.open(place(&(0..HEAD)).ok_or_else(short)?, id)?;
    let sealed = place(&chunks.stored).ok_or_else(short)?.to_vec();
    let opened = Bytes::from(open_chunks(key.as_ref(), chunks.first, chunks.last_of_all, sealed, id)?);
    cut(&opened, &chunks.wanted).ok_or_else(short)
}

/// Cuts out a range.
fn cut(bytes: &Bytes, range: &Range<u64>) -> Option<Bytes> {
    let (start, end) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
    (start <= end && end <= bytes.len()).then(|| bytes.slice(start..end))
}

fn write_head(key: &SealedKey) -> Vec<u8> {
    let mut head = Vec::with_capacity(HEAD as usize);
    head.extend_from_slice(MAGIC);
    head.extend([VERSION, cipher_to_u8(key.cipher), CHUNK_BITS, u8::from(key.is_kms)]);
    let id = key.key_id.as_bytes();
    head.push(u8::try_from(id.len()).unwrap_or(u8::MAX));
    head.extend_from_slice(id);
    head.resize(HEAD as usize - SealedKey::LENGTH, 0);
    head.extend_from_slice(&key.sealed);
    head
}

fn parse_head(head: &[u8]) -> Option<SealedKey> {
    let (before, sealed) = head.first_chunk::<{ HEAD as usize }>()?.split_last_chunk()?;
    let [VERSION, cipher, CHUNK_BITS, manager, length, id @ ..] = before.strip_prefix(MAGIC)? else {
        return None;
    };
    let is_kms = match manager {
        0 => false,
        1 => true,
        _ => return None,
    };
    let id = id.get(..usize::from(*length)).filter(|id| id.len() <= KEY_ID)?;
    Some(SealedKey {
        cipher: cipher_from_u8(*cipher)?,
        is_kms,
        key_id: std::str::from_utf8(id).ok()?.to_owned(),
        sealed: *sealed,
    })
}

/// Returns the number by which a cipher is kept.
pub(crate) fn cipher_to_u8(cipher: Cipher) -> u8 {
    match cipher {
        Cipher::Aes256Gcm => 1,
        Cipher::Sm4Gcm => 2,
    }
}

/// Returns the cipher that is kept by a number.
pub(crate) fn cipher_from_u8(number: u8) -> Option<Cipher> {
    match number {
        1 => Some(Cipher::Aes256Gcm),
        2 => Some(Cipher::Sm4Gcm),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extent::Place;

    #[test]
    fn a_head_is_read_as_it_was_written() {
        let key = SealedKey {
            cipher: Cipher::Sm4Gcm,
            is_kms: true,
            key_id: "9468da86-3509-4f8d-a61e-6eab1eac0000".into(),
            sealed: [7; SealedKey::LENGTH],
        };
        let head = write_head(&key);
        assert_eq!(head.len() as u64, HEAD);
        assert_eq!(parse_head(&head), Some(key));
        for at in [0, 8, 9, 10, 11, 12] {
            let mut changed = head.clone();
            changed[at] = 99;
            assert_eq!(parse_head(&changed), None, "byte {at}");
        }
        assert_eq!(parse_head(&head[1..]), None);
    }

    #[test]
    fn ranges_are_in_whole_chunks() {
        let check = |length: u64, wanted: Range<u64>, first: u64, stored: Range<u64>, inside: Range<u64>| {
            let place = Place::Content(DataId::from_bytes([0; 16]));
            let extent = Extent { place, offset: 0, length, crc64: 0, is_sealed: true };
            let chunks = Chunks::of(&extent, &wanted);
            assert_eq!((chunks.first, chunks.stored, chunks.wanted), (first, stored, inside), "{wanted:?}");
        };
        check(1, 0..1, 0, 128..145, 0..1);
        check(CHUNK, 5..6, 0, 128..128 + CHUNK + 16, 5..6);
        check(CHUNK + 1, 0..CHUNK + 1, 0, 128..128 + CHUNK + 33, 0..CHUNK + 1);
        check(3 * CHUNK, CHUNK + 2..CHUNK + 3, 1, 128 + CHUNK + 16..128 + 2 * (CHUNK + 16), 2..3);
        assert_eq!(sealed_length(CHUNK + 1), 128 + CHUNK + 33);
        assert_ne!(nonce(1, false), nonce(1, true));
        assert_eq!(nonce(0x0102, true), [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    }
}
