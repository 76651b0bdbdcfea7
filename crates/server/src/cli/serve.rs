//! `ossicle serve`: runs the store until SIGTERM.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::Exit;
use crate::config::{Config, Durability, SecretUrl};
use crate::observe::logging;
use crate::startup;
use crate::startup::{RootKey, Server, StopSignals};

/// Arguments of `ossicle serve`; each overrides the configuration file and the environment.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The folder that holds everything; made if it does not exist. For a server that is no node of a cluster.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Run as a node of a cluster: the PostgreSQL database that all nodes share, as postgres://USER@HOST/NAME. With a password in
    /// it, better in the environment, as OSSICLE_STORAGE_METADATA.
    #[arg(long, value_name = "URL")]
    metadata: Option<SecretUrl>,
    /// With --metadata: the place for content that all nodes share, as s3://BUCKET/PREFIX?endpoint=URL or fs:///FOLDER.
    #[arg(long, value_name = "URL")]
    data: Option<SecretUrl>,
    /// Address and port of the OSS API; port 0 picks a free one.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Address and port of the console.
    #[arg(long, value_name = "ADDR:PORT")]
    console: Option<SocketAddr>,
    /// Configuration file; `ossicle config print` shows every setting.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Allow callbacks to private, loopback and link-local addresses.
    #[arg(long)]
    allow_private_callbacks: bool,
    /// PEM file of the certificate chain: serve the API over TLS.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// PEM file of the certificate's private key.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// "relaxed" answers before data is on the disk: a power loss may take the last moments.
    #[arg(long, value_enum)]
    durability: Option<Durability>,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Exit> {
        let config = self.config().map_err(Exit::unusable)?;
        logging::start(&config.log).map_err(Exit::unusable)?;
        let root = RootKey::from_environment().map_err(Exit::unusable)?;
        startup::runtime(config.server.threads).map_err(Exit::unusable)?.block_on(async {
            let server = Server::start(config, root).await.map_err(Exit::unusable)?;
            let signals = StopSignals::register().map_err(Exit::failed)?;
            announce(&server).map_err(Exit::failed)?;
            server.run_until(signals).await.map_err(Exit::failed)
        })
    }

    fn config(&self) -> anyhow::Result<Config> {
        let mut config = Config::load(self.config.as_deref(), std::env::vars())?;
        if let Some(data_dir) = &self.data_dir {
            config.storage.data_dir = Some(data_dir.clone());
        }
        if let Some(metadata) = &self.metadata {
            config.storage.metadata = Some(metadata.clone());
        }
        if let Some(data) = &self.data {
            config.storage.data = Some(data.clone());
        }
        if let Some(listen) = self.listen {
            config.server.listen = listen;
        }
        if let Some(console) = self.console {
            config.server.console = Some(console);
        }
        if self.allow_private_callbacks {
            config.callback.allow_private = true;
        }
        if let (Some(cert), Some(key)) = (&self.tls_cert, &self.tls_key) {
            config.server.tls_cert = Some(cert.clone());
            config.server.tls_key = Some(key.clone());
        }
        if let Some(durability) = self.durability {
            config.storage.durability = durability;
        }
        Ok(config)
    }
}

/// The content of the one line on standard output, in this order.
#[derive(Debug, Serialize)]
struct Ready<'a> {
    endpoint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    console: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sts: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<&'a str>,
}

/// Says where the server listens, for scripts that wait for it.
fn announce(server: &Server) -> std::io::Result<()> {
    let ready = Ready {
        endpoint: server.endpoint(),
        console: server.console(),
        sts: server.sts(),
        metrics: server.metrics(),
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready {}", serde_json::to_string(&ready)?)?;
    out.flush()
}
