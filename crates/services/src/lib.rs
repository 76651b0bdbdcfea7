//! The services that a cluster stands on, started on this machine for tests, benchmarks and the example: a database, a store
//! that speaks S3, and what stands in the network between nodes and them. Each ends with the process that started it, however
//! that ends.
//!
//! It serves tests and xtask; nothing that is given out depends on it.

#![forbid(unsafe_code)]

pub mod commit_cut;
pub mod link;
pub mod postgres;
pub mod round_robin;
pub mod seaweedfs;

mod keeper;
pub mod places;

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

/// How long something that is under way may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks until it is so.
fn wait(why_not: &str, mut is_so: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if is_so()? {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, why_not))
}

/// Makes the thread that a proxy runs on.
fn network_runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()
}
