//! Changes of deliveries that wait for a commit. Readers of the journal see them at once, and before they are durable: a
//! crash leaves the delivery as it was, which is to say that nobody knows its outcome.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::sync::lock;
use crate::{Delivery, UpdateDelivery};

/// What waits, by the delivery's identifier.
#[derive(Debug, Default)]
pub(crate) struct QueuedUpdates {
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    updates: HashMap<String, Entry>,
    count: u64,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    update: Arc<UpdateDelivery>,
}

/// A change that waits, for as long as this value lives: until its commit is over.
#[derive(Debug)]
pub(crate) struct QueuedUpdate {
    all: Arc<QueuedUpdates>,
    number: u64,
    update: Arc<UpdateDelivery>,
}

impl QueuedUpdates {
    /// Adds a change, in place of an earlier one of the same delivery.
    pub(crate) fn add(self: &Arc<Self>, update: UpdateDelivery) -> QueuedUpdate {
        let update = Arc::new(update);
        let mut waiting = self.lock();
        waiting.count += 1;
        let number = waiting.count;
        waiting.updates.insert(update.id.clone(), Entry { number, update: Arc::clone(&update) });
        drop(waiting);
        QueuedUpdate { all: Arc::clone(self), number, update }
    }

    /// Returns the change of this delivery, to be looked for before the delivery itself is.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<UpdateDelivery>> {
        self.lock().updates.get(id).map(|entry| Arc::clone(&entry.update))
    }

    /// Returns all changes, to be asked for before a snapshot is taken.
    pub(crate) fn all(&self) -> HashMap<String, Arc<UpdateDelivery>> {
        let waiting = self.lock();
        waiting.updates.iter().map(|(id, entry)| (id.clone(), Arc::clone(&entry.update))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        lock(&self.waiting)
    }
}

impl QueuedUpdate {
    pub(crate) fn update(&self) -> &UpdateDelivery {
        &self.update
    }
}

impl Drop for QueuedUpdate {
    fn drop(&mut self) {
        let mut waiting = self.all.lock();
        if waiting.updates.get(&self.update.id).is_some_and(|entry| entry.number == self.number) {
            waiting.updates.remove(&self.update.id);
        }
    }
}

impl UpdateDelivery {
    /// Makes the change, unless the delivery is newer or has become somebody else's.
    pub(crate) fn apply(&self, delivery: &mut Delivery) {
        if self.now_ms >= delivery.updated_ms && self.is_of_holder(delivery) {
            self.write_to(delivery);
        }
    }

    /// Returns whether the delivery belongs to whoever makes the change.
    pub(crate) fn is_of_holder(&self, delivery: &Delivery) -> bool {
        self.claim == delivery.lease.map(|lease| lease.claim)
    }

    /// Makes the change, and ends the lease.
    pub(crate) fn write_to(&self, delivery: &mut Delivery) {
        delivery.state = self.state;
        delivery.due_ms = self.due_ms;
        delivery.lease = None;
        delivery.attempts = self.attempts;
        delivery.updated_ms = self.now_ms;
        if let Some(payload) = &self.payload {
            delivery.payload.clone_from(payload);
        }
    }
}
