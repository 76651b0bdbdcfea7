//! From a configuration to a running server and back: opens the store and the keys, binds the sockets, runs until a
//! signal, drains, closes. Every failure names its cure.

pub(crate) mod storage;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use axum::Router;
use ossicle_callback::{AddressGuard, ClientConfig, DeliveryClient};
use ossicle_protocol::sign::Scope;
use ossicle_protocol::{Addressing, BucketName, SecretKey};
use ossicle_store::Store;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::access::auth::Credentials;
use crate::access::directory::Directory;
use crate::access::master_key::MasterKey;
use crate::app::{self, App};
use crate::background::abandoned_uploads;
use crate::background::{self, Job};
use crate::callback::destinations::{Destinations, Limits};
use crate::callback::keys::{CallbackKeys, PublicKeyUrl, follow};
use crate::callback::{self, Callbacks};
use crate::clock::SteadyClock;
use crate::config::{self, Config};
use crate::console::{self, origins::ConsoleOrigins};
use crate::encryption::KeyRing;
use crate::http::answer_memory::AnswerMemory;
use crate::http::budget::Budget;
use crate::http::connections::Connections;
use crate::http::header_case::HeaderCase;
use crate::http::listener::Listener;
use crate::http::threads::ServingThreads;
use crate::lifecycle;
use crate::nodes::{self, Readiness, ThisNode};
use crate::observe::access_log::AccessLog;
use crate::observe::metrics::Metrics;
use crate::observe::request_id::RequestIds;
use crate::open_files;
use crate::oss::form::FormMemory;
use crate::oss::service;
use crate::oss::settings::Settings;
use crate::sts::service::StsService;
use crate::sts::{self, Nonces};
use crate::tls;
use storage::Storage;

/// How many watchers may lag behind by how many deliveries before they miss some.
const EVENT_QUEUE: usize = 1024;

/// Connections to the listener for metrics at once.
const METRICS_CONNECTIONS: usize = 16;

/// Connections to the listener for STS at once.
const STS_CONNECTIONS: usize = 64;

/// A secret of fewer characters is refused: one signature that somebody sees is enough to try guesses on.
const LEAST_SECRET: usize = 16;

/// The access key of the account's owner.
#[derive(Debug)]
pub(crate) struct RootKey {
    id: String,
    secret: SecretKey,
}

impl RootKey {
    pub(crate) fn new(id: impl Into<String>, secret: SecretKey) -> Self {
        Self { id: id.into(), secret }
    }

    /// Reads both halves from the environment, and refuses a secret that is quickly guessed.
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let id = read("OSSICLE_ROOT_ACCESS_KEY_ID");
        let secret = read("OSSICLE_ROOT_ACCESS_KEY_SECRET");
        let (Some(id), Some(secret)) = (id, secret) else {
            bail!(
                "no access key: set OSSICLE_ROOT_ACCESS_KEY_ID and OSSICLE_ROOT_ACCESS_KEY_SECRET to the key that \
                 clients shall sign with (`ossicle dev` brings its own)"
            );
        };
        if secret.chars().count() < LEAST_SECRET {
            bail!(
                "OSSICLE_ROOT_ACCESS_KEY_SECRET has fewer than {LEAST_SECRET} characters and could be guessed: set a \
                 longer one, such as `openssl rand -base64 30` makes, here and in the clients"
            );
        }
        Ok(Self { id, secret: SecretKey::new(secret) })
    }
}

/// A server that listens.
pub(crate) struct Server {
    app: Arc<App>,
    endpoint: String,
    console: Option<String>,
    sts: Option<String>,
    metrics: Option<String>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    threads: Arc<ServingThreads>,
}

/// Makes the runtime of everything but connections, with this number of threads; 0 means one for each processor.
pub(crate) fn runtime(threads: usize) -> io::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if threads > 0 {
        builder.worker_threads(threads);
    }
    builder.enable_all().build()
}

impl Server {
    /// Opens and binds everything; once this returns, requests are answered.
    pub(crate) async fn start(config: Config, root: RootKey) -> anyhow::Result<Self> {
        Self::start_with(config, root, None).await
    }

    /// Starts the server for a developer: the console needs no log-in from this machine, and serves `extra` besides its own
    /// pages.
    pub(crate) async fn start_dev(config: Config, root: RootKey, extra: Router) -> anyhow::Result<Self> {
        Self::start_with(config, root, Some(extra)).await
    }

    async fn start_with(config: Config, root: RootKey, dev: Option<Router>) -> anyhow::Result<Self> {
        config.storage.place(|name| std::env::var(name).ok())?;
        let acceptor = tls_acceptor(&config)?;
        let listening = bind(config.server.listen, "--listen").await?;
        let console_socket = match config.server.console {
            Some(address) => Some(bind(address, "--console").await?),
            None => None,
        };
        let sts_socket = match config.sts.listen {
            Some(address) => Some(bind(address, "sts.listen =").await?),
            None => None,
        };
        let metrics_socket = match config.metrics.listen {
            Some(address) => Some(bind(address, "metrics.listen =").await?),
            None => None,
        };
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let endpoint = format!("{scheme}://{}", listening.local_addr()?);
        let node_id = format!("{:016x}", rand::random::<u64>());
        let node = ThisNode::new(&node_id, scheme, listening.local_addr()?, app::now().unix_millis());
        let console = match &console_socket {
            Some(socket) => Some(format!("http://{}", socket.local_addr()?)),
            None => None,
        };
        let threads = ServingThreads::start(config.server.threads).context("cannot start threads")?;
        let limits = open_files::connection_limits(
            open_files::allow_many(),
            config.server.max_connections,
            config.server.max_console_connections,
        )?;
        let storage = Storage::open(&config).await?;
        let metrics = Metrics::new().context("cannot register metrics")?;
        let keys = CallbackKeys::new(storage.callback_keys(&config).await?);
        let own_url = console.as_deref().unwrap_or(&endpoint);
        let callbacks = callbacks(&config, keys, own_url, storage.store.is_shared(), metrics.clone())?;
        let Storage { store, master_key, .. } = storage;
        let app = Arc::new(App {
            addressing: addressing(&config)?,
            credentials: credentials(root, &config, &master_key),
            callbacks: Arc::new(callbacks),
            header_case: HeaderCase::learn().await.context("cannot prepare header names")?,
            request_ids: RequestIds::new(rand::random()),
            metrics,
            access_log: open_access_log(&config)?,
            console_origins: ConsoleOrigins::new(&config.server.console_hosts),
            form_memory: FormMemory::new(),
            answer_memory: AnswerMemory::new(config.server.answer_memory()),
            settings: Settings::default(),
            sts_nonces: Nonces::default(),
            content_keys: content_keys(&master_key, &config, &store)?,
            master_key,
            clock: SteadyClock::start(app::now().unix_millis()),
            node,
            readiness: Readiness::default(),
            store,
            config,
        });
        nodes::heartbeat::begin(&app).await;
        let mut server = Self {
            app,
            endpoint,
            console,
            sts: None,
            metrics: None,
            stop: watch::Sender::new(false),
            tasks: JoinSet::new(),
            threads: Arc::new(threads),
        };
        if let Some(socket) = sts_socket {
            server.serve_sts(socket, acceptor.clone())?;
        }
        server.serve(listening, acceptor, limits.api);
        if let Some(socket) = console_socket {
            server.serve_console(socket, limits.console, dev)?;
        }
        if let Some(socket) = metrics_socket {
            server.serve_metrics(socket)?;
        }
        Ok(server)
    }

    fn serve(&mut self, socket: TcpListener, tls: Option<TlsAcceptor>, limit: usize) {
        let answering = Arc::clone(&self.app);
        let listener = Listener {
            socket,
            tls,
            service: Arc::clone(&self.app),
            malformed: Arc::new(move |status| service::malformed_answer(&answering, status)),
            connections: self.connections("api", limit),
            threads: Some(Arc::clone(&self.threads)),
        };
        self.tasks.spawn(listener.run(self.stop.subscribe(), self.drain()));
        self.tasks.spawn(callback::redelivery::run(Arc::clone(&self.app), self.stop.subscribe()));
        self.tasks.spawn(abandoned_uploads::tell_at_start(Arc::clone(&self.app), self.stop.subscribe()));
        self.tasks.spawn(nodes::heartbeat::run(Arc::clone(&self.app), self.stop.subscribe()));
        self.tasks.spawn(follow::run(Arc::clone(&self.app), self.stop.subscribe()));
        self.tasks.spawn(background::run(Arc::clone(&self.app), jobs(&self.app), self.stop.subscribe()));
    }

    fn serve_console(&mut self, socket: TcpListener, limit: usize, dev: Option<Router>) -> io::Result<()> {
        let address = socket.local_addr()?;
        let stop = self.stop.subscribe();
        let service = console::service(Arc::clone(&self.app), &self.endpoint, address, stop, dev);
        let listener = Listener {
            socket,
            tls: None,
            service: Arc::new(service),
            malformed: Arc::new(console::malformed_answer),
            connections: self.connections("console", limit),
            threads: None,
        };
        self.tasks.spawn(listener.run(self.stop.subscribe(), self.drain()));
        Ok(())
    }

    fn serve_sts(&mut self, socket: TcpListener, tls: Option<TlsAcceptor>) -> io::Result<()> {
        self.sts = Some(format!("{}://{}", self.app.scheme(), socket.local_addr()?));
        let answering = Arc::clone(&self.app);
        let listener = Listener {
            socket,
            tls,
            service: Arc::new(StsService::new(Arc::clone(&self.app))),
            malformed: Arc::new(move |status| sts::service::malformed_answer(&answering, status)),
            connections: self.connections("sts", STS_CONNECTIONS),
            threads: None,
        };
        self.tasks.spawn(listener.run(self.stop.subscribe(), self.drain()));
        Ok(())
    }

    fn serve_metrics(&mut self, socket: TcpListener) -> io::Result<()> {
        self.metrics = Some(format!("http://{}", socket.local_addr()?));
        let listener = Listener {
            socket,
            tls: None,
            service: Arc::new(console::metrics_service(Arc::clone(&self.app))),
            malformed: Arc::new(console::malformed_answer),
            connections: self.connections("metrics", METRICS_CONNECTIONS),
            threads: None,
        };
        self.tasks.spawn(listener.run(self.stop.subscribe(), self.drain()));
        Ok(())
    }

    fn connections(&self, listener: &'static str, limit: usize) -> Arc<Connections> {
        let budget = budget(&self.app.config.server);
        Arc::new(Connections::new(limit, budget, self.app.metrics.connections(listener)))
    }

    fn drain(&self) -> Duration {
        Duration::from_secs(self.app.config.server.drain_timeout_s)
    }

    /// Returns the URL of the API.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns the URL of the console, if there is one.
    pub(crate) fn console(&self) -> Option<&str> {
        self.console.as_deref()
    }

    /// Returns the URL of the listener for STS, if there is one of its own.
    pub(crate) fn sts(&self) -> Option<&str> {
        self.sts.as_deref()
    }

    /// Returns the URL of the listener for metrics, if there is one of its own.
    pub(crate) fn metrics(&self) -> Option<&str> {
        self.metrics.as_deref()
    }

    /// Returns the shared state, for a program that runs around the server.
    pub(crate) fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Runs until one of the signals comes, then stops.
    pub(crate) async fn run_until(self, mut signals: StopSignals) -> anyhow::Result<()> {
        signals.wait().await;
        tracing::info!("stopping: requests under way are finished first");
        self.stop().await;
        Ok(())
    }

    /// Takes no more requests, finishes those under way, closes the store.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        drop(self.threads);
        self.app.store.close().await;
    }
}

/// The signals that ask the process to end. From the moment they are registered it ends in order, so that is to be done
/// before anybody is told that the server runs.
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Takes SIGTERM and SIGINT over from the system, which would end the process at once.
    pub(crate) fn register() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one of them.
    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Returns what is done in the background, with these settings.
fn jobs(app: &App) -> Vec<Job> {
    let optional = [abandoned_uploads::job(app), lifecycle::run::job(app)];
    optional.into_iter().flatten().chain([callback::housekeeping::job(), sts::forget_nonces::job()]).collect()
}

async fn bind(address: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => anyhow!(
            "the address {address} is in use: stop the process that has it, or choose another with {flag} ADDR:PORT"
        ),
        io::ErrorKind::PermissionDenied => anyhow!(
            "no permission to listen on {address}: ports below 1024 need privileges; choose another with {flag} ADDR:PORT"
        ),
        io::ErrorKind::AddrNotAvailable => anyhow!(
            "this machine has no address {}: choose one of its own with {flag} ADDR:PORT", address.ip()
        ),
        _ => anyhow!("cannot listen on {address}: {error}; choose another with {flag} ADDR:PORT"),
    })
}

fn budget(server: &config::Server) -> Budget {
    Budget {
        handshake: Duration::from_secs(server.handshake_timeout_s),
        head: Duration::from_secs(server.head_timeout_s),
        idle: Duration::from_secs(server.idle_timeout_s),
        stall: Duration::from_secs(server.stall_timeout_s),
        bytes_per_second: server.min_bytes_per_second,
        plenty_held: server.answer_memory() / 4 * 3,
    }
}

fn tls_acceptor(config: &Config) -> anyhow::Result<Option<TlsAcceptor>> {
    match (&config.server.tls_cert, &config.server.tls_key) {
        (Some(cert), Some(key)) => tls::acceptor(cert, key).map(Some),
        _ => Ok(None),
    }
}

/// Makes the ring of the keys that seal those of encrypted content, and gives it to the store.
pub(crate) fn content_keys(
    master_key: &MasterKey,
    config: &Config,
    store: &Store,
) -> anyhow::Result<Arc<KeyRing>> {
    let ring = KeyRing::new(master_key, &config.kms.keys);
    let ring = ring.context("no key can be derived from the master key: the cryptographic library failed")?;
    let ring = Arc::new(ring);
    store.use_content_keys(Arc::clone(&ring) as Arc<_>);
    Ok(ring)
}

fn credentials(root: RootKey, config: &Config, master_key: &MasterKey) -> Credentials {
    let account = &config.account.owner_id;
    let directory = Directory::new(account.clone(), master_key.clone());
    Credentials::new((root.id, root.secret), account, directory, scope(config))
}

fn callbacks(
    config: &Config,
    keys: CallbackKeys,
    own_url: &str,
    is_shared: bool,
    metrics: Metrics,
) -> anyhow::Result<Callbacks> {
    let guard = if config.callback.allow_private {
        AddressGuard::allow_all()
    } else {
        AddressGuard::new(config.callback.allow_cidrs.clone()).with_setting("callback.allow_cidrs")
    };
    let public_key_url = match &config.callback.public_key_url {
        None => PublicKeyUrl::below(own_url),
        Some(url) if is_shared => PublicKeyUrl::following(url),
        Some(url) => PublicKeyUrl::Fixed(url.clone()),
    };
    let mask =
        config.callback.mask.iter().map(|pattern| regex::Regex::new(pattern)).collect::<Result<_, _>>()?;
    let mut delivery = ClientConfig::default();
    delivery.guard = guard.clone();
    delivery.timeout = config.callback_timeout();
    delivery.max_body = config.callback.max_response_bytes;
    delivery.ca_file.clone_from(&config.callback.ca_file);
    let client = DeliveryClient::new(delivery).context("callback.ca_file cannot be used")?;
    let settings = callback::Settings {
        public_key_url,
        vpc_id: config.callback.vpc_id.clone(),
        timeout: config.callback_timeout(),
        mask,
    };
    let limits = Limits::new(&config.callback, &config.redelivery, settings.longest_attempt_ms());
    Ok(Callbacks {
        keys: Arc::new(keys),
        client,
        guard,
        settings,
        redelivery: config.redelivery.clone(),
        destinations: Destinations::new(limits, metrics.open_breakers()),
        metrics,
        events: broadcast::Sender::new(EVENT_QUEUE),
    })
}

/// Returns the regions that V4 signatures may name: one that OSS would refuse is refused here too, unless the operator does
/// not care.
fn scope(config: &Config) -> Scope {
    Scope { region: (!config.server.any_region).then(|| config.server.region.clone()) }
}

fn addressing(config: &Config) -> anyhow::Result<Addressing> {
    let mut custom = Vec::new();
    for (host, bucket) in config.custom_domains()? {
        let bucket = BucketName::parse(&bucket).map_err(|error| {
            anyhow!("server.custom_domains: {bucket} is not a bucket name: {}", error.message())
        })?;
        custom.push((host, bucket));
    }
    Ok(Addressing::new(config.server.domains.clone(), custom))
}

fn open_access_log(config: &Config) -> anyhow::Result<AccessLog> {
    let path: Option<&PathBuf> = config.log.access_log.as_ref();
    AccessLog::open(path.map(PathBuf::as_path)).with_context(|| {
        format!(
            "cannot write the access log {}; check log.access_log",
            path.map_or("", |path| path.to_str().unwrap_or(""))
        )
    })
}
