//! The RSA keys that sign callbacks: made on first start, kept in the data folder, rotated by adding a file.
//!
//! `callback_key_v1.pem` is the private key of `callback_pub_key_v1.pem`. The highest version signs; all are served, so
//! that receivers which still hold an older signature can verify it.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use ossicle_callback::{SigningKey, string_to_sign};

/// All versions, the newest last.
pub(crate) struct CallbackKeys {
    versions: Vec<(u32, SigningKey)>,
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
}

impl CallbackKeys {
    /// Reads the keys in `folder`, and makes the first one where there is none.
    pub(crate) fn open(folder: &Path) -> Result<Self, KeyError> {
        let mut versions = Vec::new();
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |source| KeyError::Io { path, source }
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fail(folder))?;
        for entry in fs::read_dir(folder).map_err(fail(folder))? {
            let path = entry.map_err(fail(folder))?.path();
            let Some(version) = version_of(&path) else { continue };
            let pem = fs::read_to_string(&path).map_err(fail(&path))?;
            close_to_others(&path);
            let key = SigningKey::from_pem(&pem)
                .map_err(|error| KeyError::Invalid { path: path.clone(), message: error.to_string() })?;
            versions.push((version, key));
        }
        if versions.is_empty() {
            let path = folder.join("callback_key_v1.pem");
            let key = SigningKey::generate_rsa_2048()
                .map_err(|error| KeyError::Invalid { path: path.clone(), message: error.to_string() })?;
            let pem = key
                .to_pem()
                .map_err(|error| KeyError::Invalid { path: path.clone(), message: error.to_string() })?;
            write_private(&path, &pem).map_err(fail(&path))?;
            versions.push((1, key));
        }
        versions.sort_by_key(|(version, _)| *version);
        let signer = match versions.last() {
            Some((version, key)) => signer(key).map_err(|message| KeyError::Invalid {
                path: folder.join(format!("callback_key_v{version}.pem")),
                message,
            })?,
            None => return Err(fail(folder)(io::Error::other("no key was made"))),
        };
        Ok(Self { versions, signer })
    }

    /// Returns the key that signs, and its version.
    pub(crate) fn current(&self) -> Option<(u32, &SigningKey)> {
        self.versions.last().map(|(version, key)| (*version, key))
    }

    /// Returns the key that signs, alone.
    pub(crate) fn into_current(mut self) -> Option<SigningKey> {
        self.versions.pop().map(|(_, key)| key)
    }

    /// Returns the public key in the file `name` (`callback_pub_key_v1.pem`).
    pub(crate) fn public_pem(&self, name: &str) -> Option<String> {
        let version: u32 = name.strip_prefix("callback_pub_key_v")?.strip_suffix(".pem")?.parse().ok()?;
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

fn version_of(path: &Path) -> Option<u32> {
    path.file_name()?.to_str()?.strip_prefix("callback_key_v")?.strip_suffix(".pem")?.parse().ok()
}

/// Writes a key so that it is durable and private from the first byte: a key that half exists would lock every receiver
/// out after a crash.
fn write_private(path: &Path, pem: &str) -> io::Result<()> {
    let temporary = path.with_extension("pem.tmp");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(pem.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

/// Takes permissions on a key from others: one that came back from a backup may be readable to all.
fn close_to_others(path: &Path) {
    let Ok(metadata) = fs::metadata(path) else { return };
    if metadata.permissions().mode() & 0o077 == 0 {
        return;
    }
    match fs::set_permissions(path, fs::Permissions::from_mode(0o600)) {
        Ok(()) => tracing::warn!(
            path = %path.display(),
            "others could read the callback signing key; its mode is set to 0600"
        ),
        Err(error) => tracing::warn!(
            path = %path.display(),
            %error,
            "others can read the callback signing key; as its owner, run chmod 600 on it"
        ),
    }
}
