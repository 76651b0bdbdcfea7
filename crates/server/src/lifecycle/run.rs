//! A run over all buckets that have lifecycle rules: page by page, and what is due in commits of a bounded size, each of
//! which leaves alone what has changed since it was looked at.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use ossicle_protocol::{LifecycleRules, LifecycleTime, LifecycleVerdict, StorageClass, Timestamp};
use ossicle_store::{
    AbortUpload, Bucket, Error, ListBuckets, ListObjects, ObjectFields, PendingCursor, PendingUpload,
    PendingUploads, SeenObject, Store, Versioning,
};
use tokio::sync::watch;

use super::candidate::candidate;
use super::report::{Action, ActionKind, Report, Sums};
use crate::app::{self, App};
use crate::background::{Job, LEASE};
use crate::oss::tags;

/// Buckets, objects or uploads looked at in one go.
pub(super) const PAGE: usize = 500;

/// Objects that are changed in one commit.
const BATCH: usize = 100;

/// The name of the job, whose lease a run on demand takes too.
pub(crate) const JOB: &str = "lifecycle";

/// Returns the job that carries out the rules as often as the settings say, if they do.
pub(crate) fn job(app: &App) -> Option<Job> {
    let every = Duration::from_secs(app.config.lifecycle.every_s);
    let run = |app: Arc<App>, stop| async move { run(&app, false, stop).await.map(drop) }.boxed();
    (!every.is_zero()).then_some(Job { name: JOB, every, lease: LEASE, run })
}

/// Carries out the rules of all buckets, or tells what that would do. Ends early, with what it has, when `stop` turns true.
pub(crate) async fn run(app: &Arc<App>, dry_run: bool, stop: watch::Receiver<bool>) -> Result<Report, Error> {
    let now = Timestamp::from_unix_millis(app.clock.now_ms(app::now().unix_millis()));
    let time = LifecycleTime { now, day_ms: app.config.testing.lifecycle_day_ms() };
    let report = Report { dry_run, ..Report::default() };
    let mut run = Run { app, time, stop, report };
    run.all_buckets().await?;
    Ok(run.report)
}

pub(super) struct Run<'a> {
    pub(super) app: &'a Arc<App>,
    pub(super) time: LifecycleTime,
    stop: watch::Receiver<bool>,
    pub(super) report: Report,
}

/// An object or a version that is due, as it was seen.
pub(super) struct Due<S> {
    pub(super) seen: S,
    pub(super) action: ActionKind,
    /// The class it gets; it is deleted without one.
    pub(super) class: Option<StorageClass>,
    pub(super) key: String,
    pub(super) version_id: Option<String>,
    pub(super) rule: String,
    pub(super) bytes: u64,
}

/// What is changed only if it is still what was seen; each change tells for each whether it was.
pub(super) trait Seen: Clone + Send + Sync {
    fn delete(
        store: &Store,
        bucket: &str,
        seen: Vec<Self>,
        now_ms: i64,
    ) -> impl Future<Output = Result<Vec<bool>, Error>> + Send;

    fn set_class(
        store: &Store,
        bucket: &str,
        seen: Vec<Self>,
        class: StorageClass,
    ) -> impl Future<Output = Result<Vec<bool>, Error>> + Send;
}

impl Seen for SeenObject {
    async fn delete(store: &Store, bucket: &str, seen: Vec<Self>, now_ms: i64) -> Result<Vec<bool>, Error> {
        store.delete_seen(bucket, seen, now_ms).await
    }

    async fn set_class(
        store: &Store,
        bucket: &str,
        seen: Vec<Self>,
        class: StorageClass,
    ) -> Result<Vec<bool>, Error> {
        store.set_storage_class(bucket, seen, class.as_str()).await
    }
}

impl Run<'_> {
    async fn all_buckets(&mut self) -> Result<(), Error> {
        let mut which = ListBuckets { max: PAGE, ..ListBuckets::default() };
        loop {
            let page = self.app.store.list_buckets(&which).await?;
            for bucket in page.buckets {
                if self.is_stopped() {
                    return Ok(());
                }
                match self.bucket(&bucket).await {
                    // It was deleted meanwhile.
                    Err(Error::NoSuchBucket) => {}
                    // The others may do better, such as when a row of this one is damaged.
                    Err(error) if !error.is_retryable() => {
                        tracing::warn!(bucket = bucket.name, %error, "cannot carry out lifecycle rules");
                        self.report.failed_buckets += 1;
                    }
                    other => other?,
                }
            }
            match page.next_marker {
                Some(marker) => which.marker = marker,
                None => return Ok(()),
            }
        }
    }

    async fn bucket(&mut self, bucket: &Bucket) -> Result<(), Error> {
        let Some(settings) = self.app.settings.of(&self.app.store, &bucket.name).await? else {
            return Ok(());
        };
        let rules = match settings.lifecycle() {
            Ok(Some(rules)) => rules,
            Ok(None) => return Ok(()),
            Err(error) => {
                tracing::warn!(bucket = bucket.name, %error, "cannot read the lifecycle rules");
                self.report.failed_buckets += 1;
                return Ok(());
            }
        };
        self.report.buckets += 1;
        let before = self.report.sums;
        let done = self.carry_out(bucket, rules).await;
        self.log(bucket, before);
        done
    }

    async fn carry_out(&mut self, bucket: &Bucket, rules: &LifecycleRules) -> Result<(), Error> {
        for (prefix, group) in rules.walks() {
            self.objects(bucket, rules, &prefix, &group).await?;
        }
        if bucket.versioning != Versioning::Unset {
            for (prefix, group) in rules.version_walks() {
                self.versions(bucket, rules, &prefix, &group).await?;
            }
        }
        if rules.abort_uploads() {
            self.uploads(bucket, rules).await?;
        }
        Ok(())
    }

    /// Returns whether to go on with a bucket: the server runs, and these are still its rules. Somebody may have taken
    /// them away because of what they do.
    pub(super) async fn goes_on(&mut self, bucket: &Bucket, rules: &LifecycleRules) -> Result<bool, Error> {
        if self.is_stopped() {
            return Ok(false);
        }
        let settings = self.app.settings.of(&self.app.store, &bucket.name).await?;
        let present = settings.as_ref().and_then(|settings| settings.lifecycle().ok().flatten());
        Ok(present.is_some_and(|present| std::ptr::eq(present, rules) || present == rules))
    }

    fn log(&self, bucket: &Bucket, before: Sums) {
        let after = self.report.sums;
        if !self.report.dry_run && after != before {
            tracing::info!(
                bucket = bucket.name,
                expired = after.expired.count - before.expired.count,
                expired_versions = after.expired_versions.count - before.expired_versions.count,
                removed_markers = after.removed_markers.count - before.removed_markers.count,
                transitioned = after.transitioned.count - before.transitioned.count,
                aborted = after.aborted.count - before.aborted.count,
                "carried out lifecycle rules"
            );
        }
    }

    /// Looks at the objects with a prefix, which only the rules of the group may be about.
    async fn objects(
        &mut self,
        bucket: &Bucket,
        rules: &LifecycleRules,
        prefix: &str,
        group: &LifecycleRules,
    ) -> Result<(), Error> {
        let (name, prefix) = (bucket.name.clone(), prefix.to_owned());
        let mut which = ListObjects { bucket: name, prefix, max: PAGE, ..ListObjects::default() };
        while self.goes_on(bucket, rules).await? {
            let page = self.app.store.list_objects(&which).await?;
            self.report.looked_at += page.objects.len() as u64;
            let due = page.objects.iter().filter_map(|object| self.judge(bucket, object, group)).collect();
            self.act(bucket, due).await?;
            match page.next {
                Some(next) => which.after = next,
                None => break,
            }
        }
        Ok(())
    }

    fn judge(
        &self,
        bucket: &Bucket,
        object: &ObjectFields,
        rules: &LifecycleRules,
    ) -> Option<Due<SeenObject>> {
        let tags = tags::of_object(&object.attributes);
        let (class, rule) = match rules.verdict(&candidate(bucket, object, &tags), self.time) {
            LifecycleVerdict::Keep => return None,
            LifecycleVerdict::Expire(rule) => (None, rule),
            LifecycleVerdict::Transition(class, rule) => (Some(class), rule),
        };
        let seen = SeenObject { key: object.key.clone(), generation: object.generation };
        Some(Due {
            seen,
            action: if class.is_some() { ActionKind::Transition } else { ActionKind::Expire },
            class,
            key: object.key.clone(),
            version_id: None,
            rule: rule.to_owned(),
            bytes: object.size,
        })
    }

    /// Does what is due, one class after the other, since a commit does one thing.
    pub(super) async fn act<S: Seen>(&mut self, bucket: &Bucket, mut due: Vec<Due<S>>) -> Result<(), Error> {
        due.sort_by_key(|due| due.class.map(StorageClass::as_str));
        for same in due.chunk_by(|a, b| a.class == b.class) {
            for batch in same.chunks(BATCH) {
                let done = self.commit(bucket, batch).await?;
                let done = batch.iter().zip(done).filter(|(_, done)| *done);
                done.for_each(|(due, _)| self.record(bucket, due));
                // Between commits others have their turn.
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// Deletes or moves what has one class in common; tells which of them were still what they were.
    async fn commit<S: Seen>(&self, bucket: &Bucket, batch: &[Due<S>]) -> Result<Vec<bool>, Error> {
        let seen: Vec<S> = batch.iter().map(|due| due.seen.clone()).collect();
        match batch.first().and_then(|due| due.class) {
            _ if self.report.dry_run => Ok(vec![true; batch.len()]),
            None => S::delete(&self.app.store, &bucket.name, seen, app::now().unix_millis()).await,
            Some(class) => S::set_class(&self.app.store, &bucket.name, seen, class).await,
        }
    }

    fn record<S>(&mut self, bucket: &Bucket, due: &Due<S>) {
        self.add(Action {
            action: due.action,
            bucket: bucket.name.clone(),
            key: due.key.clone(),
            version_id: due.version_id.clone(),
            rule: due.rule.clone(),
            bytes: due.bytes,
            storage_class: due.class.map(|class| class.as_str().to_owned()),
            upload_id: None,
        });
    }

    fn add(&mut self, action: Action) {
        if !self.report.dry_run {
            self.app.metrics.lifecycle(action.action.name());
            tracing::debug!(?action, "carried out a lifecycle rule");
        }
        self.report.add(action);
    }

    async fn uploads(&mut self, bucket: &Bucket, rules: &LifecycleRules) -> Result<(), Error> {
        let mut after: Option<PendingCursor> = None;
        while self.goes_on(bucket, rules).await? {
            let bucket = Some(bucket.name.clone());
            let which = PendingUploads { bucket, begun_before_ms: None, after: after.take(), look: PAGE };
            let page = self.app.store.pending_uploads(&which).await?;
            self.report.looked_at += page.uploads.len() as u64;
            for upload in page.uploads {
                let active = Timestamp::from_unix_millis(upload.active_ms);
                if let Some(rule) = rules.aborts(&upload.key, active, self.time) {
                    self.abort(upload, rule).await?;
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Aborts an upload unless somebody has worked on it or ended it meanwhile.
    async fn abort(&mut self, upload: PendingUpload, rule: &str) -> Result<(), Error> {
        let PendingUpload { bucket, key, upload_id, active_ms, bytes, .. } = upload;
        if !self.report.dry_run {
            let idle_since_ms = Some(active_ms);
            let abort = AbortUpload {
                bucket: bucket.clone(),
                key: key.clone(),
                upload_id: upload_id.clone(),
                idle_since_ms,
            };
            match self.app.store.abort(abort).await {
                Err(Error::NoSuchUpload | Error::PreconditionFailed) => return Ok(()),
                other => other?,
            }
        }
        let (rule, upload_id) = (rule.to_owned(), Some(upload_id));
        self.add(Action {
            action: ActionKind::Abort,
            bucket,
            key,
            version_id: None,
            rule,
            bytes,
            storage_class: None,
            upload_id,
        });
        Ok(())
    }

    fn is_stopped(&mut self) -> bool {
        self.report.interrupted = self.report.interrupted || *self.stop.borrow();
        self.report.interrupted
    }
}
