//! Request ids: 24 upper-case hexadecimal digits, unique to this server, beginning with the second of their making.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use ossicle_protocol::Timestamp;

/// The id that stands in `x-oss-request-id`, in the error document and in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId {
    second: u32,
    number: u64,
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08X}{:016X}", self.second, self.number)
    }
}

/// Makes request ids.
#[derive(Debug)]
pub(crate) struct RequestIds {
    next: AtomicU64,
}

impl RequestIds {
    /// Begins at `seed`, which is random, so that two servers started in the same second do not make the same ids.
    pub(crate) fn new(seed: u64) -> Self {
        Self { next: AtomicU64::new(seed) }
    }

    /// Returns the next id. An odd step visits every 64-bit number once before any comes again.
    pub(crate) fn next(&self, now: Timestamp) -> RequestId {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let number = self.next.fetch_add(STEP, Ordering::Relaxed);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the low 32 bits are wanted"
        )]
        let second = now.unix_seconds() as u32;
        RequestId { second, number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_24_upper_case_hex_digits_and_differ() {
        let ids = RequestIds::new(7);
        let now = Timestamp::from_unix_millis(1_700_000_000_000);
        let (first, second) = (ids.next(now).to_string(), ids.next(now).to_string());
        assert_ne!(first, second);
        for id in [first, second] {
            assert_eq!(id.len(), 24);
            assert!(id.chars().all(|digit| matches!(digit, '0'..='9' | 'A'..='F')), "{id}");
            assert!(id.starts_with("6553F100"), "{id}");
        }
    }
}
