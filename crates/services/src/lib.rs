//! The services that a cluster stands on, started on this machine for tests, benchmarks and the example: a database, a store
//! that speaks S3, and what stands in the network between nodes and them. Each ends with the process that started it, however
//! that ends.
//!
//! It serves tests and xtask; nothing that is given out depends on it.

#![forbid(unsafe_code)]

pub mod commit_cut;
pub mod postgres;

mod keeper;
mod places;

use std::sync::{Mutex, MutexGuard, PoisonError};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
