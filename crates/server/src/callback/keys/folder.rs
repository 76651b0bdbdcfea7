//! Callback keys in the data folder: made on first start, rotated by adding a file. `callback_key_v1.pem` is the private key of
//! `callback_pub_key_v1.pem`.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use ossicle_callback::SigningKey;

use super::{KeyError, KeyVersions};

/// Reads the keys in `folder`, and makes the first one where there is none.
pub(crate) fn open(folder: &Path) -> Result<KeyVersions, KeyError> {
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
    let versions = KeyVersions::new(versions).map_err(|(version, message)| KeyError::Invalid {
        path: folder.join(format!("callback_key_v{version}.pem")),
        message,
    })?;
    versions.ok_or_else(|| fail(folder)(io::Error::other("no key was made")))
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
