//! Where the store is that a command works on by itself: the folder of a stopped server, or the places of a cluster, whose nodes
//! may be running.

use std::path::PathBuf;

use anyhow::{anyhow, bail};
use clap::Args;
use ossicle_store::Store;

use crate::access::master_key::MasterKey;
use crate::config::{Config, SecretUrl};
use crate::startup::storage::Storage;

/// A folder, or the two places of a cluster.
#[derive(Debug, Args)]
pub(super) struct StorePlace {
    /// Work on the data folder of a stopped server, instead of asking a running one.
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// Work on a cluster's database, as postgres://USER@HOST/NAME, whether nodes are running or not. With a password in it, better in
    /// the environment, as OSSICLE_STORAGE_METADATA.
    #[arg(long, value_name = "URL", global = true)]
    metadata: Option<SecretUrl>,
    /// The cluster's place for content, as s3://BUCKET/PREFIX?endpoint=URL or fs:///FOLDER.
    #[arg(long, value_name = "URL", global = true)]
    data: Option<SecretUrl>,
    /// With one of these: the server's configuration file, for its account and its master key.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

impl StorePlace {
    /// Tells whether the command is to work on a store itself.
    pub(super) fn is_given(&self) -> anyhow::Result<bool> {
        let is_given = self.data_dir.is_some() || self.metadata.is_some() || self.data.is_some();
        if self.config.is_some() && !is_given {
            bail!(
                "--config goes with --data-dir, or with --metadata and --data: a running server has its own"
            );
        }
        Ok(is_given)
    }

    /// Reads the configuration of the server, with the place that is given in place of its own.
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        let mut config = Config::load(self.config.as_deref(), std::env::vars())?;
        let storage = &mut config.storage;
        if let Some(data_dir) = &self.data_dir {
            if !data_dir.is_dir() {
                return Err(anyhow!("there is no data folder {}; check --data-dir", data_dir.display()));
            }
            storage.data_dir = Some(data_dir.clone());
            // Those of the configuration; given beside a folder they are a mistake.
            (storage.metadata, storage.data) = (self.metadata.clone(), self.data.clone());
        } else {
            storage.data_dir = None;
            storage.metadata = self.metadata.clone().or_else(|| storage.metadata.take());
            storage.data = self.data.clone().or_else(|| storage.data.take());
        }
        Ok(config)
    }

    /// Opens the store, with the master key.
    pub(super) async fn open(&self, config: &Config) -> anyhow::Result<(Store, MasterKey)> {
        let Storage { store, master_key, .. } = Storage::open(config).await?;
        Ok((store, master_key))
    }
}
