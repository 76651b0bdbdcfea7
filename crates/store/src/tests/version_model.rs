//! Random operations on buckets that keep versions, compared with a plain list of versions after every step.

use std::collections::BTreeMap;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use super::support::{
    Engine, append, bucket, bytes, copy_of, engines, in_memory, initiate, open_with, options, put_part, read,
    stored, tables,
};
use crate::{
    Acl, BucketStat, CompleteUpload, CopyAttributes, CopyObject, DeleteKey, DeleteMarker, DeleteObject,
    Error, ListVersions, ObjectKind, Parts, PutObject, SeenObject, SeenState, SeenVersion, Store,
    StoreOptions, VersionEntry, VersionId, VersionRef, Versioning,
};

/// Few keys, so that steps meet.
const KEYS: [&str; 5] = ["a", "a/", "a/b", "b", "é"];

#[derive(Debug, Clone)]
enum Step {
    Versioning { enabled: bool },
    Put { key: u8, size: u16 },
    Complete { key: u8, size: u16 },
    Append { key: u8, size: u16 },
    Copy { from: u8, version: u8, to: u8 },
    Delete { key: u8 },
    DeleteSeen { key: u8 },
    DeleteVersion { key: u8, version: u8 },
    DeleteSeenVersion { key: u8, version: u8 },
    DeleteMany { keys: Vec<(u8, Option<u8>)> },
    SetAcl { key: u8, version: u8 },
    List { prefix: u8, delimiter: bool, max: u8 },
    Flush,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || 0..u8::try_from(KEYS.len()).unwrap();
    let size = || prop_oneof![0..40_u16, 1000..1050_u16, 4000..6000_u16];
    let step = prop_oneof![
        3 => any::<bool>().prop_map(|enabled| Step::Versioning { enabled }),
        8 => (key(), size()).prop_map(|(key, size)| Step::Put { key, size }),
        2 => (key(), size()).prop_map(|(key, size)| Step::Complete { key, size }),
        4 => (key(), size()).prop_map(|(key, size)| Step::Append { key, size }),
        3 => (key(), any::<u8>(), key()).prop_map(|(from, version, to)| Step::Copy { from, version, to }),
        5 => key().prop_map(|key| Step::Delete { key }),
        1 => key().prop_map(|key| Step::DeleteSeen { key }),
        8 => (key(), any::<u8>()).prop_map(|(key, version)| Step::DeleteVersion { key, version }),
        4 => (key(), any::<u8>()).prop_map(|(key, version)| Step::DeleteSeenVersion { key, version }),
        2 => proptest::collection::vec((key(), any::<Option<u8>>()), 0..4)
            .prop_map(|keys| Step::DeleteMany { keys }),
        2 => (key(), any::<u8>()).prop_map(|(key, version)| Step::SetAcl { key, version }),
        4 => (0..4_u8, any::<bool>(), 1..6_u8)
            .prop_map(|(prefix, delimiter, max)| Step::List { prefix, delimiter, max }),
        1 => Just(Step::Flush),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..60)
}

#[derive(Debug, Clone)]
struct ModelVersion {
    id: Option<VersionId>,
    /// Nothing of a delete marker.
    content: Option<Vec<u8>>,
    kind: ObjectKind,
    acl: Acl,
}

#[derive(Debug)]
struct Run {
    dir: tempfile::TempDir,
    engine: Engine,
    store: Store,
    versioning: Versioning,
    /// Newest first. No list is empty.
    keys: BTreeMap<&'static str, Vec<ModelVersion>>,
    seed: u64,
}

#[test]
fn random_sequences_with_versions() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let cases = std::env::var("OSSICLE_MODEL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    for engine in engines() {
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        runner
            .run(&steps(), |steps| {
                runtime.block_on(async {
                    let mut run = Run::begin(engine).await;
                    for step in steps {
                        run.step(step).await;
                    }
                    run.end().await;
                });
                Ok(())
            })
            .unwrap();
    }
}

impl Run {
    async fn begin(engine: Engine) -> Self {
        let dir = in_memory();
        let store = Self::open(dir.path(), engine);
        bucket(&store, "b").await;
        Self { dir, engine, store, versioning: Versioning::Unset, keys: BTreeMap::new(), seed: 0 }
    }

    fn open(dir: &std::path::Path, engine: Engine) -> Store {
        open_with(dir, engine, &StoreOptions { log_segment_bytes: 64 * 1024, ..options() })
    }

    async fn step(&mut self, step: Step) {
        self.seed += 1;
        let key = |key: u8| KEYS[usize::from(key)];
        match step {
            Step::Versioning { enabled } => {
                self.versioning = if enabled { Versioning::Enabled } else { Versioning::Suspended };
                self.store.set_bucket_versioning("b", self.versioning).await.unwrap();
            }
            Step::Put { key: at, size } => {
                let content = bytes(self.seed, usize::from(size));
                let data = stored(&self.store, &content).await.unwrap();
                let put = self.store.put_object(PutObject::new("b", key(at), data, 1)).await.unwrap();
                self.push(key(at), put.version_id, Some(content), ObjectKind::Normal);
            }
            Step::Complete { key: at, size } => self.complete(key(at), size).await,
            Step::Append { key: at, size } => self.append(key(at), size).await,
            Step::Copy { from, version, to } => self.copy(key(from), version, key(to)).await,
            Step::Delete { key: at } => self.delete(vec![(key(at), None)], false).await,
            Step::DeleteSeen { key: at } => self.delete_seen(key(at)).await,
            Step::DeleteVersion { key: at, version } => {
                self.delete(vec![(key(at), Some(version))], false).await;
            }
            Step::DeleteSeenVersion { key: at, version } => self.delete_seen_version(key(at), version).await,
            Step::DeleteMany { keys } => {
                let keys = keys.into_iter().map(|(at, version)| (key(at), version)).collect();
                self.delete(keys, true).await;
            }
            Step::SetAcl { key: at, version } => self.set_acl(key(at), version).await,
            Step::List { prefix, delimiter, max } => self.list(prefix, delimiter, usize::from(max)).await,
            Step::Flush => self.flush(),
            Step::Reopen => self.reopen().await,
        }
    }

    /// Chooses a version of the key, or one that there may not be.
    fn choose(&self, key: &str, version: u8) -> VersionRef {
        let versions = self.keys.get(key).map_or(&[][..], Vec::as_slice);
        match usize::from(version) % (versions.len() + 3) {
            0 => VersionRef::Current,
            1 => VersionRef::Null,
            2 => VersionRef::Id(VersionId::new(u64::from(version))),
            at => VersionRef::of(versions[at - 3].id),
        }
    }

    fn find(&self, key: &str, which: VersionRef) -> Option<usize> {
        let versions = self.keys.get(key)?;
        match which {
            VersionRef::Current => Some(0),
            other => versions.iter().position(|version| VersionRef::of(version.id) == other),
        }
    }

    fn current(&self, key: &str) -> Option<&ModelVersion> {
        self.keys.get(key)?.first().filter(|version| version.content.is_some())
    }

    /// Makes a version the latest, as the bucket's versioning has it.
    fn push(&mut self, key: &'static str, id: Option<VersionId>, content: Option<Vec<u8>>, kind: ObjectKind) {
        assert_eq!(id.is_some(), self.versioning == Versioning::Enabled);
        let versions = self.keys.entry(key).or_default();
        if self.versioning != Versioning::Enabled {
            versions.retain(|version| version.id.is_some());
        }
        assert!(versions.iter().all(|version| version.id.is_none() || version.id < id || id.is_none()));
        versions.insert(0, ModelVersion { id, content, kind, acl: Acl::Default });
    }

    async fn complete(&mut self, key: &'static str, size: u16) {
        let id = initiate(&self.store, key).await.unwrap();
        let content = bytes(self.seed, usize::from(size));
        put_part(&self.store, key, &id, 1, &content).await.unwrap();
        let complete = CompleteUpload::new("b", key, id.as_str(), Parts::All, 1);
        let object = self.store.complete(complete).await.unwrap();
        self.push(key, object.version_id, Some(content), ObjectKind::Multipart);
    }

    async fn append(&mut self, key: &'static str, size: u16) {
        let more = bytes(self.seed, usize::from(size));
        let current = self.current(key).cloned();
        let position = current.as_ref().and_then(|version| version.content.as_ref()).map_or(0, Vec::len);
        let result = append(&self.store, key, position as u64, &more).await;
        match current {
            Some(version) if version.kind != ObjectKind::Appendable => {
                assert_eq!(result.unwrap_err(), Error::NotAppendable);
            }
            Some(version) => {
                assert_eq!(result.unwrap().version_id, version.id);
                self.keys.get_mut(key).unwrap()[0].content.as_mut().unwrap().extend(more);
            }
            None => self.push(key, result.unwrap().version_id, Some(more), ObjectKind::Appendable),
        }
    }

    async fn copy(&mut self, from: &'static str, version: u8, to: &'static str) {
        let which = self.choose(from, version);
        let copy = CopyObject {
            source_bucket: "b".into(),
            source_key: from.into(),
            source_generation: None,
            source_version: which,
            data: None,
            bucket: "b".into(),
            key: to.into(),
            attributes: CopyAttributes::Keep { acl: Acl::Default, storage_class: String::new() },
            forbid_overwrite: false,
            now_ms: 1,
        };
        let result = self.store.copy_object(copy).await;
        match self.required(from, which) {
            Ok(at) => {
                let source = self.keys[from][at].clone();
                let kind = match source.kind {
                    ObjectKind::Appendable => ObjectKind::Normal,
                    kind => kind,
                };
                self.push(to, result.unwrap().version_id, source.content, kind);
            }
            Err(refused) => assert_eq!(result.unwrap_err(), refused),
        }
    }

    /// Where the version is that has to be an object, or how an operation on it is refused.
    fn required(&self, key: &str, which: VersionRef) -> Result<usize, Error> {
        match self.find(key, which) {
            Some(at) if self.keys[key][at].content.is_some() => Ok(at),
            _ if which == VersionRef::Current => Err(Error::NoSuchObject),
            Some(_) => Err(Error::IsDeleteMarker),
            None => Err(Error::NoSuchVersion),
        }
    }

    async fn set_acl(&mut self, key: &'static str, version: u8) {
        let which = self.choose(key, version);
        let result = self.store.set_object_acl("b", key, which, Acl::PublicRead).await;
        match self.required(key, which) {
            Ok(at) => self.keys.get_mut(key).unwrap()[at].acl = Acl::PublicRead,
            Err(refused) => assert_eq!(result, Err(refused)),
        }
    }

    async fn delete(&mut self, keys: Vec<(&'static str, Option<u8>)>, many: bool) {
        let chosen: Vec<_> = keys
            .iter()
            .map(|(key, version)| (*key, version.map(|version| self.choose(key, version))))
            .collect();
        let wanted: Vec<_> =
            chosen.iter().map(|(key, version)| DeleteKey { key: (*key).into(), version: *version }).collect();
        let deleted = if many {
            self.store.delete_objects("b", wanted, 1).await.unwrap()
        } else {
            let DeleteKey { key, version } = wanted.into_iter().next().unwrap();
            let delete = DeleteObject { bucket: "b".into(), key, version, ..DeleteObject::default() };
            vec![self.store.delete_object(delete).await.unwrap()]
        };
        for ((key, version), deleted) in chosen.into_iter().zip(deleted) {
            match version {
                Some(which) => {
                    let at = self.find(key, which);
                    assert_eq!(deleted.existed, at.is_some(), "{key} {which:?}");
                    assert!(deleted.marker.is_none());
                    let removed = at.map(|at| self.keys.get_mut(key).unwrap().remove(at));
                    let is_marker = removed.is_some_and(|removed| removed.content.is_none());
                    assert_eq!(deleted.removed_marker.is_some(), is_marker);
                    self.keys.retain(|_, versions| !versions.is_empty());
                }
                None => {
                    assert_eq!(deleted.existed, self.current(key).is_some());
                    self.mark(key, deleted.marker.map(|marker| marker.version_id));
                }
            }
        }
    }

    fn mark(&mut self, key: &'static str, marker: Option<Option<VersionId>>) {
        assert_eq!(marker.is_some(), self.versioning != Versioning::Unset);
        match marker {
            Some(id) => self.push(key, id, None, ObjectKind::Normal),
            None => drop(self.keys.remove(key)),
        }
    }

    async fn delete_seen(&mut self, key: &'static str) {
        let Some(object) = self.store.object("b", key).await.unwrap() else { return };
        let seen = SeenObject { key: key.to_owned(), generation: object.generation };
        assert_eq!(self.store.delete_seen("b", vec![seen], 1).await, Ok(vec![true]));
        let marker = self.store.latest_marker("b", key).await.unwrap();
        self.mark(key, marker.map(|marker| marker.version_id));
    }

    /// Deletes a version as lifecycle rules do: the latest stays, unless it is a delete marker that stands alone.
    async fn delete_seen_version(&mut self, key: &'static str, version: u8) {
        let Some(versions) = self.keys.get_mut(key) else { return };
        let at = usize::from(version) % versions.len();
        let version = VersionRef::of(versions[at].id);
        let is_alone = versions.len() == 1;
        let state = match self.store.object_version("b", key, version).await.unwrap().unwrap() {
            VersionEntry::Object(object) => SeenState::Object { generation: object.generation },
            VersionEntry::DeleteMarker(DeleteMarker { last_modified_ms, .. }) if is_alone => {
                SeenState::LoneMarker { last_modified_ms }
            }
            VersionEntry::DeleteMarker(DeleteMarker { last_modified_ms, .. }) => {
                SeenState::DeleteMarker { last_modified_ms }
            }
        };
        let is_due = at > 0 || matches!(state, SeenState::LoneMarker { .. });
        let seen = SeenVersion { key: key.to_owned(), version, state };
        assert_eq!(self.store.delete_seen_versions("b", vec![seen], 1).await, Ok(vec![is_due]));
        if is_due {
            versions.remove(at);
        }
        self.keys.retain(|_, versions| !versions.is_empty());
    }

    /// Goes through a list page by page, and compares the whole.
    async fn list(&self, prefix: u8, delimiter: bool, max: usize) {
        let prefix = ["", "a", "a/", "none"][usize::from(prefix)];
        let delimiter = if delimiter { "/" } else { "" };
        let mut which = ListVersions {
            bucket: "b".into(),
            prefix: prefix.into(),
            delimiter: delimiter.into(),
            max,
            ..ListVersions::default()
        };
        let (mut found, mut prefixes) = (Vec::new(), Vec::new());
        loop {
            let page = self.store.list_versions(&which).await.unwrap();
            let length = page.versions.len() + page.common_prefixes.len();
            assert!(length == max || (length < max && page.next.is_none()));
            prefixes.extend(page.common_prefixes);
            for listed in page.versions {
                let is_marker = matches!(listed.entry, VersionEntry::DeleteMarker(_));
                let key = listed.entry.key().to_owned();
                found.push((key, listed.entry.version_id(), is_marker, listed.is_latest));
            }
            let Some(next) = page.next else { break };
            (which.key_marker, which.version_marker) = next;
        }
        let (mut expected, mut expected_prefixes) = (Vec::new(), Vec::new());
        for (key, versions) in self.keys.iter().filter(|(key, _)| key.starts_with(prefix)) {
            if let Some(at) = key[prefix.len()..].find('/').filter(|_| !delimiter.is_empty()) {
                expected_prefixes.push(key[..=prefix.len() + at].to_owned());
                continue;
            }
            for (at, version) in versions.iter().enumerate() {
                expected.push(((*key).to_owned(), version.id, version.content.is_none(), at == 0));
            }
        }
        expected_prefixes.dedup();
        assert_eq!((found, prefixes), (expected, expected_prefixes), "{which:?}");
    }

    fn flush(&self) {
        if !self.engine.is_shared() {
            let tables = tables(&self.store);
            tables.seal();
            tables.flush().unwrap();
            while tables.compact().unwrap() {}
        }
    }

    async fn reopen(&mut self) {
        if self.engine.is_shared() {
            return;
        }
        if self.seed.is_multiple_of(2) && self.engine == Engine::Lsm {
            self.store.close().await;
        }
        let dir = copy_of(self.dir.path());
        self.store = Self::open(dir.path(), self.engine);
        self.dir = dir;
    }

    async fn end(&mut self) {
        let mut expected = BucketStat::default();
        for key in KEYS {
            let versions = self.keys.get(key).map_or(&[][..], Vec::as_slice);
            let current = self.store.object("b", key).await.unwrap();
            let latest = versions.first().filter(|version| version.content.is_some());
            assert_eq!(current.map(|object| object.version_id), latest.map(|version| version.id), "{key}");
            for (at, version) in versions.iter().enumerate() {
                self.check(key, version).await;
                let Some(content) = &version.content else {
                    expected.delete_markers += 1;
                    continue;
                };
                expected.add(version.kind, "", content.len() as u64, at == 0);
            }
        }
        assert_eq!(self.store.bucket_stat("b").await.unwrap(), expected);
        self.list(0, false, 3).await;
        let report = self.store.fsck(false).await.unwrap();
        assert!(report.is_sound(), "{report:?}");
        self.store.close().await;
    }

    async fn check(&self, key: &str, version: &ModelVersion) {
        let found = self.store.open_object_version("b", key, VersionRef::of(version.id)).await.unwrap();
        match found.unwrap() {
            VersionEntry::Object(object) => {
                let content = read(&self.store, &object, 0..u64::MAX).await.unwrap();
                assert_eq!(Some(&content), version.content.as_ref(), "{key} {version:?}");
                assert_eq!((object.attributes.acl, object.kind), (version.acl, version.kind));
            }
            VersionEntry::DeleteMarker(marker) => {
                assert!(version.content.is_none() && marker.version_id == version.id, "{key}");
            }
        }
    }
}
