//! Callback keys in the store of a cluster, sealed under the master key: `callback/v1` is the private key of
//! `callback_pub_key_v1.pem`. Of nodes that start together, all have the key of the one that was first.

use bytes::Bytes;
use ossicle_callback::SigningKey;
use ossicle_store::Store;

use super::{KeyError, KeyVersions};
use crate::access::master_key::{MasterKey, Purpose};

/// What the names of keys begin with in the store.
const PREFIX: &str = "callback/v";

/// Keys that are looked at.
const MOST: usize = 1000;

/// Reads the keys in the store, and makes the first one where there is none.
pub(crate) async fn open(store: &Store, master_key: &MasterKey) -> Result<KeyVersions, KeyError> {
    if let Some(versions) = read(store, master_key).await? {
        return Ok(versions);
    }
    let key = tokio::task::spawn_blocking(SigningKey::generate_rsa_2048).await;
    let key = key.map_err(|error| unfit(1, &error))?.map_err(|error| unfit(1, &error))?;
    add(store, master_key, 1, &key).await?;
    let made = read(store, master_key).await?;
    made.ok_or_else(|| unfit(1, &"it was not kept"))
}

/// Keeps a key under its version, unless there is one.
pub(crate) async fn add(
    store: &Store,
    master_key: &MasterKey,
    version: u32,
    key: &SigningKey,
) -> Result<(), KeyError> {
    let name = name_of(version);
    let pem = key.to_pem().map_err(|error| unfit(version, &error))?;
    let sealed = master_key
        .seal(Purpose::CallbackKey(&name), pem.as_bytes())
        .map_err(|error| unfit(version, &error))?;
    store.put_secret_if_absent(&name, Bytes::from(sealed)).await?;
    Ok(())
}

/// Lists the versions in the store.
pub(super) async fn versions(store: &Store) -> Result<Vec<u32>, KeyError> {
    let found = store.secrets(PREFIX, MOST).await?;
    Ok(found.iter().filter_map(|(name, _)| version_of(name)).collect())
}

/// Reads the keys in the store; none if there is none.
pub(crate) async fn read(store: &Store, master_key: &MasterKey) -> Result<Option<KeyVersions>, KeyError> {
    let mut versions = Vec::new();
    for (name, sealed) in store.secrets(PREFIX, MOST).await? {
        let Some(version) = version_of(&name) else { continue };
        let pem = master_key.open(Purpose::CallbackKey(&name), &sealed);
        let pem = pem.ok_or_else(|| KeyError::OtherMasterKey { name: name.clone() })?;
        let pem = std::str::from_utf8(&pem).map_err(|error| unfit(version, &error))?;
        versions.push((version, SigningKey::from_pem(pem).map_err(|error| unfit(version, &error))?));
    }
    KeyVersions::new(versions).map_err(|(version, message)| unfit(version, &message))
}

fn name_of(version: u32) -> String {
    format!("{PREFIX}{version}")
}

fn version_of(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.parse().ok()
}

pub(super) fn unfit(version: u32, message: &dyn std::fmt::Display) -> KeyError {
    KeyError::Unfit { name: name_of(version), message: message.to_string() }
}
