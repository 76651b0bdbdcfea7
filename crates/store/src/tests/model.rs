//! Random sequences of operations, compared with a plain map after every step, on both kinds of tables.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use super::support::{
    Engine, append, bucket, bytes, copy_of, engines, get, in_memory, initiate, open_with, options, put_of,
    put_part, read, stored, tables,
};
use crate::{
    AbortUpload, Acl, Attributes, BucketStat, ClaimId, ClassStat, CompleteUpload, CopyAttributes, CopyObject,
    DeleteKey, DeleteObject, DeliveryFilter, DeliveryState, Error, JobLease, Lease, ListObjects, ListParts,
    NewDelivery, ObjectKind, Parts, Prune, PutObject, SeenObject, Store, StoreOptions, UpdateDelivery,
    VersionRef,
};

#[derive(Debug, Clone)]
enum Step {
    Put { key: u8, size: u16, condition: Condition, delivery: bool },
    Append { key: u8, size: u16, off_by: u8 },
    Copy { from: u8, to: u8, condition: Condition },
    Delete { key: u8, condition: Condition },
    DeleteMany { keys: Vec<u8> },
    SetAcl { key: u8 },
    DeleteSeen { key: u8, condition: Condition },
    SetClass { key: u8, condition: Condition },
    Initiate { key: u8 },
    PutPart { upload: u8, number: u8, size: u16 },
    Complete { upload: u8, choice: Choice },
    Abort { upload: u8, idle: bool },
    DeleteBucket,
    Update { delivery: u8, state: u8, due: Option<u8>, holds: bool },
    Claim { now: u8, limit: u8 },
    ClaimOne { delivery: u8, now: u8 },
    Renew { delivery: u8, holds: bool },
    Prune { before: u8, drop_scheduled: bool },
    AcquireJob { job: u8, owner: u8, now: u8 },
    RenewJob { lease: u8, until: Option<u8> },
    List { prefix: u8, delimiter: bool, after: u8, max: u8 },
    Range { key: u8, start: u16, end: u16 },
    Flush,
    Reopen,
}

/// What an operation asks of what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    None,
    /// That there is nothing.
    Absent,
    /// That it is the one it is.
    Same,
    /// That it is another.
    Other,
}

/// Which parts are said to make an object, and what is asked besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    All,
    /// Those whose bit is set.
    Some(u16),
    /// All, the last of them with another's ETag.
    WrongEtag,
    Descending,
    /// No part but the last smaller than this.
    AtLeast(u16),
    /// Nothing there under the key.
    IfAbsent,
}

/// Few keys, so that steps meet.
const KEYS: [&str; 9] = ["a", "a/", "a/b", "a/b/c", "a/d", "b", "b/a", "c/é", "c/日"];
const PREFIXES: [&str; 6] = ["", "a", "a/", "b/", "c", "none"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || 0..u8::try_from(KEYS.len()).unwrap();
    // Around the limit of what travels in a commit, and some much larger.
    let size = || prop_oneof![0..40_u16, 1000..1050_u16, 4000..9000_u16];
    let condition = || {
        prop_oneof![
            4 => Just(Condition::None),
            2 => Just(Condition::Absent),
            2 => Just(Condition::Same),
            1 => Just(Condition::Other),
        ]
    };
    let choice = prop_oneof![
        3 => Just(Choice::All),
        4 => any::<u16>().prop_map(Choice::Some),
        1 => Just(Choice::WrongEtag),
        1 => Just(Choice::Descending),
        1 => (0..5000_u16).prop_map(Choice::AtLeast),
        1 => Just(Choice::IfAbsent),
    ];
    let objects = prop_oneof![
        6 => (key(), size(), condition(), any::<bool>())
            .prop_map(|(key, size, condition, delivery)| Step::Put { key, size, condition, delivery }),
        5 => (key(), size(), 0..6_u8).prop_map(|(key, size, off_by)| Step::Append { key, size, off_by }),
        3 => (key(), key(), condition()).prop_map(|(from, to, condition)| Step::Copy { from, to, condition }),
        3 => (key(), condition()).prop_map(|(key, condition)| Step::Delete { key, condition }),
        1 => proptest::collection::vec(key(), 0..5).prop_map(|keys| Step::DeleteMany { keys }),
        1 => key().prop_map(|key| Step::SetAcl { key }),
        1 => (key(), condition()).prop_map(|(key, condition)| Step::DeleteSeen { key, condition }),
        2 => (key(), condition()).prop_map(|(key, condition)| Step::SetClass { key, condition }),
        4 => (any::<u8>(), any::<bool>(), any::<u8>(), 1..9_u8)
            .prop_map(|(prefix, delimiter, after, max)| Step::List { prefix, delimiter, after, max }),
        3 => (key(), any::<u16>(), any::<u16>()).prop_map(|(key, start, end)| Step::Range { key, start, end }),
    ];
    let uploads = prop_oneof![
        2 => key().prop_map(|key| Step::Initiate { key }),
        6 => (any::<u8>(), 1..14_u8, size())
            .prop_map(|(upload, number, size)| Step::PutPart { upload, number, size }),
        4 => (any::<u8>(), choice).prop_map(|(upload, choice)| Step::Complete { upload, choice }),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(upload, idle)| Step::Abort { upload, idle }),
    ];
    let journal = prop_oneof![
        4 => (any::<u8>(), 0..4_u8, proptest::option::of(0..40_u8), proptest::bool::weighted(0.7))
            .prop_map(|(delivery, state, due, holds)| Step::Update { delivery, state, due, holds }),
        1 => (any::<u8>(), 0..60_u8).prop_map(|(delivery, now)| Step::ClaimOne { delivery, now }),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(delivery, holds)| Step::Renew { delivery, holds }),
        2 => (0..60_u8, 1..4_u8).prop_map(|(now, limit)| Step::Claim { now, limit }),
        1 => (0..60_u8, any::<bool>())
            .prop_map(|(before, drop_scheduled)| Step::Prune { before, drop_scheduled }),
    ];
    let jobs = prop_oneof![
        3 => (0..2_u8, 0..3_u8, 0..60_u8).prop_map(|(job, owner, now)| Step::AcquireJob { job, owner, now }),
        2 => (any::<u8>(), proptest::option::of(0..200_u8))
            .prop_map(|(lease, until)| Step::RenewJob { lease, until }),
    ];
    let step = prop_oneof![
        4 => jobs,
        26 => objects,
        13 => uploads,
        8 => journal,
        1 => Just(Step::DeleteBucket),
        1 => Just(Step::Flush),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..70)
}

#[derive(Debug, Clone)]
struct ModelObject {
    content: Vec<u8>,
    kind: ObjectKind,
    acl: Acl,
    class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ModelDelivery {
    state: DeliveryState,
    created: i64,
    due: Option<i64>,
    lease: Option<Lease>,
}

impl ModelDelivery {
    fn scheduled(&self) -> Option<i64> {
        self.lease.map(|lease| lease.until_ms).or(self.due)
    }
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
    deliveries: BTreeMap<String, ModelDelivery>,
    leases: Vec<JobLease>,
    seed: u64,
}

/// Sequences for each kind of tables; another number with `OSSICLE_MODEL_CASES`.
fn cases() -> u32 {
    std::env::var("OSSICLE_MODEL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(120)
}

#[test]
fn random_sequences() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for engine in engines() {
        let mut runner =
            TestRunner::new(Config { cases: cases(), failure_persistence: None, ..Config::default() });
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
        Self {
            dir,
            engine,
            store,
            objects: BTreeMap::new(),
            uploads: Vec::new(),
            deliveries: BTreeMap::new(),
            leases: Vec::new(),
            seed: 0,
        }
    }

    fn open(dir: &std::path::Path, engine: Engine) -> Store {
        open_with(dir, engine, &StoreOptions { log_segment_bytes: 64 * 1024, ..options() })
    }

    async fn step(&mut self, step: Step) {
        self.seed += 1;
        match step {
            Step::Put { key, size, condition, delivery } => {
                self.put(KEYS[usize::from(key)], size, condition, delivery).await;
            }
            Step::Append { key, size, off_by } => self.append(KEYS[usize::from(key)], size, off_by).await,
            Step::Copy { from, to, condition } => {
                self.copy(KEYS[usize::from(from)], KEYS[usize::from(to)], condition).await;
            }
            Step::Delete { key, condition } => self.delete(KEYS[usize::from(key)], condition).await,
            Step::DeleteMany { keys } => {
                let keys: Vec<_> = keys.into_iter().map(|key| KEYS[usize::from(key)]).collect();
                let name = |key: &&str| DeleteKey { key: (*key).to_owned(), version: None };
                let names = keys.iter().map(name).collect();
                let deleted = self.store.delete_objects("b", names, 1).await.unwrap();
                let existed: Vec<_> = deleted.iter().map(|deleted| deleted.existed).collect();
                let expected: Vec<_> = keys.iter().map(|key| self.objects.remove(key).is_some()).collect();
                assert_eq!(existed, expected);
            }
            Step::SetAcl { key } => {
                let key = KEYS[usize::from(key)];
                let done = self.store.set_object_acl("b", key, VersionRef::Current, Acl::PublicRead).await;
                match self.objects.get_mut(key) {
                    Some(object) => object.acl = Acl::PublicRead,
                    None => assert_eq!(done, Err(Error::NoSuchObject)),
                }
            }
            Step::Initiate { key } => {
                let key = KEYS[usize::from(key)];
                let id = initiate(&self.store, key).await.unwrap();
                self.uploads.push(ModelUpload { key, id, parts: BTreeMap::new() });
            }
            Step::PutPart { upload, number, size } => self.put_part(upload, number, size).await,
            Step::Complete { upload, choice } => self.complete(upload, choice).await,
            Step::DeleteBucket => self.delete_bucket().await,
            Step::Update { delivery, state, due, holds } => {
                self.update(delivery, state, due.map(i64::from), holds).await;
            }
            Step::Claim { now, limit } => self.claim(i64::from(now), usize::from(limit)).await,
            Step::ClaimOne { delivery, now } => self.claim_one(delivery, i64::from(now)).await,
            Step::Renew { delivery, holds } => self.renew(delivery, holds).await,
            Step::Prune { before, drop_scheduled } => self.prune(i64::from(before), drop_scheduled).await,
            Step::Abort { upload, idle } => self.abort(upload, idle).await,
            Step::DeleteSeen { key, condition } => self.delete_seen(KEYS[usize::from(key)], condition).await,
            Step::SetClass { key, condition } => self.set_class(KEYS[usize::from(key)], condition).await,
            Step::AcquireJob { job, owner, now } => self.acquire_job(job, owner, i64::from(now)).await,
            Step::RenewJob { lease, until } => self.renew_job(lease, until.map(i64::from)).await,
            Step::List { prefix, delimiter, after, max } => self.list(prefix, delimiter, after, max).await,
            Step::Range { key, start, end } => {
                self.range(KEYS[usize::from(key)], u64::from(start), u64::from(end)).await;
            }
            Step::Flush => self.flush(),
            Step::Reopen => self.reopen().await,
        }
    }

    /// The ETag that is asked for, if one is.
    async fn etag_asked(&self, key: &str, condition: Condition) -> Option<String> {
        match condition {
            Condition::None | Condition::Absent => None,
            Condition::Same => {
                let present = self.store.object("b", key).await.unwrap();
                Some(
                    present.map_or_else(|| "D41D8CD98F00B204E9800998ECF8427E".to_owned(), |o| o.etag.clone()),
                )
            }
            Condition::Other => Some("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF".to_owned()),
        }
    }

    /// Returns the error it has to end with, if the condition is not met.
    async fn refusal(&self, key: &str, condition: Condition) -> Option<Error> {
        let exists = self.objects.contains_key(key);
        match condition {
            Condition::Absent if exists => Some(Error::ObjectExists),
            Condition::Same if !exists => Some(Error::PreconditionFailed),
            Condition::Other => Some(Error::PreconditionFailed),
            _ => None,
        }
    }

    async fn put(&mut self, key: &'static str, size: u16, condition: Condition, delivery: bool) {
        let content = bytes(self.seed, usize::from(size));
        let data = stored(&self.store, &content).await.unwrap();
        let created = i64::try_from(self.seed).unwrap();
        let id = format!("delivery-{}", self.seed);
        let due = Some(created % 30);
        let lease = size.is_multiple_of(2).then(|| self.lease(created % 30 + 5));
        let class = ["", "IA", "Archive"][usize::from(size % 3)];
        let put = PutObject {
            attributes: Attributes { storage_class: class.into(), ..Attributes::default() },
            forbid_overwrite: condition == Condition::Absent,
            if_match: self.etag_asked(key, condition).await,
            now_ms: created,
            journal: delivery.then(|| NewDelivery {
                id: id.clone(),
                due_ms: due,
                lease,
                payload: vec![1; 20],
            }),
            ..put_of("b", key, data)
        };
        let result = self.store.put_object(put).await.map(drop);
        match self.refusal(key, condition).await {
            Some(refusal) => assert_eq!(result, Err(refusal)),
            None => {
                result.unwrap();
                let object = ModelObject { content, kind: ObjectKind::Normal, acl: Acl::Default, class };
                self.objects.insert(key, object);
                if delivery {
                    let state = DeliveryState::Pending;
                    self.deliveries.insert(id, ModelDelivery { state, created, due, lease });
                }
            }
        }
    }

    async fn delete(&mut self, key: &'static str, condition: Condition) {
        let if_match = self.etag_asked(key, condition).await;
        let delete =
            DeleteObject { bucket: "b".into(), key: key.into(), if_match, ..DeleteObject::default() };
        let result = self.store.delete_object(delete).await.map(|deleted| deleted.existed);
        match self.refusal(key, condition).await {
            Some(Error::PreconditionFailed) => assert_eq!(result, Err(Error::PreconditionFailed)),
            _ => assert_eq!(result, Ok(self.objects.remove(key).is_some())),
        }
    }

    /// The object as it was seen, and whether it still is what it was.
    async fn seen(&self, key: &'static str, condition: Condition) -> (Vec<SeenObject>, bool) {
        let present = self.store.object("b", key).await.unwrap();
        let generation = present.as_ref().map_or(1, |object| object.generation);
        let stale = u64::from(condition == Condition::Other);
        let seen = SeenObject { key: key.to_owned(), generation: generation.wrapping_sub(stale) };
        (vec![seen], present.is_some() && condition != Condition::Other)
    }

    async fn delete_seen(&mut self, key: &'static str, condition: Condition) {
        let (seen, same) = self.seen(key, condition).await;
        assert_eq!(self.store.delete_seen("b", seen, 1).await, Ok(vec![same]));
        if same {
            self.objects.remove(key).unwrap();
        }
    }

    async fn set_class(&mut self, key: &'static str, condition: Condition) {
        let before = self.store.object("b", key).await.unwrap();
        let (mut seen, same) = self.seen(key, condition).await;
        // The second time it is another object already.
        seen.extend(seen.clone());
        assert_eq!(self.store.set_storage_class("b", seen, "IA").await, Ok(vec![same, false]));
        if same {
            self.objects.get_mut(key).unwrap().class = "IA";
            let after = self.store.object("b", key).await.unwrap().unwrap();
            assert_eq!(Some(after.last_modified_ms), before.map(|object| object.last_modified_ms));
        }
    }

    /// Leases last for 20.
    async fn acquire_job(&mut self, job: u8, owner: u8, now: i64) {
        let (job, owner, until) = (format!("job-{job}"), format!("owner-{owner}"), now + 20);
        let held = self.leases.iter().rev().find(|lease| lease.job == job);
        let others =
            held.filter(|held| held.owner != owner && held.until_ms > now && held.until_ms <= now + 80);
        let fencing = held.map_or(1, |held| held.fencing + 1);
        let expected = others.is_none().then(|| JobLease {
            job: job.clone(),
            owner: owner.clone(),
            until_ms: until,
            fencing,
        });
        assert_eq!(self.store.acquire_job(&job, &owner, now, until).await, Ok(expected.clone()));
        self.leases.extend(expected);
    }

    /// The last lease of a job is the one that holds.
    async fn renew_job(&mut self, lease: u8, until: Option<i64>) {
        if self.leases.is_empty() {
            return;
        }
        let at = usize::from(lease) % self.leases.len();
        let lease = self.leases[at].clone();
        let holds = self.leases.iter().skip(at + 1).all(|later| later.job != lease.job);
        let result = match until {
            Some(until_ms) => self.store.renew_job(JobLease { until_ms, ..lease }, 0).await,
            None => self.store.release_job(lease).await,
        };
        if holds {
            result.unwrap();
            self.leases[at].until_ms = until.unwrap_or(0);
        } else {
            assert_eq!(result, Err(Error::LeaseLost));
        }
    }

    /// Uploads are begun, and their parts written, at the time 1000.
    async fn abort(&mut self, upload: u8, idle: bool) {
        if self.uploads.is_empty() {
            return;
        }
        let at = usize::from(upload) % self.uploads.len();
        let ModelUpload { key, id, .. } = &self.uploads[at];
        let idle_since_ms = Some(if idle { 1000 } else { 999 });
        let abort =
            AbortUpload { bucket: "b".into(), key: (*key).into(), upload_id: id.clone(), idle_since_ms };
        let aborted = self.store.abort(abort).await;
        if idle {
            aborted.unwrap();
            self.uploads.remove(at);
        } else {
            assert_eq!(aborted, Err(Error::PreconditionFailed));
            self.check_parts(at).await;
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
                let object = ModelObject {
                    content: piece,
                    kind: ObjectKind::Appendable,
                    acl: Acl::Default,
                    class: "",
                };
                self.objects.insert(key, object);
            }
        }
    }

    /// Conditions on the source are by its generation, the one on the destination is that there is none.
    async fn copy(&mut self, from: &'static str, to: &'static str, condition: Condition) {
        let present = self.store.object("b", from).await.unwrap().map_or(1, |object| object.generation);
        let copy = CopyObject {
            source_bucket: "b".into(),
            source_key: from.into(),
            source_version: VersionRef::Current,
            data: None,
            source_generation: match condition {
                Condition::None | Condition::Absent => None,
                Condition::Same => Some(present),
                Condition::Other => Some(present + 1),
            },
            bucket: "b".into(),
            key: to.into(),
            attributes: CopyAttributes::Keep { acl: Acl::Private, storage_class: String::new() },
            forbid_overwrite: condition == Condition::Absent,
            now_ms: 1,
        };
        let result = self.store.copy_object(copy).await.map(drop);
        let Some(mut object) = self.objects.get(from).cloned() else {
            return assert_eq!(result, Err(Error::NoSuchObject));
        };
        if condition == Condition::Other {
            return assert_eq!(result, Err(Error::PreconditionFailed));
        }
        if condition == Condition::Absent && self.objects.contains_key(to) {
            return assert_eq!(result, Err(Error::ObjectExists));
        }
        result.unwrap();
        if object.kind == ObjectKind::Appendable {
            object.kind = ObjectKind::Normal;
        }
        object.acl = Acl::Private;
        object.class = "";
        self.objects.insert(to, object);
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

    async fn complete(&mut self, upload: u8, choice: Choice) {
        if self.uploads.is_empty() {
            return;
        }
        let at = usize::from(upload) % self.uploads.len();
        let ModelUpload { key, id, parts } = &self.uploads[at];
        let key = *key;
        let mut listed: Vec<_> = parts.iter().map(|(number, content)| (*number, etag(content))).collect();
        match choice {
            Choice::Some(bits) => listed.retain(|(number, _)| bits >> number & 1 == 1),
            Choice::WrongEtag => listed.iter_mut().rev().take(1).for_each(|(_, tag)| *tag = etag(b"another")),
            Choice::Descending => listed.reverse(),
            Choice::All | Choice::AtLeast(_) | Choice::IfAbsent => {}
        }
        let least = if let Choice::AtLeast(least) = choice { u64::from(least) } else { 0 };
        let chosen = if choice == Choice::All { Parts::All } else { Parts::Listed(listed.clone()) };
        let complete = CompleteUpload {
            min_part_size: least,
            forbid_overwrite: choice == Choice::IfAbsent,
            ..CompleteUpload::new("b", key, id.as_str(), chosen, 1)
        };
        let sizes = listed.iter().map(|(number, _)| (*number, parts[number].len() as u64));
        let small = sizes.take(listed.len().saturating_sub(1)).find(|(_, size)| *size < least);
        let refused = match choice {
            Choice::WrongEtag => listed.last().map(|(number, _)| ("InvalidPart", *number)),
            Choice::Descending if listed.len() > 1 => Some(("InvalidPartOrder", 0)),
            Choice::AtLeast(_) => small.map(|(number, _)| ("PartTooSmall", number)),
            Choice::IfAbsent if self.objects.contains_key(key) => Some(("ObjectExists", 0)),
            _ => None,
        };
        let result = self.store.complete(complete).await;
        if let Some(refused) = refused {
            let found = match result.unwrap_err() {
                Error::InvalidPart { number, .. } => ("InvalidPart", number),
                Error::InvalidPartOrder => ("InvalidPartOrder", 0),
                Error::PartTooSmall { number, .. } => ("PartTooSmall", number),
                Error::ObjectExists => ("ObjectExists", 0),
                other => panic!("{other}"),
            };
            // The upload is as it was.
            assert_eq!(found, refused);
            return self.check_parts(at).await;
        }
        let object = result.unwrap();
        let content: Vec<u8> = listed.iter().flat_map(|(number, _)| parts[number].clone()).collect();
        assert_eq!((object.size, object.parts as usize), (content.len() as u64, listed.len()));
        let object = ModelObject { content, kind: ObjectKind::Multipart, acl: Acl::Default, class: "" };
        self.objects.insert(key, object);
        self.uploads.remove(at);
    }

    async fn check_parts(&self, upload: usize) {
        let ModelUpload { key, id, parts } = &self.uploads[upload];
        let which =
            ListParts { bucket: "b".into(), key: (*key).into(), upload_id: id.clone(), after: 0, max: 100 };
        let found = self.store.list_parts(&which).await.unwrap().parts;
        let found: Vec<_> = found.into_iter().map(|part| (part.number, part.etag)).collect();
        let expected: Vec<_> = parts.iter().map(|(number, content)| (*number, etag(content))).collect();
        assert_eq!(found, expected);
    }

    async fn delete_bucket(&mut self) {
        let result = self.store.delete_bucket("b").await;
        if self.objects.is_empty() && self.uploads.is_empty() {
            result.unwrap();
            assert!(self.store.bucket("b").await.unwrap().is_none());
            let data = stored(&self.store, b"x").await.unwrap();
            assert_eq!(
                self.store.put_object(put_of("b", "a", data)).await.map(drop),
                Err(Error::NoSuchBucket)
            );
            bucket(&self.store, "b").await;
        } else {
            let expected =
                if self.objects.is_empty() { Error::BucketHasUploads } else { Error::BucketNotEmpty };
            assert_eq!(result, Err(expected));
        }
    }

    /// A lease that nobody had before.
    fn lease(&self, until_ms: i64) -> Lease {
        Lease { claim: ClaimId::new(self.seed), until_ms }
    }

    /// One of the deliveries, or one that does not exist.
    fn delivery_id(&self, delivery: u8) -> String {
        let nth = usize::from(delivery) % (self.deliveries.len() + 1);
        self.deliveries.keys().nth(nth).cloned().unwrap_or_else(|| "unknown".into())
    }

    async fn update(&mut self, delivery: u8, state: u8, due: Option<i64>, holds: bool) {
        let states = [
            DeliveryState::Pending,
            DeliveryState::Delivered,
            DeliveryState::Failed,
            DeliveryState::Abandoned,
        ];
        let state = states[usize::from(state)];
        let id = self.delivery_id(delivery);
        let held = self.deliveries.get(&id).and_then(|delivery| delivery.lease).map(|lease| lease.claim);
        let claim = if holds { held } else { Some(ClaimId::new(0)) };
        let update = UpdateDelivery {
            id: id.clone(),
            claim,
            state,
            due_ms: due,
            attempts: 1,
            payload: None,
            now_ms: 1,
        };
        let result = self.store.update_delivery(update).await;
        match self.deliveries.get_mut(&id) {
            Some(delivery) if holds => {
                (delivery.state, delivery.due, delivery.lease) = (state, due, None);
                assert_eq!(result, Ok(()));
            }
            Some(_) => assert_eq!(result, Err(Error::LeaseLost)),
            None => assert_eq!(result, Err(Error::NoSuchDelivery)),
        }
    }

    async fn claim_one(&mut self, delivery: u8, now: i64) {
        let (id, lease) = (self.delivery_id(delivery), self.lease(now + 7));
        let result = self.store.claim_delivery(&id, now, lease).await;
        match self.deliveries.get_mut(&id) {
            Some(delivery) if delivery.lease.is_none_or(|lease| lease.until_ms <= now) => {
                delivery.lease = Some(lease);
                let claimed = result.unwrap();
                assert_eq!((claimed.id, claimed.lease, claimed.due_ms), (id, Some(lease), delivery.due));
            }
            Some(_) => assert_eq!(result, Err(Error::DeliveryLeased)),
            None => assert_eq!(result, Err(Error::NoSuchDelivery)),
        }
    }

    async fn renew(&mut self, delivery: u8, holds: bool) {
        let id = self.delivery_id(delivery);
        let held = self.deliveries.get(&id).and_then(|delivery| delivery.lease).filter(|_| holds);
        let lease = match held {
            Some(lease) => Lease { until_ms: lease.until_ms + 9, ..lease },
            None => self.lease(50),
        };
        let result = self.store.renew_lease(&id, lease, 0).await;
        match self.deliveries.get_mut(&id) {
            Some(delivery) if held.is_some() => {
                delivery.lease = Some(lease);
                assert_eq!(result, Ok(()));
            }
            Some(_) => assert_eq!(result, Err(Error::LeaseLost)),
            None => assert_eq!(result, Err(Error::NoSuchDelivery)),
        }
    }

    /// Claims are by due time or the end of the lease, then by identifier. What was claimed though it is not due gets no
    /// other lease.
    async fn claim(&mut self, now: i64, limit: usize) {
        let lease = self.lease(now + 7);
        let claimed = self.store.claim_due_deliveries(now, lease, limit).await.unwrap();
        let mut due: Vec<_> = self
            .deliveries
            .iter()
            .filter_map(|(id, delivery)| Some((delivery.scheduled().filter(|at| *at <= now)?, id.clone())))
            .collect();
        due.sort();
        due.truncate(limit);
        let mut expected = Vec::new();
        for (_, id) in due {
            let delivery = self.deliveries.get_mut(&id).unwrap();
            delivery.lease = delivery.due.map(|_| lease);
            expected.extend(delivery.due.map(|due| (id, Some(due), Some(lease))));
        }
        let claimed: Vec<_> =
            claimed.into_iter().map(|found| (found.id, found.due_ms, found.lease)).collect();
        assert_eq!(claimed, expected);
    }

    async fn prune(&mut self, before: i64, drop_scheduled: bool) {
        let prune = Prune { before_ms: before, keep_max: u64::MAX, drop_scheduled };
        let dropped = self.store.prune_deliveries(prune).await.unwrap();
        let all = self.deliveries.len();
        self.deliveries.retain(|_, delivery| {
            let is_kept = match delivery.lease {
                Some(lease) => !drop_scheduled || lease.until_ms >= before,
                None => !drop_scheduled && delivery.due.is_some(),
            };
            delivery.created >= before || is_kept
        });
        assert_eq!(dropped, (all - self.deliveries.len()) as u64);
    }

    async fn check_deliveries(&self) {
        let mut expected: Vec<_> =
            self.deliveries.iter().map(|(id, delivery)| (id.clone(), delivery.clone())).collect();
        expected.sort_by_key(|(_, delivery)| -delivery.created);
        let page = self.store.deliveries(&DeliveryFilter::default(), None, 1000).await.unwrap();
        let found: Vec<_> = page
            .deliveries
            .into_iter()
            .map(|d| {
                (d.id, ModelDelivery { state: d.state, created: d.created_ms, due: d.due_ms, lease: d.lease })
            })
            .collect();
        assert_eq!(found, expected);
    }

    async fn list(&self, prefix: u8, delimiter: bool, after: u8, max: u8) {
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
        let listing = self.store.list_objects(&which).await.unwrap();
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
        let found = self.store.open_object("b", key).await.unwrap();
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
        if self.engine.is_shared() {
            return;
        }
        let tables = tables(&self.store);
        tables.seal();
        tables.flush().unwrap();
        while tables.compact().unwrap() {}
    }

    async fn reopen(&mut self) {
        if self.engine.is_shared() {
            return;
        }
        // Rows in memory live as long as the log does, which a clean end would empty.
        if self.seed.is_multiple_of(2) && self.engine == Engine::Lsm {
            self.store.close().await;
        }
        let dir = copy_of(self.dir.path());
        self.store = Self::open(dir.path(), self.engine);
        self.dir = dir;
        self.deliveries.values_mut().for_each(|delivery| delivery.lease = None);
        self.leases.iter_mut().for_each(|lease| lease.until_ms = 0);
    }

    async fn end(&mut self) {
        for key in KEYS {
            let found = get(&self.store, key).await;
            assert_eq!(found.as_ref(), self.objects.get(key).map(|object| &object.content), "{key}");
            let acl = self.store.object("b", key).await.unwrap().map(|object| object.attributes.acl);
            assert_eq!(acl, self.objects.get(key).map(|object| object.acl), "{key}");
        }
        for upload in 0..self.uploads.len() {
            self.check_parts(upload).await;
        }
        self.check_deliveries().await;
        self.check_stat().await;
        let report = self.store.fsck(false).await.unwrap();
        assert!(report.is_sound(), "{report:?}");
        self.store.close().await;
    }

    async fn check_stat(&self) {
        let mut expected = BucketStat { uploads: self.uploads.len() as u64, ..BucketStat::default() };
        for object in self.objects.values() {
            expected.objects += 1;
            expected.bytes += object.content.len() as u64;
            match object.kind {
                ObjectKind::Normal | ObjectKind::Symlink => expected.normal_objects += 1,
                ObjectKind::Multipart => expected.multipart_objects += 1,
                ObjectKind::Appendable => expected.appendable_objects += 1,
            }
        }
        for class in ["Archive", "IA"] {
            let lengths = self
                .objects
                .values()
                .filter(|object| object.class == class)
                .map(|object| object.content.len());
            let (objects, bytes) = lengths.fold((0, 0), |(n, sum), length| (n + 1, sum + length as u64));
            if objects > 0 {
                expected.classes.push(ClassStat { class: class.into(), objects, bytes });
            }
        }
        assert_eq!(self.store.bucket_stat("b").await.unwrap(), expected);
    }
}

/// The ETag of a part.
fn etag(content: &[u8]) -> String {
    use md5::{Digest, Md5};
    crate::record::hex_upper(&Md5::digest(content))
}
