//! The client that sends callbacks.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::attempt::{self, Tools};
use super::message::Message;
use super::pool::Pool;
use super::record::{Delivery, Failure};
use super::resolve::Resolver;
use crate::guard::AddressGuard;
use crate::http1::Roots;

/// How a [`DeliveryClient`] behaves.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientConfig {
    /// Which addresses may be reached.
    pub guard: AddressGuard,
    /// The time there is for one URL, from resolving the name to the last byte of the answer.
    pub timeout: Duration,
    /// The longest answer that is accepted, in bytes.
    pub max_body: u64,
    /// Certificates to trust besides the system's, a PEM file.
    pub ca_file: Option<PathBuf>,
    /// Whether the system's certificates are trusted.
    pub system_roots: bool,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    /// How many idle connections are kept to one destination.
    pub max_idle_per_destination: usize,
    /// How much of an answer is kept in the record of an attempt.
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

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The file of certificates cannot be used.
    #[error("{path}: {reason}")]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

/// Sends callbacks over pooled connections. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct DeliveryClient {
    tools: Arc<Tools>,
}

impl DeliveryClient {
    /// A client with this configuration.
    ///
    /// # Errors
    /// [`ClientError`] when the certificates cannot be read.
    pub fn new(config: ClientConfig) -> Result<Self, ClientError> {
        let roots = Roots::new(config.system_roots, config.ca_file.as_deref())
            .map_err(|(path, reason)| ClientError::CaFile { path, reason })?;
        let pool = Arc::new(Pool::new(config.idle_timeout, config.max_idle_per_destination));
        let resolver = Resolver::new(config.hosts.clone(), config.guard.clone());
        Ok(Self { tools: Arc::new(Tools { config, resolver, roots, pool }) })
    }

    /// Sends one callback: the URLs in order, until one accepts it. The failure is that of the last URL.
    pub async fn deliver(&self, message: &Message) -> Delivery {
        self.deliver_signing(message, |place| std::future::ready(message.signatures.get(place).cloned()))
            .await
    }

    /// The same with each signature made when its URL's turn comes: signing costs more than most of what a callback does, and
    /// most callbacks are accepted by the first of their URLs. `sign` gets the place in `message.urls`;
    /// `message.signatures` is not read. A URL for which there is no signature is not tried.
    pub async fn deliver_signing<F>(&self, message: &Message, mut sign: impl FnMut(usize) -> F) -> Delivery
    where
        F: Future<Output = Option<String>>,
    {
        let mut attempts = Vec::new();
        let mut failure = Failure { message: "The callback has no URL.".to_owned(), ec: "0007-00000203" };
        for (place, url) in message.urls.iter().enumerate() {
            let Some(signature) = sign(place).await else {
                if attempts.is_empty() {
                    // A request that never left: the nearest there is is a server that cannot be reached.
                    failure = Failure { message: "Error status : 502.".to_owned(), ec: "0007-00000203" };
                }
                continue;
            };
            let (record, result) = attempt::run(&self.tools, message, url, &signature).await;
            attempts.push(record);
            match result {
                Ok(body) => return Delivery { attempts, outcome: Ok(body) },
                Err(trouble) => failure = trouble.failure(),
            }
        }
        Delivery { attempts, outcome: Err(failure) }
    }
}
