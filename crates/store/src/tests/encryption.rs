//! Encrypted content: it is read as it came, in whole and in ranges, by who has the keys; what is stored shows nothing of it.
//! The ciphers are not the store's, and a toy stands for them here.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::support::{Engine, bytes, copy, engines, get, open, put, read, store, until_files};
use crate::{
    Acl, AppendObject, Attributes, Cipher, CompleteUpload, ContentId, ContentKey, ContentKeys,
    CopyAttributes, CopyObject, Encryption, Error, NewUpload, Object, Parts, PutObject, PutPart, SealedKey,
    Store, StoredData, VersionRef,
};

/// What no stored byte may look like.
const KNOWN: &[u8] = b"known text that must not be found";

/// Keys with these ids.
#[derive(Debug)]
struct ToyKeys(HashSet<String>);

#[derive(Debug)]
struct ToyKey(u8);

impl ToyKeys {
    fn of(ids: &[&str]) -> Arc<Self> {
        Arc::new(Self(ids.iter().map(|id| (*id).to_owned()).collect()))
    }
}

impl ContentKeys for ToyKeys {
    fn make(
        &self,
        encryption: &Encryption,
        content: ContentId,
    ) -> Result<(SealedKey, Box<dyn ContentKey>), Error> {
        let (is_kms, id) = (encryption.kms_key.is_some(), encryption.kms_key.as_deref().unwrap_or("master"));
        let byte = content.to_bytes()[15] | 1;
        let mut sealed = [byte; SealedKey::LENGTH];
        sealed[1..17].copy_from_slice(&content.to_bytes());
        let sealed = SealedKey { cipher: encryption.cipher, is_kms, key_id: id.into(), sealed };
        self.open(&sealed, content).map(|key| (sealed, key))
    }

    fn open(&self, sealed: &SealedKey, content: ContentId) -> Result<Box<dyn ContentKey>, Error> {
        let SealedKey { key_id, is_kms, sealed, .. } = sealed;
        if !self.0.contains(key_id) {
            return Err(Error::NoSuchEncryptionKey { id: key_id.clone(), is_kms: *is_kms });
        }
        if sealed[1..17] != content.to_bytes() {
            return Err(Error::corrupt("a key of other content"));
        }
        Ok(Box::new(ToyKey(sealed[0])))
    }
}

impl ToyKey {
    fn stream(&self, nonce: [u8; 12], text: &mut [u8]) {
        let start = usize::from(nonce[11]) * 7 + usize::from(nonce[0]) * 3;
        for (at, byte) in text.iter_mut().enumerate() {
            *byte ^= u8::try_from((start + at * 31) % 251).unwrap() ^ self.0;
        }
    }
}

impl ContentKey for ToyKey {
    fn seal(&self, nonce: [u8; 12], chunk: &mut Vec<u8>) -> Result<(), Error> {
        let tag = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Xz, chunk);
        self.stream(nonce, chunk);
        chunk.extend_from_slice(&tag.to_le_bytes());
        chunk.extend_from_slice(&nonce[4..]);
        Ok(())
    }

    fn open(&self, nonce: [u8; 12], chunk: &mut [u8]) -> bool {
        let length = chunk.len() - 16;
        self.stream(nonce, &mut chunk[..length]);
        let tag = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Xz, &chunk[..length]);
        chunk[length..length + 8] == tag.to_le_bytes() && chunk[length + 8..] == nonce[4..]
    }
}

fn by_master() -> Encryption {
    Encryption { cipher: Cipher::Aes256Gcm, kms_key: None }
}

fn by_kms() -> Encryption {
    Encryption { cipher: Cipher::Sm4Gcm, kms_key: Some("kms".into()) }
}

async fn upload(store: &Store, content: &[u8], encryption: Option<&Encryption>) -> StoredData {
    let mut upload = store.upload(Some(content.len() as u64)).encrypted(encryption).unwrap();
    for piece in content.chunks(50_001) {
        upload.write(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    upload.finish().await.unwrap()
}

async fn put_encrypted(store: &Store, key: &str, content: &[u8]) -> Object {
    let data = upload(store, content, Some(&by_master())).await;
    assert_eq!(read_new(store, &data).await, content);
    store.put_object(PutObject::new("b", key, data, 1000)).await.unwrap()
}

async fn read_new(store: &Store, data: &StoredData) -> Vec<u8> {
    let mut reader = store.read_new(data, 0..u64::MAX);
    let mut content = Vec::new();
    while let Some(piece) = reader.next().await {
        content.extend_from_slice(&piece.unwrap());
    }
    content
}

/// Content of a length that begins with what is known.
fn content(seed: u64, length: usize) -> Vec<u8> {
    let mut content = bytes(seed, length);
    let known = KNOWN.len().min(length);
    content[..known].copy_from_slice(&KNOWN[..known]);
    content
}

fn holds_known(dir: &Path) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds_known(&path);
        }
        std::fs::read(path).unwrap().windows(KNOWN.len()).any(|window| window == KNOWN)
    })
}

#[tokio::test]
async fn encrypted_content_is_read_as_it_came_and_stored_as_it_did_not() {
    for engine in engines() {
        let (dir, store) = store(engine).await;
        store.use_content_keys(ToyKeys::of(&["master", "kms"]));
        for length in [0, 1, 900, 1024, 1025, 65_536, 65_537, 400_000] {
            let content = content(length as u64 + 1, length);
            let object = put_encrypted(&store, "k", &content).await;
            let plain = put(&store, "plain", &content).await;
            assert_eq!((object.size, object.crc64, object.md5), (plain.size, plain.crc64, plain.md5));
            assert_eq!((&object.etag, &object.attributes.encryption), (&plain.etag, &Some(by_master())));
            super::support::delete(&store, "plain").await;
            assert_eq!(get(&store, "k").await.unwrap(), content, "{engine:?} {length}");
            let object = store.open_object("b", "k").await.unwrap().unwrap();
            for start in [0, 1, 65_535, 65_536, 65_537, 131_072, 399_999] {
                for end in [1, 700, 65_536, 65_537, 131_073, 400_000, u64::MAX] {
                    let range = start.min(length as u64) as usize..end.min(length as u64) as usize;
                    let expected = content.get(range).unwrap_or_default();
                    assert_eq!(read(&store, &object, start..end).await.unwrap(), expected, "{start}..{end}");
                }
            }
        }
        assert!(store.scrub(None, |_| true).await.unwrap().findings.is_empty());
        assert!(store.fsck(false).await.unwrap().is_sound());
        store.close().await;
        drop(dir);
    }
    let (dir, store) = store(Engine::Lsm).await;
    store.use_content_keys(ToyKeys::of(&["master"]));
    put_encrypted(&store, "small", &content(1, 1000)).await;
    put_encrypted(&store, "large", &content(2, 300_000)).await;
    store.close().await;
    drop(store);
    assert!(!holds_known(dir.path()));
    let store = open(dir.path(), Engine::Lsm);
    put(&store, "plain", &content(3, 300_000)).await;
    store.close().await;
    assert!(holds_known(dir.path()), "the test finds what is there");
}

#[tokio::test]
async fn parts_appends_and_copies_keep_the_encryption() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        store.use_content_keys(ToyKeys::of(&["master", "kms"]));
        let attributes = Attributes { encryption: Some(by_kms()), ..Attributes::default() };
        let new = NewUpload { bucket: "b".into(), key: "m".into(), attributes, ..NewUpload::default() };
        let id = store.initiate(new).await.unwrap();
        let part = |number, data| PutPart {
            bucket: "b".into(),
            key: "m".into(),
            upload_id: id.clone(),
            number,
            data,
            now_ms: 1000,
        };
        let plain = upload(&store, b"plain", None).await;
        assert_eq!(store.put_part(part(1, plain)).await.unwrap_err(), Error::PreconditionFailed);
        let mut whole = Vec::new();
        for number in 1..=11 {
            let content = content(u64::from(number), if number % 2 == 0 { 500 } else { 70_000 });
            let data = upload(&store, &content, Some(&by_kms())).await;
            store.put_part(part(number, data)).await.unwrap();
            whole.extend(content);
        }
        let object = store.complete(CompleteUpload::new("b", "m", &id, Parts::All, 1000)).await.unwrap();
        assert_eq!(object.attributes.encryption, Some(by_kms()));
        assert_eq!(get(&store, "m").await.unwrap(), whole, "{engine:?}");
        let object = store.open_object("b", "m").await.unwrap().unwrap();
        assert_eq!(read(&store, &object, 69_990..140_600).await.unwrap(), whole[69_990..140_600]);
        copy(&store, "m", "copy").await.unwrap();
        assert_eq!(get(&store, "copy").await.unwrap(), whole);

        let append = |position, data| AppendObject::new("b", "a", position, data, 1000);
        let mut whole = Vec::new();
        for round in 0..3 {
            let content = content(round, 3000);
            let data = upload(&store, &content, Some(&by_master())).await;
            let object = store.append_object(append(whole.len() as u64, data)).await.unwrap();
            assert_eq!(object.attributes.encryption, Some(by_master()));
            whole.extend(content);
        }
        let plain = upload(&store, b"plain", None).await;
        let refused = store.append_object(append(whole.len() as u64, plain)).await;
        assert_eq!(refused.unwrap_err(), Error::PreconditionFailed);
        assert_eq!(get(&store, "a").await.unwrap(), whole);
        assert!(store.fsck(false).await.unwrap().is_sound());
        store.close().await;
    }
}

#[tokio::test]
async fn a_copy_may_be_encrypted_in_another_way() {
    for engine in engines() {
        let (dir, store) = store(engine).await;
        store.use_content_keys(ToyKeys::of(&["master", "kms"]));
        let content = content(1, 200_000);
        let source = put_encrypted(&store, "k", &content).await;
        let copy_with = |data| CopyObject {
            source_bucket: "b".into(),
            source_key: "k".into(),
            source_generation: None,
            source_version: VersionRef::Current,
            data: Some(data),
            bucket: "b".into(),
            key: "k".into(),
            attributes: CopyAttributes::Keep { acl: Acl::Default, storage_class: String::new() },
            forbid_overwrite: false,
            now_ms: 1000,
        };
        for encryption in [Some(by_kms()), None, Some(by_master())] {
            let data = upload(&store, &content, encryption.as_ref()).await;
            let object = store.copy_object(copy_with(data)).await.unwrap();
            assert_eq!((&object.etag, object.crc64), (&source.etag, source.crc64));
            assert_eq!(object.attributes.encryption, encryption);
            assert_eq!(get(&store, "k").await.unwrap(), content, "{engine:?}");
        }
        let other = upload(&store, b"other", None).await;
        assert_eq!(store.copy_object(copy_with(other)).await.unwrap_err(), Error::PreconditionFailed);
        if engine != Engine::SharedBlobs {
            until_files(dir.path(), 1).await;
        }
        store.close().await;
    }
}

#[tokio::test]
async fn without_its_key_content_says_so_and_the_rest_is_read() {
    let (dir, store) = store(Engine::Lsm).await;
    let encryption = by_kms();
    let missing = Error::NoSuchEncryptionKey { id: "kms".into(), is_kms: true };
    assert_eq!(store.upload(None).encrypted(Some(&encryption)).unwrap_err(), missing);
    store.use_content_keys(ToyKeys::of(&["kms"]));
    for (key, length) in [("small", 10), ("large", 100_000)] {
        let data = upload(&store, &content(1, length), Some(&encryption)).await;
        store.put_object(PutObject::new("b", key, data, 1000)).await.unwrap();
    }
    put(&store, "plain", b"x").await;
    store.close().await;
    drop(store);

    let store = open(dir.path(), Engine::Lsm);
    store.use_content_keys(ToyKeys::of(&["another"]));
    assert_eq!(store.upload(None).encrypted(Some(&encryption)).unwrap_err(), missing);
    for key in ["small", "large"] {
        let object = store.open_object("b", key).await.unwrap().unwrap();
        assert_eq!(read(&store, &object, 0..u64::MAX).await.unwrap_err(), missing, "{key}");
    }
    assert_eq!(get(&store, "plain").await.unwrap(), b"x");
    let report = store.scrub(None, |_| true).await.unwrap();
    assert_eq!(report.findings.len(), 2, "{report:?}");
    assert!(report.findings.iter().all(|finding| finding.what.contains("the KMS key kms")), "{report:?}");
    assert!(store.fsck(false).await.unwrap().is_sound());
    store.close().await;
}

#[tokio::test]
async fn a_data_file_that_was_changed_or_cut_is_not_read() {
    let (dir, store) = store(Engine::Lsm).await;
    store.use_content_keys(ToyKeys::of(&["master"]));
    put_encrypted(&store, "k", &content(1, 200_000)).await;
    let folder = std::fs::read_dir(dir.path().join("files")).unwrap().map(|folder| folder.unwrap().path());
    let file = folder.flat_map(|folder| std::fs::read_dir(folder).unwrap()).next().unwrap().unwrap().path();
    let whole = std::fs::read(&file).unwrap();
    let object = store.open_object("b", "k").await.unwrap().unwrap();
    let mut changed = whole.clone();
    changed[100_000] ^= 1;
    std::fs::write(&file, &changed).unwrap();
    let error = read(&store, &object, 65_536..65_540).await.unwrap_err();
    assert!(error.to_string().contains("was changed in chunk 1"), "{error}");
    assert_eq!(read(&store, &object, 0..5).await.unwrap(), KNOWN[..5], "other chunks are read");
    // Chunks that change places, and an end that is missing.
    let mut swapped = whole.clone();
    let (first, second) = (128..128 + 65_552, 128 + 65_552..128 + 2 * 65_552);
    swapped[first.clone()].copy_from_slice(&whole[second.clone()]);
    swapped[second].copy_from_slice(&whole[first]);
    std::fs::write(&file, &swapped).unwrap();
    assert!(matches!(read(&store, &object, 0..5).await, Err(Error::Corrupt { .. })));
    std::fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    assert!(read(&store, &object, 199_999..200_000).await.is_err());
    std::fs::write(&file, &whole).unwrap();
    assert_eq!(read(&store, &object, 0..u64::MAX).await.unwrap().len(), 200_000);
    store.close().await;
}
