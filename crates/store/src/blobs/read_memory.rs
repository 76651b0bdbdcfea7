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

/// The place of a piece, counted from before it is read until it is dropped. It is made by who wants it and not by the thread
/// that reads: memory that many threads allocate in turn is not given back by any of them.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(super) bytes: Vec<u8>,
    length: u64,
    memory: Arc<ReadMemory>,
}

impl ReadMemory {
    /// Pieces become smaller as `plenty` bytes are used up.
    pub(crate) fn new(plenty: u64) -> Self {
        Self { used: AtomicU64::new(0), plenty }
    }

    /// Tells whether the memory is used up. Readers go on with small pieces.
    pub(crate) fn is_scarce(&self) -> bool {
        self.used.load(Ordering::Relaxed) >= self.plenty
    }

    /// Makes a place for the next piece of so many bytes that are left to read.
    pub(crate) fn piece(self: &Arc<Self>, left: u64) -> Piece {
        let length = self.piece_length(left);
        self.used.fetch_add(length, Ordering::Relaxed);
        let bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        Piece { bytes, length, memory: Arc::clone(self) }
    }

    /// Counts bytes until they are dropped.
    pub(super) fn hold(self: &Arc<Self>, bytes: Vec<u8>) -> Bytes {
        let length = bytes.len() as u64;
        self.used.fetch_add(length, Ordering::Relaxed);
        Piece { bytes, length, memory: Arc::clone(self) }.into_bytes()
    }

    /// Returns how much is read at once. A short rest is read together with the piece before it.
    fn piece_length(&self, left: u64) -> u64 {
        let share = self.plenty.saturating_sub(self.used.load(Ordering::Relaxed)) / SHARE;
        let piece = (share - share % SMALL_PIECE_BYTES).clamp(SMALL_PIECE_BYTES, PIECE_BYTES);
        if left < piece + piece / 2 { left } else { piece }
    }
}

impl Piece {
    /// Bytes that there is room for.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Returns the bytes that were read.
    pub(super) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.length, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_small_while_others_hold_the_memory() {
        let memory = Arc::new(ReadMemory::new(4 << 20));
        let mut held = Vec::new();
        let mut lengths = Vec::new();
        while !memory.is_scarce() {
            let piece = memory.piece(1 << 30);
            lengths.push(piece.length());
            held.push(piece.into_bytes());
        }
        assert_eq!(lengths.first(), Some(&(128 * 1024)), "a share of all");
        assert!(lengths.is_sorted_by(|a, b| a >= b));
        assert_eq!(memory.piece_length(1 << 30), SMALL_PIECE_BYTES);
        assert_eq!(memory.piece_length(40_000), 40_000, "a short rest is not left over");
        let part = held.last().cloned();
        held.clear();
        assert!(memory.used.load(Ordering::Relaxed) <= SMALL_PIECE_BYTES);
        drop(part);
        assert_eq!(memory.used.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn pieces_are_large_while_there_is_memory() {
        let memory = Arc::new(ReadMemory::new(64 << 20));
        assert_eq!(memory.piece(1 << 30).length(), PIECE_BYTES);
        assert_eq!(memory.piece(600_000).length(), 600_000);
    }
}
