//! Where the due deliveries begin. A delivery that is taken leaves a deleted row at the front of the order by due time,
//! and deleted rows stay in the tables until files are merged: a search from the very front would pass all of them every
//! time.

use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;

use crate::engine::write_batch::WriteBatch;
use crate::key::{self, Tag};
use crate::sync::lock;

/// A key that no due delivery comes before.
#[derive(Debug)]
pub(crate) struct DueLowWatermark {
    state: Mutex<State>,
    /// Whether others add deliveries that nobody hears about here: then it stays where it is.
    is_shared: AtomicBool,
    /// Held while deliveries are claimed, as it can rise for one claim at a time.
    pub(crate) claiming: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State {
    floor: Bytes,
    /// The first row that appeared since [`DueLowWatermark::begin`].
    appeared: Option<Bytes>,
}

impl DueLowWatermark {
    pub(crate) fn new() -> Self {
        let state = State { floor: key::whole(Tag::DeliveryDue), appeared: None };
        Self {
            state: Mutex::new(state),
            is_shared: AtomicBool::new(false),
            claiming: tokio::sync::Mutex::new(()),
        }
    }

    /// Stays at the very front from now on.
    pub(crate) fn stay(&self) {
        self.is_shared.store(true, Ordering::Release);
    }

    /// Returns the key that a search has to begin at.
    pub(crate) fn get(&self) -> Bytes {
        self.lock().floor.clone()
    }

    /// Returns the key that the search of a claim has to begin at, and remembers the rows that appear from now on for
    /// [`DueLowWatermark::rise`].
    pub(crate) fn begin(&self) -> Bytes {
        let mut state = self.lock();
        state.appeared = None;
        state.floor.clone()
    }

    /// Raises it after a claim that has found nothing, or taken everything, before `reached`.
    pub(crate) fn rise(&self, reached: Bytes) {
        if self.is_shared.load(Ordering::Acquire) {
            return;
        }
        let mut state = self.lock();
        state.floor = match state.appeared.take() {
            Some(appeared) => appeared.min(reached),
            None => reached,
        };
    }

    /// Lowers it to the first due row of those that have become visible.
    pub(crate) fn applied(&self, rows: &WriteBatch) {
        let (from, to) = ([Tag::DeliveryDue as u8], [Tag::DeliveryDue as u8 + 1]);
        let bounds = (Bound::Included(from.as_slice()), Bound::Excluded(to.as_slice()));
        let Some((first, _)) = rows.range::<[u8], _>(bounds).find(|(_, value)| value.is_some()) else {
            return;
        };
        let mut state = self.lock();
        if *first < state.floor {
            state.floor = first.clone();
        }
        if state.appeared.as_ref().is_none_or(|appeared| first < appeared) {
            state.appeared = Some(first.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(due: &[(i64, bool)]) -> WriteBatch {
        let row = |(ms, there): &(i64, bool)| (key::delivery_due(*ms, "id"), there.then(Bytes::new));
        due.iter().map(row).collect()
    }

    #[test]
    fn it_rises_to_what_was_reached_and_not_past_what_appeared() {
        let floor = DueLowWatermark::new();
        floor.applied(&rows(&[(5, true)]));
        assert_eq!(floor.get(), key::whole(Tag::DeliveryDue));
        assert_eq!(floor.begin(), key::whole(Tag::DeliveryDue));
        floor.rise(key::delivery_due_after(100));
        assert_eq!(floor.get(), key::delivery_due_after(100));
        // Rows that are deleted do not count, later ones change nothing.
        floor.applied(&rows(&[(50, false), (200, true)]));
        assert_eq!(floor.get(), key::delivery_due_after(100));
        // One before the floor lowers it, also while a claim that cannot have seen it is under way.
        floor.begin();
        floor.applied(&rows(&[(20, false), (70, true), (90, true)]));
        assert_eq!(floor.get(), key::delivery_due(70, "id"));
        floor.rise(key::delivery_due_after(300));
        assert_eq!(floor.get(), key::delivery_due(70, "id"));
        floor.begin();
        floor.rise(key::delivery_due_after(300));
        assert_eq!(floor.get(), key::delivery_due_after(300));
    }
}
