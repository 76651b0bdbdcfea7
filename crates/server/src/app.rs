//! What all requests share: the store, the keys, the callback machinery and the settings. Built once at start.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ossicle_protocol::{Addressing, Timestamp};
use ossicle_store::Store;

use crate::access::auth::Credentials;
use crate::access::master_key::MasterKey;
use crate::callback::Callbacks;
use crate::clock::SteadyClock;
use crate::config::Config;
use crate::console::origins::ConsoleOrigins;
use crate::encryption::KeyRing;
use crate::http::answer_memory::AnswerMemory;
use crate::http::header_case::HeaderCase;
use crate::nodes::{Readiness, ThisNode};
use crate::observe::access_log::AccessLog;
use crate::observe::metrics::Metrics;
use crate::observe::request_id::RequestIds;
use crate::oss::form::FormMemory;
use crate::oss::settings::Settings;
use crate::sts::Nonces;

/// The running server's shared state.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) sts_nonces: Nonces,
    pub(crate) credentials: Credentials,
    pub(crate) master_key: MasterKey,
    /// The keys that seal those of encrypted content.
    pub(crate) content_keys: Arc<KeyRing>,
    pub(crate) addressing: Addressing,
    pub(crate) callbacks: Arc<Callbacks>,
    pub(crate) header_case: HeaderCase,
    pub(crate) request_ids: RequestIds,
    pub(crate) metrics: Metrics,
    pub(crate) access_log: AccessLog,
    pub(crate) console_origins: ConsoleOrigins,
    pub(crate) form_memory: FormMemory,
    pub(crate) answer_memory: AnswerMemory,
    /// By which things are old.
    pub(crate) clock: SteadyClock,
    /// Tells this process from others that use the same store.
    pub(crate) node: ThisNode,
    pub(crate) readiness: Readiness,
}

impl App {
    /// Returns the account id that owns everything.
    pub(crate) fn owner_id(&self) -> &str {
        &self.config.account.owner_id
    }

    /// Returns the scheme by which clients reach the API.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.config.server.tls_cert.is_some() { "https" } else { "http" }
    }

    /// Returns the location as OSS writes it: "oss-cn-hangzhou".
    pub(crate) fn location(&self) -> String {
        format!("oss-{}", self.config.server.region)
    }
}

/// Returns the time. This is the one place where the server reads the clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
