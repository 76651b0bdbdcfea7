//! Tests that need the inside of the store: other disks, other tables.

mod abandoned;
mod crash;
mod crashes;
mod faults;
mod fixtures;
mod history;
mod identities;
mod identity_model;
mod job_leases;
mod linear;
mod model;
mod nodes;
mod nonces;
mod operations;
mod permissions;
mod readers;
mod records;
mod secrets;
mod settings;
mod shared_content;
mod simulated_disk;
mod space;
mod support;
mod uploads;
