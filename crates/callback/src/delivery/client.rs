//! The client that sends callbacks.

use std::path::PathBuf;
use std::sync::Arc;

use super::attempt::{self, Context};
use super::config::ClientConfig;
use super::message::Message;
use super::pool::Pool;
use super::record::{Delivery, Failure};
use super::resolve::Resolver;
use crate::http1::Roots;

/// The reason for which a client cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The file of certificates cannot be used.
    #[error("{path}: {reason}")]
    CaFile {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
}

/// Sends callbacks over pooled connections. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct DeliveryClient {
    context: Arc<Context>,
}

impl DeliveryClient {
    /// Creates a client with this configuration.
    ///
    /// # Errors
    /// [`ClientError`] when the certificates cannot be read.
    pub fn new(config: ClientConfig) -> Result<Self, ClientError> {
        let roots = Roots::new(config.system_roots, config.ca_file.as_deref())
            .map_err(|(path, reason)| ClientError::CaFile { path, reason })?;
        let pool = Arc::new(Pool::new(config.idle_timeout, config.max_idle_per_destination));
        let resolver = Resolver::new(config.hosts.clone(), config.guard.clone());
        Ok(Self { context: Arc::new(Context { config, resolver, roots, pool }) })
    }

    /// Sends one callback: the URLs in order, until one accepts it. The failure is that of the last URL.
    pub async fn deliver(&self, message: &Message) -> Delivery {
        self.deliver_signing(message, |place| std::future::ready(message.signatures.get(place).cloned()))
            .await
    }

    /// Sends one callback like [`DeliveryClient::deliver`], and makes each signature when its URL's turn comes: signing
    /// costs more than most of what a callback does, and most callbacks are accepted by the first of their URLs. `sign`
    /// gets the place in `message.urls`; `message.signatures` is not read. A URL for which there is no signature is not
    /// tried.
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
            let (record, result) = attempt::run(&self.context, message, url, &signature).await;
            attempts.push(record);
            match result {
                Ok(body) => return Delivery { attempts, outcome: Ok(body) },
                Err(error) => failure = error.failure(),
            }
        }
        Delivery { attempts, outcome: Err(failure) }
    }
}
