//! The RSA keys that sign callbacks: those of this moment, and what is done with them. They are kept in the data folder, or in
//! the store of a cluster.
//!
//! The highest version signs; all are served, so that receivers which still hold an older signature can verify it.

pub(crate) mod folder;
pub(crate) mod follow;
mod public_key_url;
pub(crate) mod sealed;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use ossicle_callback::{SigningKey, string_to_sign};
use tokio::sync::Mutex;

pub(crate) use public_key_url::PublicKeyUrl;

/// The keys of this moment. Others may take their place while the server runs.
pub(crate) struct CallbackKeys {
    versions: RwLock<Arc<KeyVersions>>,
    /// When others were looked for last. Held while they are.
    looked: Mutex<Option<Instant>>,
}

/// All versions, the newest last. There is at least one.
pub(crate) struct KeyVersions {
    versions: Vec<(u32, SigningKey)>,
    newest: u32,
    /// The newest version once more, in the library that signs fastest.
    signer: ossicle_rsa::PrivateKey,
}

/// The reason for which the keys cannot be used; the text names the cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum KeyError {
    /// The folder or a file in it cannot be read or written.
    #[error("cannot use the callback key {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file does not hold a private RSA key.
    #[error("{} is not a PEM RSA private key of 1024 bits or more: {message}; restore it from a backup or move it away to have a new one made", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The mistake in it.
        message: String,
    },
    /// What is kept in the store was sealed under another master key.
    #[error("\"{name}\" in the store does not open with it")]
    OtherMasterKey {
        /// The name of the key in the store.
        name: String,
    },
    /// What the store has is no key that can sign.
    #[error("the callback key \"{name}\" in the store cannot be used: {message}")]
    Unfit {
        /// The name of the key in the store.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// The store cannot be read or written.
    #[error("cannot use the callback keys in the store: {0}")]
    Store(#[from] ossicle_store::Error),
}

impl CallbackKeys {
    pub(crate) fn new(versions: KeyVersions) -> Self {
        Self { versions: RwLock::new(Arc::new(versions)), looked: Mutex::default() }
    }

    /// Returns the keys as they are now.
    pub(crate) fn now(&self) -> Arc<KeyVersions> {
        Arc::clone(&self.versions.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, versions: KeyVersions) {
        *self.versions.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(versions);
    }
}

impl KeyVersions {
    /// Puts versions in order. None if there is none; an error tells which cannot sign, and why.
    fn new(mut versions: Vec<(u32, SigningKey)>) -> Result<Option<Self>, (u32, String)> {
        versions.sort_by_key(|(version, _)| *version);
        let Some((newest, key)) = versions.last() else { return Ok(None) };
        let newest = *newest;
        let signer = signer(key).map_err(|message| (newest, message))?;
        Ok(Some(Self { versions, newest, signer }))
    }

    /// Returns the version that signs.
    pub(crate) fn newest(&self) -> u32 {
        self.newest
    }

    /// Returns the key that signs, alone.
    pub(crate) fn into_newest(mut self) -> Option<SigningKey> {
        self.versions.pop().map(|(_, key)| key)
    }

    fn has_all_of(&self, versions: impl IntoIterator<Item = u32>) -> bool {
        versions.into_iter().all(|wanted| self.versions.iter().any(|(version, _)| *version == wanted))
    }

    /// Returns the public key in the file `name` (`callback_pub_key_v1.pem`).
    pub(crate) fn public_pem(&self, name: &str) -> Option<String> {
        let (_, version) = public_key_url::version_of(name)?;
        let (_, key) = self.versions.iter().find(|(candidate, _)| *candidate == version)?;
        key.public_pem().ok()
    }

    /// Signs for each URL with the newest key. Takes a third of a millisecond each: not for an I/O thread.
    pub(crate) fn sign(&self, targets: &[String], body: &[u8]) -> Option<Vec<String>> {
        let sign = |target: &String| {
            let digest = Md5::digest(string_to_sign(target, body));
            let signature = self.signer.sign_md5(&digest.into());
            signature.map(|signature| BASE64.encode(signature))
        };
        let signatures: Result<_, _> = targets.iter().map(sign).collect();
        signatures.inspect_err(|error| tracing::error!(%error, "a callback cannot be signed")).ok()
    }
}

fn signer(key: &SigningKey) -> Result<ossicle_rsa::PrivateKey, String> {
    let der = key.to_pkcs1_der().map_err(|error| error.to_string())?;
    ossicle_rsa::PrivateKey::from_pkcs1_der(&der).map_err(|error| error.to_string())
}
