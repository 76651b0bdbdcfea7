//! The memory that documents take, such as listings, from when they are made until the client has taken them. Objects are not
//! counted here: they are read from the store in pieces.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

/// A document of this size or less is the socket's at once.
const SMALL: usize = 64 * 1024;

/// What documents may take together. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct AnswerMemory {
    used: Arc<AtomicU64>,
    limit: u64,
}

/// A document, counted until it is dropped.
struct Counted {
    bytes: Bytes,
    used: Arc<AtomicU64>,
}

impl AnswerMemory {
    pub(crate) fn new(limit: u64) -> Self {
        Self { used: Arc::default(), limit }
    }

    /// Counts a document until the last reference to it is dropped; `None` if there is no room for it beside others.
    pub(crate) fn count(&self, bytes: Bytes) -> Option<Bytes> {
        if bytes.len() <= SMALL {
            return Some(bytes);
        }
        let length = bytes.len() as u64;
        let counted = Counted { bytes, used: Arc::clone(&self.used) };
        let before = self.used.fetch_add(length, Ordering::Relaxed);
        (before == 0 || before.saturating_add(length) <= self.limit).then(|| Bytes::from_owner(counted))
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes.len() as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_documents_share_the_memory() {
        let memory = AnswerMemory::new(200_000);
        let document = |bytes: usize| memory.count(Bytes::from(vec![0; bytes]));
        let first = document(150_000).unwrap();
        assert_eq!(first.len(), 150_000);
        assert!(document(SMALL).is_some(), "small ones are not counted");
        assert!(document(SMALL + 1).is_none());
        let second = document(50_000 + SMALL);
        assert!(second.is_none());
        drop(first);
        let alone = document(1_000_000).unwrap();
        assert!(document(100_000).is_none(), "one of any size has room, but only one");
        drop(alone);
        assert_eq!(memory.used.load(Ordering::Relaxed), 0);
    }
}
