//! The grace time: what this node saw first not long ago stays, since other nodes may be reading it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::id::DataId;

/// So many are remembered. The time of others begins when there is room for them.
const MOST: usize = 1 << 20;

/// When what waits was seen first.
#[derive(Debug)]
pub(super) struct Grace {
    length: Duration,
    since: HashMap<DataId, Sighting>,
    round: u64,
}

#[derive(Debug)]
struct Sighting {
    first: Instant,
    /// The round it was seen in last.
    round: u64,
}

impl Grace {
    pub(super) fn new(length: Duration) -> Self {
        Self { length, since: HashMap::new(), round: 0 }
    }

    /// Remembers when this was seen first.
    pub(super) fn see(&mut self, id: DataId, now: Instant) {
        if let Some(seen) = self.since.get_mut(&id) {
            seen.round = self.round;
        } else if self.since.len() < MOST {
            self.since.insert(id, Sighting { first: now, round: self.round });
        }
    }

    /// Tells whether this was seen first long enough ago. With no grace it always was, and nothing is remembered.
    pub(super) fn has_passed(&mut self, id: DataId, now: Instant) -> bool {
        if self.length.is_zero() {
            return true;
        }
        self.see(id, now);
        self.since.get(&id).is_some_and(|seen| now.duration_since(seen.first) >= self.length)
    }

    /// Forgets what was not seen since this was called before.
    pub(super) fn forget_unseen(&mut self) {
        let round = self.round;
        self.since.retain(|_, seen| seen.round == round);
        self.round += 1;
    }

    /// Takes out what was seen first long enough ago.
    pub(super) fn take_passed(&mut self, now: Instant) -> Vec<DataId> {
        let length = self.length;
        let passed = |seen: &Sighting| now.duration_since(seen.first) >= length;
        self.since.extract_if(|_, seen| passed(seen)).map(|(id, _)| id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_stays_for_the_grace_time() {
        let mut grace = Grace::new(Duration::from_secs(10));
        let (one, other) = (DataId::from_bytes([1; 16]), DataId::from_bytes([2; 16]));
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(!grace.has_passed(one, at(0)));
        grace.forget_unseen();
        assert!(!grace.has_passed(one, at(9)));
        assert!(!grace.has_passed(other, at(9)));
        grace.forget_unseen();
        assert!(grace.has_passed(one, at(10)));
        grace.forget_unseen();
        assert!(!grace.has_passed(other, at(20)), "it was not there in a round between");
        assert_eq!(grace.take_passed(at(20)), [one]);
    }

    #[test]
    fn without_grace_nothing_is_remembered() {
        let mut grace = Grace::new(Duration::ZERO);
        assert!(grace.has_passed(DataId::from_bytes([1; 16]), Instant::now()));
        assert!(grace.since.is_empty());
    }
}
