//! `ossicle dev`: runs everything for a developer.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::Exit;
use crate::config::Config;
use crate::dev::{self, DevServer, Options};
use crate::observe::logging;
use crate::startup;

/// Arguments of `ossicle dev`.
#[derive(Debug, Args)]
pub(super) struct Dev {
    /// The folder that holds everything; made if it does not exist.
    #[arg(long, value_name = "DIR", default_value = "./.ossicle")]
    data_dir: PathBuf,
    /// Address and port of the OSS API; port 0 picks a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// Address and port of the console and the built-in application server.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9001")]
    console: SocketAddr,
    /// Address and port of the Security Token Service.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9003")]
    sts: SocketAddr,
    /// Configuration file; `ossicle config print` shows every setting.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// End after the first upload: exit code 0 if everything worked, 1 if not.
    #[arg(long)]
    once: bool,
}

impl Dev {
    pub(super) fn run(self) -> Result<(), Exit> {
        let mut config = Config::load(self.config.as_deref(), std::env::vars()).map_err(Exit::unusable)?;
        let options = Options {
            data_dir: self.data_dir,
            listen: self.listen,
            console: self.console,
            sts: self.sts,
            once: self.once,
        };
        dev::configure(&mut config, &options).map_err(Exit::unusable)?;
        if config.log.level == "info" {
            // Uploads are told on standard error as they come; a server for many would drown in that.
            config.log.level = if self.once { "warn" } else { "info,ossicle::uploads=debug" }.to_owned();
        }
        logging::start(&config.log).map_err(Exit::unusable)?;
        startup::runtime(config.server.threads).map_err(Exit::unusable)?.block_on(async {
            let server = DevServer::start(config, &options).await.map_err(Exit::unusable)?;
            server.run().await.map_err(Exit::failed)
        })
    }
}
