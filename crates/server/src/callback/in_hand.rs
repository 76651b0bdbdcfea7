//! The deliveries that this process is sending at this moment. The first attempt, redelivery and replay each take a
//! delivery in hand before they send it, so that none is sent twice at once and no outcome overwrites another.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The identifiers in hand.
#[derive(Debug, Clone, Default)]
pub(crate) struct InHand(Arc<Mutex<HashSet<String>>>);

/// A delivery in hand, until this is dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    in_hand: InHand,
    id: String,
}

impl InHand {
    /// Takes a delivery in hand, unless it is already.
    pub(crate) fn take(&self, id: &str) -> Option<Ticket> {
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
        fresh.then(|| Ticket { in_hand: self.clone(), id: id.to_owned() })
    }

    /// How many are in hand.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.in_hand.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_delivery_is_in_hand_once_at_a_time() {
        let in_hand = InHand::default();
        let first = in_hand.take("1");
        assert!(first.is_some() && in_hand.take("1").is_none() && in_hand.take("2").is_some());
        drop(first);
        assert!(in_hand.take("1").is_some());
    }
}
