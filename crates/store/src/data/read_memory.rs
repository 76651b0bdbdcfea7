//! The memory that pieces of data files take from when they are read until whoever wanted them drops them. It decides how large
//! the next piece is: a network that takes no more leaves its reader's piece in memory for as long as it likes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

/// Bytes read from a file at once while there is memory, and when there is not.
const PIECE_BYTES: u64 = 512 * 1024;
const SMALL_PIECE_BYTES: u64 = 32 * 1024;

/// A piece is this part of what is left of the memory, within the bounds above: readers take less as there is less, before
/// they have to do with the least.
const SHARE: u64 = 32;

/// The count of what is in memory.
#[derive(Debug)]
pub(crate) struct ReadMemory {
    used: AtomicU64,
    plenty: u64,
}

/// A piece, counted until it is dropped.
struct Piece {
    bytes: Vec<u8>,
    memory: Arc<ReadMemory>,
}

impl ReadMemory {
    /// Pieces become smaller as `plenty` bytes are used up.
    pub(crate) fn new(plenty: u64) -> Self {
        Self { used: AtomicU64::new(0), plenty }
    }

    /// Whether the memory is used up. Readers go on with small pieces.
    pub(crate) fn is_scarce(&self) -> bool {
        self.used.load(Ordering::Relaxed) >= self.plenty
    }

    /// How much is read at once when `left` bytes are to be read. A short rest is read together with the piece before it.
    pub(crate) fn piece_length(&self, left: u64) -> u64 {
        let share = self.plenty.saturating_sub(self.used.load(Ordering::Relaxed)) / SHARE;
        let piece = (share - share % SMALL_PIECE_BYTES).clamp(SMALL_PIECE_BYTES, PIECE_BYTES);
        if left < piece + piece / 2 { left } else { piece }
    }

    /// Counts a piece until the last reference to it is dropped.
    pub(crate) fn count(self: &Arc<Self>, bytes: Vec<u8>) -> Bytes {
        self.used.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Bytes::from_owner(Piece { bytes, memory: Arc::clone(self) })
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.bytes.len() as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_small_while_others_hold_the_memory() {
        let memory = Arc::new(ReadMemory::new(64 << 20));
        let piece = || memory.piece_length(1 << 30);
        assert_eq!(piece(), PIECE_BYTES);
        assert_eq!(memory.piece_length(600_000), 600_000, "a short rest is not left over");
        let first = memory.count(vec![0; 56 << 20]);
        assert!(piece() == 256 * 1024 && !memory.is_scarce());
        let second = memory.count(vec![0; 8 << 20]);
        assert!(piece() == SMALL_PIECE_BYTES && memory.is_scarce());
        let part = first.slice(10..20);
        drop(first);
        assert!(memory.is_scarce(), "a part keeps the whole");
        drop((part, second));
        assert_eq!(memory.used.load(Ordering::Relaxed), 0);
    }
}
