//! Two thousand connections of each bad kind on the API and as many on the console, while others work: those get no error and
//! hardly wait longer, the server's memory stays small, and what the bad ones took is given back in time.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[cfg(target_os = "linux")]
use ossicle_harness as harness;

#[cfg(target_os = "linux")]
mod attack;
#[cfg(target_os = "linux")]
mod bystanders;
#[cfg(target_os = "linux")]
mod kinds;
#[cfg(target_os = "linux")]
mod process;
