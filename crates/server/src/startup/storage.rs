//! Opens what the server keeps things in, with the keys without which it is of no use: a folder of its own, or the places that
//! the nodes of a cluster share.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use ossicle_store::{ClusterPlaces, OpenError, Store, StoreOptions};

use crate::access::master_key::{MasterKey, MasterKeyPlace, Purpose};
use crate::callback::keys::{self, KeyError, KeyVersions};
use crate::config::{Config, Durability, StoragePlace};
use crate::encryption::KeyRing;

/// An open store, and the keys of what is kept there.
pub(crate) struct Storage {
    pub(crate) store: Store,
    pub(crate) master_key: MasterKey,
    /// `None` where callbacks are signed with keys in the store.
    folder: Option<PathBuf>,
}

impl Storage {
    /// Opens the place that is configured. The master key of a cluster is looked for first, so that nothing is written where
    /// it is missing.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        match config.storage.place(|name| std::env::var(name).ok())? {
            StoragePlace::Folder(folder) => {
                let store = open_folder(config, &folder)?;
                let master_key = folder_master_key(config, &folder, &store).await?;
                Ok(Self { store, master_key, folder: Some(folder) })
            }
            StoragePlace::Cluster(places) => {
                let place = MasterKeyPlace::find(config.access.master_key_file.as_deref(), None)?;
                let master_key = place.load().context("all nodes of a cluster have the same master key")?;
                let master_key = master_key.with_former(&config.access.former_master_key_files)?;
                let store = open_cluster(config, &places).await?;
                check_access_key(&place, &master_key, &store).await?;
                check_content_keys(&place, &master_key, &store).await?;
                Ok(Self { store, master_key, folder: None })
            }
        }
    }

    /// Opens the keys that sign callbacks, and makes the first one where there is none.
    pub(crate) async fn callback_keys(&self, config: &Config) -> anyhow::Result<KeyVersions> {
        if let Some(folder) = &self.folder {
            return Ok(keys::folder::open(&folder.join("keys"))?);
        }
        keys::sealed::open(&self.store, &self.master_key).await.map_err(|error| match error {
            KeyError::OtherMasterKey { .. } => {
                match MasterKeyPlace::find(config.access.master_key_file.as_deref(), None) {
                    Ok(place) => anyhow!(error).context(other_master_key(&place)),
                    Err(error) => anyhow!(error),
                }
            }
            error => anyhow!(error),
        })
    }
}

/// Opens a data folder as the configuration has it.
pub(crate) fn open_folder(config: &Config, data_dir: &Path) -> anyhow::Result<Store> {
    Store::open(data_dir, options(config)).map_err(|error| match error {
        OpenError::InUse { .. } => {
            anyhow!("{error}: stop it, or choose another folder with --data-dir DIR")
        }
        OpenError::NotAStore { .. } => anyhow!("{error}: choose an empty or new folder with --data-dir DIR"),
        OpenError::Version { .. } => {
            anyhow!("{error}: start the version of ossicle that wrote it, or a newer one")
        }
        OpenError::Corrupt { .. } => anyhow!("{error}: `ossicle fsck` tells more"),
        error => anyhow::Error::new(error).context(format!(
            "cannot open the data folder {}; make it writable, or choose another with --data-dir DIR",
            data_dir.display()
        )),
    })
}

/// Opens the places that the nodes of a cluster share.
pub(crate) async fn open_cluster(config: &Config, places: &ClusterPlaces) -> anyhow::Result<Store> {
    Store::open_cluster(places, options(config)).await.map_err(|error| match error {
        OpenError::Database { .. } => anyhow!("{error} (storage.metadata, --metadata)"),
        OpenError::Place { .. } => anyhow!("{error} (storage.data, --data: {})", places.data),
        error => anyhow::Error::new(error).context("cannot open the cluster's database and content"),
    })
}

/// Opens the master key of a data folder, which has to be the one that access keys were sealed under.
pub(crate) async fn folder_master_key(
    config: &Config,
    data_dir: &Path,
    store: &Store,
) -> anyhow::Result<MasterKey> {
    let place = MasterKeyPlace::find(config.access.master_key_file.as_deref(), Some(data_dir))?;
    let former = &config.access.former_master_key_files;
    if store.any_access_key().await?.is_none() && KeyRing::marked(store).await?.is_empty() {
        return Ok(place.load_or_make()?.with_former(former)?);
    }
    let key = place.load().context(
        "there are access keys or encrypted objects, which only the master key opens that they were made under: restore \
         that file",
    )?;
    let key = key.with_former(former)?;
    check_access_key(&place, &key, store).await?;
    check_content_keys(&place, &key, store).await?;
    Ok(key)
}

/// Fails where an access key was sealed under another master key.
async fn check_access_key(place: &MasterKeyPlace, key: &MasterKey, store: &Store) -> anyhow::Result<()> {
    let Some(sealed) = store.any_access_key().await? else { return Ok(()) };
    if key.open(Purpose::AccessKeySecret(&sealed.id), &sealed.sealed_secret).is_none() {
        bail!(
            "{place} is not the master key that the secrets of the access keys were sealed under: restore that key, set \
             access.master_key_file to its file, or OSSICLE_MASTER_KEY to the key itself"
        );
    }
    Ok(())
}

/// Fails where content may be encrypted under another master key.
async fn check_content_keys(place: &MasterKeyPlace, key: &MasterKey, store: &Store) -> anyhow::Result<()> {
    let known: Vec<String> = key.former().chain([key.clone()]).filter_map(|key| key.id()).collect();
    match KeyRing::marked(store).await?.into_iter().find(|id| !known.contains(id)) {
        Some(id) => bail!(
            "{place} is not the master key {id}, under which objects were encrypted: restore that key, or add the file that \
             has it to access.former_master_key_files"
        ),
        None => Ok(()),
    }
}

fn other_master_key(place: &MasterKeyPlace) -> String {
    format!(
        "{place} is not the master key that the other nodes of the cluster have: set OSSICLE_MASTER_KEY to theirs, or \
         access.master_key_file to a file with it"
    )
}

fn options(config: &Config) -> StoreOptions {
    let durability = match config.storage.durability {
        Durability::Durable => ossicle_store::Durability::Durable,
        Durability::Relaxed => ossicle_store::Durability::Relaxed,
    };
    StoreOptions::default()
        .account(&config.account.owner_id)
        .durability(durability)
        .cache_bytes(config.storage.cache_mib * 1024 * 1024)
        .read_bytes(config.server.answer_memory())
        .content_grace(Duration::from_secs(config.storage.content_grace_s))
}
