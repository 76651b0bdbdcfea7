//! Callbacks on the server's side: what a request asks for, the delivery of it, and the journal of what happened.
//! The protocol of callbacks itself is the crate `ossicle-callback`.

pub(crate) mod answer;
mod backoff;
pub(crate) mod browse;
pub(crate) mod destinations;
pub(crate) mod housekeeping;
pub(crate) mod image;
pub(crate) mod keys;
mod lease;
mod outcome;
pub(crate) mod prepare;
pub(crate) mod record;
pub(crate) mod redelivery;
pub(crate) mod replay;
pub(crate) mod requested;
mod schedule;

use std::sync::Arc;
use std::time::Duration;

use ossicle_callback::{AddressGuard, DeliveryClient};
use tokio::sync::broadcast;

use self::destinations::Destinations;
use self::keys::{CallbackKeys, PublicKeyUrl};
use self::record::Event;
use crate::config::Redelivery;
use crate::observe::metrics::Metrics;

/// Everything that deliveries share.
pub(crate) struct Callbacks {
    pub(crate) keys: Arc<CallbackKeys>,
    pub(crate) client: DeliveryClient,
    pub(crate) guard: AddressGuard,
    pub(crate) settings: Settings,
    pub(crate) redelivery: Redelivery,
    pub(crate) metrics: Metrics,
    /// The callbacks in flight to each application server.
    pub(crate) destinations: Destinations,
    /// Tells the console and `ossicle dev` of each delivery as it ends.
    pub(crate) events: broadcast::Sender<Arc<Event>>,
}

/// The settings that shape a delivery.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Sent as `x-oss-pub-key-url`.
    pub(crate) public_key_url: PublicKeyUrl,
    /// The value of `${vpcId}`.
    pub(crate) vpc_id: String,
    /// The time for one URL.
    pub(crate) timeout: Duration,
    /// Patterns that are masked in the journal.
    pub(crate) mask: Vec<regex::Regex>,
}

impl Callbacks {
    /// Returns the URL that receivers fetch the key from which signs now.
    pub(crate) fn public_key_url(&self) -> String {
        self.settings.public_key_url.of(self.keys.now().newest())
    }

    /// Returns the public key in the file `name`, in PEM.
    pub(crate) fn public_pem(&self, name: &str) -> Option<String> {
        self.keys.now().public_pem(name)
    }
}
