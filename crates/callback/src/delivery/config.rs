//! The settings of the client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::guard::AddressGuard;

/// The behaviour of a [`DeliveryClient`](super::DeliveryClient).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientConfig {
    /// The addresses that may be reached.
    pub guard: AddressGuard,
    /// The time there is for one URL, from resolving the name to the last byte of the answer.
    pub timeout: Duration,
    /// The longest answer that is accepted, in bytes.
    pub max_body: u64,
    /// Certificates to trust besides the system's, a PEM file.
    pub ca_file: Option<PathBuf>,
    /// True if the system's certificates are trusted.
    pub system_roots: bool,
    /// The time for which an idle connection is kept.
    pub idle_timeout: Duration,
    /// The number of idle connections that are kept to one destination.
    pub max_idle_per_destination: usize,
    /// The bytes of an answer that are kept in the record of an attempt.
    pub kept_body: usize,
    /// Names that resolve to fixed addresses, as in a hosts file; the guard judges these too.
    pub hosts: HashMap<String, Vec<IpAddr>>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            guard: AddressGuard::default(),
            timeout: Duration::from_secs(5),
            max_body: 3 * 1024 * 1024,
            ca_file: None,
            system_roots: true,
            idle_timeout: Duration::from_secs(4),
            max_idle_per_destination: 32,
            kept_body: 64 * 1024,
            hosts: HashMap::new(),
        }
    }
}
