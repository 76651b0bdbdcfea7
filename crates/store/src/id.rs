//! Identifiers the store makes: of data, of uploads, of generations.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Of a data file, small content or a manifest. Later ones are greater, so that new rows of content are written
/// next to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DataId([u8; 16]);

impl DataId {
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(crate) fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// Reads the identifier from a data file's name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let lower = name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (name.len() == 32 && lower)
            .then(|| u128::from_str_radix(name, 16).ok())
            .flatten()
            .map(|number| Self(number.to_be_bytes()))
    }
}

impl fmt::Display for DataId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// Of a multipart upload; cannot be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UploadId([u8; 16]);

impl UploadId {
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(crate) fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// Reads the identifier from its 32 upper-case hexadecimal digits; nothing else is one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let upper = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
        (text.len() == 32 && upper)
            .then(|| u128::from_str_radix(text, 16).ok())
            .flatten()
            .map(|number| Self(number.to_be_bytes()))
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032X}", u128::from_be_bytes(self.0))
    }
}

/// Makes identifiers.
#[derive(Debug)]
pub(crate) struct IdSource {
    last: AtomicU64,
}

impl IdSource {
    pub(crate) fn new() -> Self {
        Self { last: AtomicU64::new(0) }
    }

    /// Greater than every one before in this process, and by the clock than those of earlier ones.
    pub(crate) fn generation(&self) -> u64 {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(elapsed.as_nanos()).unwrap_or(0);
        let mut last = self.last.load(Ordering::Relaxed);
        loop {
            let next = now.max(last + 1);
            match self.last.compare_exchange_weak(last, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return next,
                Err(present) => last = present,
            }
        }
    }

    pub(crate) fn data(&self) -> DataId {
        let number = (u128::from(self.generation()) << 64) | u128::from(rand::random::<u64>());
        DataId(number.to_be_bytes())
    }

    pub(crate) fn upload(&self) -> UploadId {
        UploadId(rand::random())
    }

    pub(crate) fn store(&self) -> [u8; 16] {
        rand::random()
    }

    pub(crate) fn salt(&self) -> u64 {
        rand::random()
    }
}
