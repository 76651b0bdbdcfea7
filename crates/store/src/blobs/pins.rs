//! Pins: what this process is reading and must not be reclaimed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::id::DataId;
use crate::sync::lock;

/// How many pins there are on each blob or manifest.
#[derive(Debug, Default)]
pub(super) struct Pins {
    counts: Mutex<HashMap<DataId, usize>>,
}

/// Keeps what it names from being reclaimed.
#[derive(Debug)]
pub(crate) struct Pin {
    pins: Arc<Pins>,
    ids: Vec<DataId>,
}

impl Pins {
    pub(super) fn pin(self: &Arc<Self>, ids: Vec<DataId>) -> Pin {
        if !ids.is_empty() {
            let mut counts = lock(&self.counts);
            for id in &ids {
                *counts.entry(*id).or_insert(0) += 1;
            }
        }
        Pin { pins: Arc::clone(self), ids }
    }

    pub(super) fn has(&self, id: DataId) -> bool {
        lock(&self.counts).contains_key(&id)
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        if self.ids.is_empty() {
            return;
        }
        let mut counts = lock(&self.pins.counts);
        for id in &self.ids {
            if let Some(count) = counts.get_mut(id) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(id);
                }
            }
        }
    }
}
