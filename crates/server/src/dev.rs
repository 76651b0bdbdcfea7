//! `ossicle dev`: everything a developer needs on one machine, and a first upload with a callback to show that it works.

mod application_server;
mod snippets;
mod transcript;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use ossicle_protocol::xml::Document as _;
use ossicle_protocol::{CorsRule, CorsRules, SecretKey};
use ossicle_store::Bucket;

use self::application_server::ApplicationServer;
use crate::app;
use crate::config::Config;
use crate::oss::kept::Kept as _;
use crate::startup::{RootKey, Server, StopSignals};
use crate::terminal;

/// The fixed access key of `ossicle dev`. It is no secret: the server listens on loopback only, unless told otherwise.
pub(crate) const ACCESS_KEY_ID: &str = "ossicle-dev";
pub(crate) const ACCESS_KEY_SECRET: &str = "ossicle-dev-secret";

/// The bucket that is there from the start.
pub(crate) const BUCKET: &str = "demo";

/// The options of the command line.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) console: SocketAddr,
    pub(crate) sts: SocketAddr,
    pub(crate) once: bool,
}

/// The addresses at which a client finds everything.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) endpoint: String,
    pub(crate) console: String,
    pub(crate) sts: String,
    pub(crate) callback_url: String,
    pub(crate) region: String,
}

/// A server for developers that listens.
pub(crate) struct DevServer {
    server: Server,
    application: Arc<ApplicationServer>,
    places: Places,
    once: bool,
}

/// Adapts the settings to one developer on one machine: every region is accepted, and callbacks may go to loopback.
pub(crate) fn configure(config: &mut Config, options: &Options) -> anyhow::Result<()> {
    config.storage.data_dir = Some(options.data_dir.clone());
    (config.storage.metadata, config.storage.data) = (None, None);
    config.server.listen = options.listen;
    config.server.console = Some(options.console);
    config.sts.listen = Some(options.sts);
    config.server.any_region = true;
    for network in ["127.0.0.0/8", "::1/128"] {
        config.callback.allow_cidrs.push(network.parse().context("a loopback network")?);
    }
    Ok(())
}

impl DevServer {
    /// Starts the store, the console and the application server, and makes the bucket.
    pub(crate) async fn start(config: Config, options: &Options) -> anyhow::Result<Self> {
        let region = config.server.region.clone();
        let application = Arc::new(ApplicationServer::default());
        let root = RootKey::new(ACCESS_KEY_ID, SecretKey::new(ACCESS_KEY_SECRET));
        let server =
            Server::start_dev(config, root, application_server::router(Arc::clone(&application))).await?;
        let console = server.console().unwrap_or_default().to_owned();
        application.trust(&console).context("the console has no URL of its own")?;
        make_bucket(&server).await.context("cannot make the bucket demo")?;
        let places = Places {
            endpoint: server.endpoint().to_owned(),
            callback_url: format!("{console}/app/callback"),
            console,
            sts: server.sts().unwrap_or_default().to_owned(),
            region,
        };
        Ok(Self { server, application, places, once: options.once })
    }

    /// Shows the first upload; then, unless it was to be once only, everything that comes, until a signal.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let shown = transcript::show(&self.places, &self.application).await;
        if self.once || shown.is_err() {
            self.server.stop().await;
            return shown;
        }
        let signals = StopSignals::register()?;
        terminal::print(&snippets::all(&self.places, app::now()))?;
        terminal::print(
            "\nWaiting for uploads; each one and each callback is shown below. Stop with Ctrl-C.\n",
        )?;
        self.application.announce();
        self.server.run_until(signals).await
    }
}

/// Creates a bucket that pages of any origin may use.
async fn make_bucket(server: &Server) -> anyhow::Result<()> {
    let app = server.app();
    let bucket = Bucket {
        name: BUCKET.to_owned(),
        storage_class: "Standard".to_owned(),
        redundancy: "LRS".to_owned(),
        owner: app.owner_id().to_owned(),
        block_public_access: app.config.access.block_public_access,
        created_ms: app::now().unix_millis(),
        ..Bucket::default()
    };
    app.store.create_bucket(bucket).await?;
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let methods = words(&["GET", "PUT", "POST", "DELETE", "HEAD"]);
    let exposed = words(&["ETag", "x-oss-request-id", "x-oss-hash-crc64ecma"]);
    let rule = CorsRule::new(words(&["*"]), methods, &words(&["*"]), exposed, Some(3600))?;
    let rules = CorsRules::new(vec![rule], false)?.to_xml().into_bytes();
    app.store.set_bucket_document(BUCKET, CorsRules::DOCUMENT, Some(rules)).await?;
    Ok(())
}
