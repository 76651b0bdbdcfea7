//! The keys that seal the keys of content: master keys, and those of the configuration by their ids. They are known when the
//! server starts and are the same for every node of a cluster.

use std::collections::HashMap;
use std::fmt;

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use bytes::Bytes;
use ossicle_store::{Cipher, ContentId, ContentKey, ContentKeys, Encryption, Error, SealedKey, Store};
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use super::ciphers::{KEY, content_key};
use crate::access::master_key::MasterKey;
use crate::config::KmsKey;

/// The use of the keys that are derived here.
const CONTENT_KEY: &str = "content key";

/// The use of what the default key of the key management service is made of.
const DEFAULT_KMS_KEY: &str = "default KMS key";

/// What the names begin with under which the store remembers master keys.
const MARK: &str = "content-keys:";

/// More master keys than anybody has had.
const MOST_MARKS: usize = 1000;

/// The keys by their ids.
pub(crate) struct KeyRing {
    /// The id of the master key that seals what is new.
    master: String,
    masters: HashMap<String, LessSafeKey>,
    /// The id of the key that seals where `KMS` comes without one.
    default_kms: String,
    kms: HashMap<String, LessSafeKey>,
    /// Whether the store says already what the master key is called.
    mark: OnceCell<()>,
}

impl KeyRing {
    /// Makes the ring of the master key, with those that were it before, and of the keys that the configuration has by their
    /// ids; none if the library fails. The first of these seals where no id is given, or else one that comes of the master key.
    pub(crate) fn new(master: &MasterKey, kms: &[KmsKey]) -> Option<Self> {
        let mut ring = Self {
            master: master.id()?,
            masters: HashMap::new(),
            default_kms: default_kms_id(master)?,
            kms: HashMap::new(),
            mark: OnceCell::new(),
        };
        for key in master.former().chain([master.clone()]) {
            ring.masters.insert(key.id()?, key.derive_for(CONTENT_KEY)?);
            ring.kms.insert(default_kms_id(&key)?, key.derive_for(DEFAULT_KMS_KEY)?);
        }
        for KmsKey { id, key } in kms {
            ring.kms.insert(id.clone(), key.derive_for(CONTENT_KEY)?);
        }
        if let Some(first) = kms.first() {
            ring.default_kms.clone_from(&first.id);
        }
        Some(ring)
    }

    /// Returns the id of the key that seals where `KMS` comes without one.
    pub(crate) fn default_kms(&self) -> &str {
        &self.default_kms
    }

    /// Has the store remember under which master key there is content, before there is any.
    pub(crate) async fn leave_mark(&self, store: &Store) -> Result<(), Error> {
        let leave = || async {
            store.put_secret_if_absent(&format!("{MARK}{}", self.master), Bytes::new()).await.map(drop)
        };
        self.mark.get_or_try_init(leave).await.copied()
    }

    /// Tells the names of the master keys under which the store may have content.
    pub(crate) async fn marked(store: &Store) -> Result<Vec<String>, Error> {
        let marks = store.secrets(MARK, MOST_MARKS).await?;
        Ok(marks.into_iter().filter_map(|(name, _)| name.strip_prefix(MARK).map(str::to_owned)).collect())
    }

    fn find(&self, is_kms: bool, id: &str) -> Result<&LessSafeKey, Error> {
        let keys = if is_kms { &self.kms } else { &self.masters };
        keys.get(id).ok_or_else(|| Error::NoSuchEncryptionKey { id: id.to_owned(), is_kms })
    }
}

/// Returns the id of the key that comes of a master key for `KMS` without an id.
fn default_kms_id(master: &MasterKey) -> Option<String> {
    Some(format!("default-{}", master.id()?))
}

impl ContentKeys for KeyRing {
    fn make(
        &self,
        encryption: &Encryption,
        content: ContentId,
    ) -> Result<(SealedKey, Box<dyn ContentKey>), Error> {
        let (is_kms, id) = match &encryption.kms_key {
            Some(id) => (true, id),
            None => (false, &self.master),
        };
        let sealing = self.find(is_kms, id)?;
        let key: Zeroizing<[u8; KEY]> = Zeroizing::new(rand::random());
        let (nonce, mut text): ([u8; NONCE_LEN], _) = (rand::random(), Zeroizing::new(key.to_vec()));
        let (cipher, key_id) = (encryption.cipher, id.clone());
        let data = associated_data(cipher, is_kms, &key_id, content);
        sealing
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(data), &mut *text)
            .map_err(|_| failed())?;
        let sealed = [nonce.as_slice(), &text].concat().try_into().map_err(|_| failed())?;
        let content = content_key(cipher, &key).ok_or_else(failed)?;
        Ok((SealedKey { cipher, is_kms, key_id, sealed }, content))
    }

    fn open(&self, sealed: &SealedKey, content: ContentId) -> Result<Box<dyn ContentKey>, Error> {
        let SealedKey { cipher, is_kms, key_id, sealed } = sealed;
        let sealing = self.find(*is_kms, key_id)?;
        let changed = || Error::Corrupt {
            what: format!(
                "the sealed key of encrypted content was changed, or the {} key {key_id} is not the one that it was sealed under",
                if *is_kms { "KMS" } else { "master" }
            ),
        };
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(changed)?;
        let mut text = Zeroizing::new(text.to_vec());
        let data = associated_data(*cipher, *is_kms, key_id, content);
        let key = sealing
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(data), &mut text)
            .map_err(|_| changed())?;
        let key = key.first_chunk::<KEY>().ok_or_else(changed)?;
        content_key(*cipher, key).ok_or_else(failed)
    }
}

/// Returns what the sealed key is bound to: what it is for, and where it lies.
fn associated_data(cipher: Cipher, is_kms: bool, key_id: &str, content: ContentId) -> Vec<u8> {
    let cipher = match cipher {
        Cipher::Aes256Gcm => 1,
        Cipher::Sm4Gcm => 2,
    };
    let head = [0, cipher, u8::from(is_kms)];
    [CONTENT_KEY.as_bytes(), &head, &content.to_bytes(), key_id.as_bytes()].concat()
}

fn failed() -> Error {
    Error::Corrupt { what: "the cryptographic library does not seal keys".to_owned() }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("master", &self.master)
            .field("default_kms", &self.default_kms)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kms(text: &str) -> KmsKey {
        KmsKey::try_from(text.to_owned()).unwrap()
    }

    fn master(byte: u8) -> MasterKey {
        MasterKey::from_bytes(&[byte; 32])
    }

    #[test]
    fn keys_have_ids_that_only_they_have() {
        let (one, two) = (master(1), master(2));
        assert_eq!(one.id().unwrap().len(), 16);
        assert_ne!(one.id(), two.id());
        let ring = KeyRing::new(&one, &[]).unwrap();
        assert_eq!(ring.default_kms(), format!("default-{}", one.id().unwrap()));
        assert!(!format!("{ring:?}").contains("0101"), "{ring:?}");
        let key = format!("a={}", "07".repeat(32));
        assert_eq!(KeyRing::new(&one, &[kms(&key)]).unwrap().default_kms(), "a");
        assert!(!format!("{:?}", kms(&key)).contains("07"), "{:?}", kms(&key));
    }

    #[tokio::test]
    async fn the_store_remembers_under_which_master_keys_there_is_content() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), ossicle_store::StoreOptions::default()).unwrap();
        assert!(KeyRing::marked(&store).await.unwrap().is_empty());
        for byte in [1, 1, 2] {
            KeyRing::new(&master(byte), &[]).unwrap().leave_mark(&store).await.unwrap();
        }
        let mut expected = [master(1).id().unwrap(), master(2).id().unwrap()];
        expected.sort();
        assert_eq!(KeyRing::marked(&store).await.unwrap(), expected);
        store.close().await;
    }

    /// Content that was written under one ring, read under others.
    #[tokio::test]
    async fn content_is_read_under_the_keys_that_it_was_written_under() {
        let key = |byte: &str| kms(&format!("a={}", byte.repeat(32)));
        let folder = tempfile::tempdir().unwrap();
        let open = |ring: KeyRing| {
            let store = Store::open(folder.path(), ossicle_store::StoreOptions::default()).unwrap();
            store.use_content_keys(std::sync::Arc::new(ring));
            store
        };
        let store = open(KeyRing::new(&master(1), &[key("07")]).unwrap());
        let bucket = ossicle_store::Bucket { name: "b".into(), ..Default::default() };
        store.create_bucket(bucket).await.unwrap();
        for (name, kms_key) in [("master", None), ("kms", Some("a".to_owned()))] {
            let encryption = Encryption { cipher: Cipher::Aes256Gcm, kms_key };
            let mut upload = store.upload(None).encrypted(Some(&encryption)).unwrap();
            upload.write(Bytes::from_static(b"text")).await.unwrap();
            let put = ossicle_store::PutObject::new("b", name, upload.finish().await.unwrap(), 1);
            store.put_object(put).await.unwrap();
        }
        store.close().await;
        drop(store);
        let former = folder.path().join("former");
        std::fs::write(&former, [1; 32]).unwrap();
        std::fs::set_permissions(&former, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let exchanged = master(2).with_former(&[former]).unwrap();
        for (ring, master_text, kms_text) in [
            (KeyRing::new(&master(1), &[key("07")]), "text", "text"),
            (KeyRing::new(&exchanged, &[key("07")]), "text", "text"),
            (KeyRing::new(&master(2), &[key("08")]), "is not among the keys", "is not the one"),
            (KeyRing::new(&master(1), &[]), "text", "the KMS key a is not among the keys"),
        ] {
            let store = open(ring.unwrap());
            for (name, expected) in [("master", master_text), ("kms", kms_text)] {
                let object = store.open_object("b", name).await.unwrap().unwrap();
                let told = match store.read(&object, 0..9).next().await.unwrap() {
                    Ok(text) => String::from_utf8(text.to_vec()).unwrap(),
                    Err(error) => error.to_string(),
                };
                assert!(told.contains(expected), "{name}: {told}");
            }
            store.close().await;
        }
    }
}
