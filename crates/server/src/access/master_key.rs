//! The master key: 32 random bytes in a file of their own or in the environment, under which secrets are sealed before they are stored or handed
//! out. It knows nothing of what the secrets are for, beyond keeping those of one purpose apart from those of another.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Bytes of the key.
const LENGTH: usize = 32;

/// The variable of the environment that may hold the key.
const VARIABLE: &str = "OSSICLE_MASTER_KEY";

/// The first byte of what is sealed. The nonce follows, then the sealed text with its tag.
const SEALED_VERSION: u8 = 1;

/// The label of all keys that are derived from the master key.
const SALT: &[u8] = b"ossicle master key v1";

/// The use of what names the key, and its bytes.
const ID: &[u8] = b"id";
const ID_LENGTH: usize = 8;

/// The length of what names the key.
struct IdLength;

/// What everybody but the file's owner may do with it: nothing.
const MODE_OF_OTHERS: u32 = 0o077;

/// The use that something is sealed for. What is sealed for one opens for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose<'a> {
    /// The secret of the access key with this id, in the store.
    AccessKeySecret(&'a str),
    /// The security token of a role session, in the hands of its holder.
    SecurityToken,
    /// The session of somebody who has logged in to the console with the root key that has this digest, in a cookie.
    ConsoleSession(&'a str),
    /// What denied an action, in the hands of who was denied.
    DiagnosticMessage,
    /// The key that signs callbacks, in the store under this name.
    CallbackKey(&'a str),
}

/// The key that seals. It is never printed.
#[derive(Clone)]
pub(crate) struct MasterKey {
    root: Prk,
    /// Those that were the master key before. They open, and seal nothing.
    former: Vec<Prk>,
}

/// The reason for which the master key cannot be used; the text names the cure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum MasterKeyError {
    /// The file cannot be read or made.
    #[error("cannot use the master key {}: {source}; check the file and its folder, or set access.master_key_file to another", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Others than its owner may read or write the file.
    #[error("the master key {} is open to others (mode {mode:04o}): run `chmod 600` on it", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file is no master key.
    #[error(
        "{} is no master key, which has exactly {LENGTH} bytes: restore it from a backup (without it, the secrets of all \
         access keys in the store are lost)", path.display()
    )]
    Length {
        /// The file.
        path: PathBuf,
    },
    /// What the environment has is no master key.
    #[error(
        "{VARIABLE} is no master key, which is {LENGTH} random bytes in hexadecimal or base64: take what \
         `openssl rand -hex {LENGTH}` writes, the same for every node"
    )]
    Environment,
    /// The key is in the environment and in a file of its own.
    #[error(
        "{VARIABLE} and access.master_key_file are both set: keep the master key in one place, and unset the other"
    )]
    TwoPlaces,
    /// A node of a cluster has been given no key.
    #[error(
        "no master key: set {VARIABLE}, or access.master_key_file to a file, to the one that all nodes of the cluster have \
         (`openssl rand -hex {LENGTH}` makes one for a new cluster; keep a copy of it)"
    )]
    Nowhere,
    /// The library did not do what it is for.
    #[error("nothing can be sealed under the master key: the cryptographic library failed")]
    Library,
}

/// Where the master key is kept.
pub(crate) enum MasterKeyPlace {
    /// In the environment.
    Environment(MasterKey),
    /// In this file, which is made if need be.
    File(PathBuf),
}

impl MasterKeyPlace {
    /// Finds the key in the environment, or else in the file that is set, or else in the data folder.
    pub(crate) fn find(file: Option<&Path>, folder: Option<&Path>) -> Result<Self, MasterKeyError> {
        let text = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty()).map(Zeroizing::new);
        match (text, file) {
            (Some(_), Some(_)) => Err(MasterKeyError::TwoPlaces),
            (Some(text), None) => MasterKey::from_text(&text).map(Self::Environment),
            (None, Some(file)) => Ok(Self::File(file.to_owned())),
            (None, None) => {
                folder.map(|folder| Self::File(folder.join("master.key"))).ok_or(MasterKeyError::Nowhere)
            }
        }
    }

    /// Reads the key.
    pub(crate) fn load(&self) -> Result<MasterKey, MasterKeyError> {
        match self {
            Self::Environment(key) => Ok(key.clone()),
            Self::File(path) => MasterKey::load(path),
        }
    }

    /// Reads the key, and makes the file where there is none.
    pub(crate) fn load_or_make(&self) -> Result<MasterKey, MasterKeyError> {
        match self {
            Self::Environment(key) => Ok(key.clone()),
            Self::File(path) => MasterKey::load_or_make(path),
        }
    }
}

impl fmt::Display for MasterKeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(_) => f.write_str(VARIABLE),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl MasterKey {
    /// Reads a key in hexadecimal or base64.
    fn from_text(text: &str) -> Result<Self, MasterKeyError> {
        Self::parse(text).ok_or(MasterKeyError::Environment)
    }

    /// Reads a key in hexadecimal or base64; none if it is no such key.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = if text.len() == 2 * LENGTH { from_hex(text) } else { STANDARD.decode(text).ok() };
        let bytes = Zeroizing::new(bytes?);
        let key: &[u8; LENGTH] = bytes.as_slice().try_into().ok()?;
        Some(Self::from_bytes(key))
    }

    /// Adds those that were the master key before, by their files.
    pub(crate) fn with_former(mut self, files: &[PathBuf]) -> Result<Self, MasterKeyError> {
        for file in files {
            self.former.push(Self::load(file)?.root);
        }
        Ok(self)
    }

    /// Returns the keys that were the master key before.
    pub(crate) fn former(&self) -> impl Iterator<Item = Self> {
        self.former.iter().map(|root| Self { root: root.clone(), former: Vec::new() })
    }

    /// Returns the name of the key, by which what is sealed says what opens it; none if the library fails.
    pub(crate) fn id(&self) -> Option<String> {
        let mut id = [0; ID_LENGTH];
        self.root.expand(&[ID], IdLength).ok()?.fill(&mut id).ok()?;
        Some(id.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Derives the key of one use; none if the library fails.
    pub(crate) fn derive_for(&self, usage: &str) -> Option<LessSafeKey> {
        derive(&self.root, usage)
    }

    /// Reads the key in the file at `path`, and makes it where there is none.
    pub(crate) fn load_or_make(path: &Path) -> Result<Self, MasterKeyError> {
        let failed = |source| MasterKeyError::Io { path: path.to_owned(), source };
        match Self::load(path) {
            Err(MasterKeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            read => return read,
        }
        match create(path, &Zeroizing::new(rand::random())) {
            Ok(()) => tracing::info!(
                path = %path.display(),
                "made the master key; keep a copy of it apart from backups of the data"
            ),
            // Another process was quicker.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        Self::load(path)
    }

    /// Reads the key in the file at `path`.
    pub(crate) fn load(path: &Path) -> Result<Self, MasterKeyError> {
        let failed = |source| MasterKeyError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.mode() & 0o7777;
        if mode & MODE_OF_OTHERS != 0 {
            return Err(MasterKeyError::Open { path: path.to_owned(), mode });
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH + 1));
        file.take(LENGTH as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        let key: &[u8; LENGTH] =
            bytes.as_slice().try_into().map_err(|_| MasterKeyError::Length { path: path.to_owned() })?;
        Ok(Self::from_bytes(key))
    }

    pub(crate) fn from_bytes(key: &[u8; LENGTH]) -> Self {
        Self { root: Salt::new(HKDF_SHA256, SALT).extract(key), former: Vec::new() }
    }

    /// Seals `plaintext` for one purpose. The same text sealed twice looks different.
    pub(crate) fn seal(&self, purpose: Purpose<'_>, plaintext: &[u8]) -> Result<Vec<u8>, MasterKeyError> {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut text = plaintext.to_vec();
        self.derive_for(purpose.label())
            .ok_or(MasterKeyError::Library)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.associated_data()),
                &mut text,
            )
            .map_err(|_| MasterKeyError::Library)?;
        Ok([&[SEALED_VERSION], nonce.as_slice(), &text].concat())
    }

    /// Opens what was sealed for this purpose; none if it was not, or was changed since.
    pub(crate) fn open(&self, purpose: Purpose<'_>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, text) = sealed.strip_prefix(&[SEALED_VERSION])?.split_first_chunk::<NONCE_LEN>()?;
        let keys = std::iter::once(&self.root).chain(&self.former);
        keys.filter_map(|key| derive(key, purpose.label())).find_map(|key| open(&key, purpose, nonce, text))
    }
}

fn open(
    key: &LessSafeKey,
    purpose: Purpose<'_>,
    nonce: &[u8; NONCE_LEN],
    text: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(text.to_vec());
    let length = key
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(purpose.associated_data()), &mut text)
        .ok()?
        .len();
    text.truncate(length);
    Some(text)
}

fn derive(root: &Prk, usage: &str) -> Option<LessSafeKey> {
    let info = [usage.as_bytes()];
    let key = root.expand(&info, &AES_256_GCM).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(key)))
}

impl KeyType for IdLength {
    fn len(&self) -> usize {
        ID_LENGTH
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl Purpose<'_> {
    fn label(&self) -> &'static str {
        match self {
            Self::AccessKeySecret(_) => "access key secret",
            Self::SecurityToken => "security token",
            Self::DiagnosticMessage => "diagnostic message",
            Self::ConsoleSession(_) => "console session",
            Self::CallbackKey(_) => "callback key",
        }
    }

    /// Returns what is authenticated with the sealed text: the purpose, and whose it is.
    fn associated_data(&self) -> Vec<u8> {
        let owner = match self {
            Self::AccessKeySecret(owner) | Self::ConsoleSession(owner) | Self::CallbackKey(owner) => owner,
            Self::SecurityToken | Self::DiagnosticMessage => "",
        };
        [self.label().as_bytes(), &[0], owner.as_bytes()].concat()
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8; 2]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
    text.as_bytes().as_chunks::<2>().0.iter().map(byte).collect()
}

/// Makes the file, which is whole and durable as soon as it has its name, and takes no other's place.
fn create(path: &Path, key: &[u8; LENGTH]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{:016x}.tmp", rand::random::<u64>()));
    let temporary = Path::new(&name);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary)?;
    let linked = file
        .write_all(key)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(temporary, path))
        .and_then(|()| File::open(folder)?.sync_all());
    let removed = fs::remove_file(temporary);
    linked.and(removed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_purpose_alone() {
        let key = MasterKey::from_bytes(&[7; LENGTH]);
        let purpose = Purpose::AccessKeySecret("LTAIone");
        let sealed = key.seal(purpose, b"a secret").unwrap();
        assert_eq!(key.open(purpose, &sealed).unwrap().as_slice(), b"a secret");
        assert_ne!(key.seal(purpose, b"a secret").unwrap(), sealed, "nonces differ");
        assert_eq!(sealed.len(), 1 + NONCE_LEN + 8 + 16);
        for other in [Purpose::AccessKeySecret("LTAItwo"), Purpose::SecurityToken] {
            assert!(key.open(other, &sealed).is_none(), "{other:?}");
        }
        assert!(MasterKey::from_bytes(&[8; LENGTH]).open(purpose, &sealed).is_none());
    }

    #[test]
    fn what_was_changed_or_cut_does_not_open() {
        let key = MasterKey::from_bytes(&[7; LENGTH]);
        let sealed = key.seal(Purpose::SecurityToken, b"text").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open(Purpose::SecurityToken, &changed).is_none(), "byte {at}");
            assert!(key.open(Purpose::SecurityToken, &sealed[..at]).is_none(), "length {at}");
        }
        let empty = key.seal(Purpose::SecurityToken, b"").unwrap();
        assert_eq!(key.open(Purpose::SecurityToken, &empty).unwrap().as_slice(), b"");
    }

    #[test]
    fn the_file_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let sealed = MasterKey::load_or_make(&path).unwrap().seal(Purpose::SecurityToken, b"text").unwrap();
        let again = MasterKey::load_or_make(&path).unwrap();
        assert!(again.open(Purpose::SecurityToken, &sealed).is_some());
        assert_eq!(format!("{again:?}"), "MasterKey(..)");
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!((metadata.mode() & 0o7777, metadata.len()), (0o600, LENGTH as u64));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
        assert_eq!(
            create(&path, &[0; LENGTH]).unwrap_err().kind(),
            io::ErrorKind::AlreadyExists,
            "a key is never written over"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "not even then");
    }

    #[test]
    fn keys_as_text_are_those_in_a_file() {
        let sealed = MasterKey::from_bytes(&[0xab; LENGTH]).seal(Purpose::SecurityToken, b"text").unwrap();
        for text in [
            "ab".repeat(LENGTH),
            "AB".repeat(LENGTH),
            format!("{}\n", "ab".repeat(LENGTH)),
            STANDARD.encode([0xab; LENGTH]),
        ] {
            assert!(MasterKey::from_text(&text).unwrap().open(Purpose::SecurityToken, &sealed).is_some());
        }
        for text in
            ["", "ab", &"ab".repeat(31), &"ab".repeat(33), &"zz".repeat(LENGTH), &STANDARD.encode([1; 31])]
        {
            let error = MasterKey::from_text(text).unwrap_err().to_string();
            assert!(error.contains("openssl rand -hex 32"), "{error}");
            assert!(text.is_empty() || !error.contains(text), "the error does not tell the key");
        }
    }

    #[test]
    fn files_that_cannot_be_used_name_the_cure() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &[u8], mode: u32| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            MasterKey::load_or_make(&path).map(drop).unwrap_err().to_string()
        };
        for mode in [0o640, 0o604, 0o620, 0o610] {
            assert!(write("open", &[1; LENGTH], mode).contains("chmod 600"), "{mode:o}");
        }
        for length in [0, LENGTH - 1, LENGTH + 1] {
            assert!(write("wrong", &vec![1; length], 0o600).contains("backup"), "{length}");
        }
        let missing = folder.path().join("no/folder").join("master.key");
        assert!(
            MasterKey::load_or_make(&missing).unwrap_err().to_string().contains("access.master_key_file")
        );
    }
}
