//! Encryption of content: what is said of it, and the keys it is done with, which the store is given and does not know.

use std::fmt;

use crate::Error;
use crate::id::DataId;

/// The cipher that content is encrypted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// AES-256 in Galois/Counter Mode.
    Aes256Gcm,
    /// SM4 in Galois/Counter Mode (RFC 8998).
    Sm4Gcm,
}

/// How the content of an object is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Encryption {
    /// The cipher of the content.
    pub cipher: Cipher,
    /// The id of the key under which the keys of the content are sealed, where it was chosen from a key management
    /// service; `None` for the master key.
    pub kms_key: Option<String>,
}

/// The key of some content, sealed under another so that it can be kept beside the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// The cipher of the content.
    pub cipher: Cipher,
    /// Whether the other key is one of a key management service.
    pub is_kms: bool,
    /// The id of the other key, of up to 55 bytes.
    pub key_id: String,
    /// The key as it was sealed.
    pub sealed: [u8; Self::LENGTH],
}

/// The keys that seal the keys of content.
pub trait ContentKeys: fmt::Debug + Send + Sync {
    /// Makes a key for the content of this id, and seals it.
    ///
    /// # Errors
    /// [`Error::NoSuchEncryptionKey`].
    fn make(
        &self,
        encryption: &Encryption,
        content: ContentId,
    ) -> Result<(SealedKey, Box<dyn ContentKey>), Error>;

    /// Opens the key of the content of this id.
    ///
    /// # Errors
    /// [`Error::NoSuchEncryptionKey`], and [`Error::Corrupt`] for a key that was not sealed for this content or was changed.
    fn open(&self, sealed: &SealedKey, content: ContentId) -> Result<Box<dyn ContentKey>, Error>;
}

/// The key of some content. It is used for nothing else, so that numbers of chunks are nonces enough.
pub trait ContentKey: fmt::Debug + Send + Sync {
    /// Encrypts a chunk in place and adds its tag of 16 bytes.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    fn seal(&self, nonce: [u8; 12], chunk: &mut Vec<u8>) -> Result<(), Error>;

    /// Decrypts a chunk in place, whose last 16 bytes are its tag; tells whether it is what was encrypted.
    fn open(&self, nonce: [u8; 12], chunk: &mut [u8]) -> bool;
}

/// The id of content, which its key is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentId(pub(crate) DataId);

impl ContentId {
    /// Returns the 16 bytes that it is.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_bytes()
    }
}

impl SealedKey {
    /// Bytes of a sealed key: a nonce of 12, the key of 32, a tag of 16.
    pub const LENGTH: usize = 60;
}
