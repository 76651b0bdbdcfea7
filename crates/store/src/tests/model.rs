//! Random sequences of operations, compared with a plain map after every step, on both kinds of tables.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use super::support::{
    ENGINES, Engine, append, bucket, bytes, copy, delete, get, initiate, open_with, options, put_of,
    put_part, read, stored,
};
use crate::{
    AbortUpload, BucketStat, CompleteUpload, Error, ListObjects, ObjectKind, Parts, PutObject, Store,
    StoreOptions,
};

#[derive(Debug, Clone)]
enum Step {
    Put { key: u8, size: u16, forbid: bool },
    Append { key: u8, size: u16, off_by: u8 },
    Copy { from: u8, to: u8 },
    Delete { key: u8 },
    Initiate { key: u8 },
    PutPart { upload: u8, number: u8, size: u16 },
    Complete { upload: u8, drop_last: bool },
    Abort { upload: u8 },
    List { prefix: u8, delimiter: bool, after: u8, max: u8 },
    Range { key: u8, start: u16, end: u16 },
    Flush,
    Reopen,
}

/// Few keys, so that steps meet.
const KEYS: [&str; 9] = ["a", "a/", "a/b", "a/b/c", "a/d", "b", "b/a", "c/é", "c/日"];
const PREFIXES: [&str; 6] = ["", "a", "a/", "b/", "c", "none"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || 0..u8::try_from(KEYS.len()).unwrap();
    // Around the limit of what travels in a commit, and some much larger.
    let size = || prop_oneof![0..40_u16, 1000..1050_u16, 4000..9000_u16];
    let step = prop_oneof![
        6 => (key(), size(), any::<bool>()).prop_map(|(key, size, forbid)| Step::Put { key, size, forbid }),
        5 => (key(), size(), 0..6_u8).prop_map(|(key, size, off_by)| Step::Append { key, size, off_by }),
        3 => (key(), key()).prop_map(|(from, to)| Step::Copy { from, to }),
        3 => key().prop_map(|key| Step::Delete { key }),
        2 => key().prop_map(|key| Step::Initiate { key }),
        6 => (any::<u8>(), 1..14_u8, size())
            .prop_map(|(upload, number, size)| Step::PutPart { upload, number, size }),
        3 => (any::<u8>(), any::<bool>()).prop_map(|(upload, drop_last)| Step::Complete { upload, drop_last }),
        1 => any::<u8>().prop_map(|upload| Step::Abort { upload }),
        4 => (any::<u8>(), any::<bool>(), any::<u8>(), 1..9_u8)
            .prop_map(|(prefix, delimiter, after, max)| Step::List { prefix, delimiter, after, max }),
        3 => (key(), any::<u16>(), any::<u16>()).prop_map(|(key, start, end)| Step::Range { key, start, end }),
        1 => proptest::strategy::Just(Step::Flush),
        1 => proptest::strategy::Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..70)
}

#[derive(Debug, Clone)]
struct ModelObject {
    content: Vec<u8>,
    kind: ObjectKind,
}

#[derive(Debug)]
struct ModelUpload {
    key: &'static str,
    id: String,
    parts: BTreeMap<u32, Vec<u8>>,
}

#[derive(Debug)]
struct Run {
    dir: tempfile::TempDir,
    engine: Engine,
    store: Store,
    objects: BTreeMap<&'static str, ModelObject>,
    uploads: Vec<ModelUpload>,
    seed: u64,
}

#[test]
fn random_sequences() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for engine in ENGINES {
        let mut runner =
            TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
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
        let dir = tempfile::tempdir().unwrap();
        let store = Self::open(dir.path(), engine);
        bucket(&store, "b").await;
        Self { dir, engine, store, objects: BTreeMap::new(), uploads: Vec::new(), seed: 0 }
    }

    fn open(dir: &std::path::Path, engine: Engine) -> Store {
        open_with(dir, engine, &StoreOptions { log_segment_bytes: 64 * 1024, ..options() })
    }

    async fn step(&mut self, step: Step) {
        self.seed += 1;
        match step {
            Step::Put { key, size, forbid } => self.put(KEYS[usize::from(key)], size, forbid).await,
            Step::Append { key, size, off_by } => self.append(KEYS[usize::from(key)], size, off_by).await,
            Step::Copy { from, to } => self.copy(KEYS[usize::from(from)], KEYS[usize::from(to)]).await,
            Step::Delete { key } => {
                let key = KEYS[usize::from(key)];
                assert_eq!(delete(&self.store, key).await, self.objects.remove(key).is_some());
            }
            Step::Initiate { key } => {
                let key = KEYS[usize::from(key)];
                let id = initiate(&self.store, key).await.unwrap();
                self.uploads.push(ModelUpload { key, id, parts: BTreeMap::new() });
            }
            Step::PutPart { upload, number, size } => self.put_part(upload, number, size).await,
            Step::Complete { upload, drop_last } => self.complete(upload, drop_last).await,
            Step::Abort { upload } => {
                if let Some(upload) = self.take_upload(upload) {
                    let abort =
                        AbortUpload { bucket: "b".into(), key: upload.key.into(), upload_id: upload.id };
                    self.store.abort(abort).await.unwrap();
                }
            }
            Step::List { prefix, delimiter, after, max } => self.list(prefix, delimiter, after, max),
            Step::Range { key, start, end } => {
                self.range(KEYS[usize::from(key)], u64::from(start), u64::from(end)).await;
            }
            Step::Flush => self.flush(),
            Step::Reopen => self.reopen().await,
        }
    }

    async fn put(&mut self, key: &'static str, size: u16, forbid: bool) {
        let content = bytes(self.seed, usize::from(size));
        let data = stored(&self.store, &content).await.unwrap();
        let put = PutObject { forbid_overwrite: forbid, ..put_of("b", key, data) };
        match self.store.put_object(put).await {
            Ok(_) => drop(self.objects.insert(key, ModelObject { content, kind: ObjectKind::Normal })),
            Err(error) => {
                assert_eq!(error, Error::ObjectExists);
                assert!(forbid && self.objects.contains_key(key));
            }
        }
    }

    async fn append(&mut self, key: &'static str, size: u16, off_by: u8) {
        let piece = bytes(self.seed, usize::from(size));
        let length = self.objects.get(key).map_or(0, |object| object.content.len() as u64);
        let position = if off_by == 0 { length + 1 } else { length };
        let result = append(&self.store, key, position, &piece).await;
        match self.objects.get_mut(key) {
            Some(object) if object.kind != ObjectKind::Appendable => {
                assert_eq!(result.unwrap_err(), Error::NotAppendable);
            }
            _ if position != length => {
                assert_eq!(result.unwrap_err(), Error::PositionMismatch { length });
            }
            Some(object) => {
                object.content.extend_from_slice(&piece);
                assert_eq!(result.unwrap().size, object.content.len() as u64);
            }
            None => {
                result.unwrap();
                self.objects.insert(key, ModelObject { content: piece, kind: ObjectKind::Appendable });
            }
        }
    }

    async fn copy(&mut self, from: &'static str, to: &'static str) {
        let result = copy(&self.store, from, to).await;
        match self.objects.get(from).cloned() {
            None => assert_eq!(result.unwrap_err(), Error::NoSuchObject),
            Some(mut object) => {
                result.unwrap();
                if object.kind == ObjectKind::Appendable {
                    object.kind = ObjectKind::Normal;
                }
                self.objects.insert(to, object);
            }
        }
    }

    async fn put_part(&mut self, upload: u8, number: u8, size: u16) {
        if self.uploads.is_empty() {
            return;
        }
        let content = bytes(self.seed, usize::from(size));
        let at = usize::from(upload) % self.uploads.len();
        let upload = &mut self.uploads[at];
        put_part(&self.store, upload.key, &upload.id, u32::from(number), &content).await.unwrap();
        upload.parts.insert(u32::from(number), content);
    }

    fn take_upload(&mut self, upload: u8) -> Option<ModelUpload> {
        (!self.uploads.is_empty()).then(|| self.uploads.remove(usize::from(upload) % self.uploads.len()))
    }

    async fn complete(&mut self, upload: u8, drop_last: bool) {
        let Some(mut upload) = self.take_upload(upload) else { return };
        let parts = if drop_last {
            upload.parts.pop_last();
            let hex = |content: &[u8]| {
                use md5::{Digest, Md5};
                crate::record::hex_upper(&Md5::digest(content))
            };
            Parts::Listed(upload.parts.iter().map(|(number, content)| (*number, hex(content))).collect())
        } else {
            Parts::All
        };
        let complete = CompleteUpload {
            bucket: "b".into(),
            key: upload.key.into(),
            upload_id: upload.id,
            parts,
            min_part_size: 0,
            forbid_overwrite: false,
            now_ms: 1,
            journal: None,
        };
        self.store.complete(complete).await.unwrap();
        let content = upload.parts.into_values().flatten().collect();
        self.objects.insert(upload.key, ModelObject { content, kind: ObjectKind::Multipart });
    }

    fn list(&self, prefix: u8, delimiter: bool, after: u8, max: u8) {
        let prefix = PREFIXES[usize::from(prefix) % PREFIXES.len()];
        let after = ["", "a", "a/", "a/b", "b/", "c/é"][usize::from(after) % 6];
        let delimiter = if delimiter { "/" } else { "" };
        let which = ListObjects {
            bucket: "b".into(),
            prefix: prefix.into(),
            delimiter: delimiter.into(),
            after: after.into(),
            max: usize::from(max),
        };
        let listing = self.store.list_objects(&which).unwrap();
        let mut expected: Vec<(String, bool)> = Vec::new();
        let mut seen = BTreeSet::new();
        for key in self.objects.keys().filter(|key| key.starts_with(prefix) && **key > after) {
            let rest = &key[prefix.len()..];
            match rest.find('/').filter(|_| !delimiter.is_empty()) {
                Some(at) => {
                    let common = key[..=prefix.len() + at].to_owned();
                    if common != after && seen.insert(common.clone()) {
                        expected.push((common, true));
                    }
                }
                None => expected.push(((*key).to_owned(), false)),
            }
        }
        let truncated = expected.len() > which.max;
        expected.truncate(which.max);
        assert_eq!(listing.truncated, truncated, "{which:?}");
        assert_eq!(listing.next, truncated.then(|| expected.last().unwrap().0.clone()), "{which:?}");
        let of = |wanted: bool| {
            let found = expected.iter().filter(move |(_, is_common)| *is_common == wanted);
            found.map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(listing.common_prefixes, of(true), "{which:?}");
        let keys: Vec<_> = listing.objects.iter().map(|object| object.key.clone()).collect();
        assert_eq!(keys, of(false), "{which:?}");
    }

    async fn range(&self, key: &str, start: u64, end: u64) {
        let found = self.store.object("b", key).unwrap();
        let Some(model) = self.objects.get(key) else {
            assert!(found.is_none());
            return;
        };
        let length = model.content.len() as u64;
        let (start, end) = (start.min(length), end.min(length));
        let (start, end) = (start.min(end), start.max(end));
        let content = read(&self.store, &found.unwrap(), start..end).await.unwrap();
        let expected = &model.content[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()];
        assert_eq!(content, expected);
    }

    fn flush(&self) {
        let tables = &self.store.parts().tables;
        tables.seal();
        tables.flush().unwrap();
        while tables.compact().unwrap() {}
    }

    async fn reopen(&mut self) {
        // Rows in memory live as long as the log does, which a clean end would empty.
        if self.seed.is_multiple_of(2) && self.engine == Engine::Lsm {
            self.store.close().await;
        }
        let dir = tempfile::tempdir().unwrap();
        let from = self.dir.path().join(".");
        let status = std::process::Command::new("cp").arg("-r").arg(from).arg(dir.path()).status().unwrap();
        assert!(status.success());
        self.store = Self::open(dir.path(), self.engine);
        self.dir = dir;
    }

    async fn end(&mut self) {
        for key in KEYS {
            let found = get(&self.store, key).await;
            assert_eq!(found.as_ref(), self.objects.get(key).map(|object| &object.content), "{key}");
        }
        self.check_stat();
        let report = self.store.fsck(false).await.unwrap();
        assert!(report.is_sound(), "{report:?}");
        self.store.close().await;
    }

    fn check_stat(&self) {
        let mut expected = BucketStat { uploads: self.uploads.len() as u64, ..BucketStat::default() };
        for object in self.objects.values() {
            expected.objects += 1;
            expected.bytes += object.content.len() as u64;
            match object.kind {
                ObjectKind::Normal => expected.normal_objects += 1,
                ObjectKind::Multipart => expected.multipart_objects += 1,
                ObjectKind::Appendable => expected.appendable_objects += 1,
            }
        }
        assert_eq!(self.store.bucket_stat("b").unwrap(), expected);
    }
}
