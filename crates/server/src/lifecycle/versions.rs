//! What becomes of versions that are not the latest, and of delete markers without any other version.

use ossicle_protocol::{LifecycleRules, LifecycleVerdict, StorageClass, Timestamp};
use ossicle_store::{
    Bucket, DeleteMarker, Error, ListVersions, ListedVersion, ObjectFields, SeenState, SeenVersion, Store,
    VersionEntry, VersionRef,
};

use super::candidate::candidate;
use super::report::ActionKind;
use super::run::{Due, PAGE, Run, Seen};
use crate::oss::{tags, versions};

impl Run<'_> {
    /// Looks at the versions of keys with a prefix, which only the rules of the group may be about.
    pub(super) async fn versions(
        &mut self,
        bucket: &Bucket,
        rules: &LifecycleRules,
        prefix: &str,
        group: &LifecycleRules,
    ) -> Result<(), Error> {
        let (name, prefix) = (bucket.name.clone(), prefix.to_owned());
        let mut which = ListVersions { bucket: name, prefix, max: PAGE, ..ListVersions::default() };
        let mut walk = Walk::default();
        while self.goes_on(bucket, rules).await? {
            let page = self.app.store.list_versions(&which).await?;
            let mut due = Vec::new();
            for listed in &page.versions {
                match walk.pass(listed) {
                    Passed::Latest(lone) => due.extend(lone.and_then(|it| self.judge_lone(&it, group))),
                    Passed::Noncurrent(since_ms) => {
                        self.report.looked_at += 1;
                        due.extend(self.judge_version(bucket, &listed.entry, since_ms, group));
                    }
                }
            }
            if page.next.is_none() {
                due.extend(walk.lone.take().and_then(|it| self.judge_lone(&it, group)));
            }
            self.act(bucket, due).await?;
            match page.next {
                Some(next) => (which.key_marker, which.version_marker) = next,
                None => break,
            }
        }
        Ok(())
    }

    /// Judges a version that has not been the latest since then.
    fn judge_version(
        &self,
        bucket: &Bucket,
        entry: &VersionEntry,
        since_ms: i64,
        rules: &LifecycleRules,
    ) -> Option<Due<SeenVersion>> {
        let since = Timestamp::from_unix_millis(since_ms);
        match entry {
            VersionEntry::Object(object) => self.judge_noncurrent(bucket, object, since, rules),
            VersionEntry::DeleteMarker(marker) => {
                let rule = rules.noncurrent_marker(&marker.key, since, self.time)?;
                let state = SeenState::DeleteMarker { last_modified_ms: marker.last_modified_ms };
                Some(due_marker(marker, state, rule))
            }
        }
    }

    fn judge_noncurrent(
        &self,
        bucket: &Bucket,
        object: &ObjectFields,
        since: Timestamp,
        rules: &LifecycleRules,
    ) -> Option<Due<SeenVersion>> {
        let tags = tags::of_object(&object.attributes);
        let (class, rule) =
            match rules.noncurrent_verdict(&candidate(bucket, object, &tags), since, self.time) {
                LifecycleVerdict::Keep => return None,
                LifecycleVerdict::Expire(rule) => (None, rule),
                LifecycleVerdict::Transition(class, rule) => (Some(class), rule),
            };
        Some(Due {
            seen: SeenVersion {
                key: object.key.clone(),
                version: VersionRef::of(object.version_id),
                state: SeenState::Object { generation: object.generation },
            },
            action: if class.is_some() { ActionKind::Transition } else { ActionKind::ExpireVersion },
            class,
            key: object.key.clone(),
            version_id: Some(versions::id_text(object.version_id)),
            rule: rule.to_owned(),
            bytes: object.size,
        })
    }

    /// Judges a delete marker that is all there is of its key.
    fn judge_lone(&self, marker: &DeleteMarker, rules: &LifecycleRules) -> Option<Due<SeenVersion>> {
        let rule = rules.lone_marker(&marker.key)?;
        let state = SeenState::LoneMarker { last_modified_ms: marker.last_modified_ms };
        Some(due_marker(marker, state, rule))
    }
}

fn due_marker(marker: &DeleteMarker, state: SeenState, rule: &str) -> Due<SeenVersion> {
    let version = VersionRef::of(marker.version_id);
    Due {
        seen: SeenVersion { key: marker.key.clone(), version, state },
        action: ActionKind::RemoveMarker,
        class: None,
        key: marker.key.clone(),
        version_id: Some(versions::id_text(marker.version_id)),
        rule: rule.to_owned(),
        bytes: 0,
    }
}

/// What is known of the versions that a list went past, newest first and key by key.
#[derive(Default)]
struct Walk {
    /// When the last one was written: since then the next one of its key is not the latest.
    newer_ms: i64,
    /// The last one, if it is a delete marker and the latest: nothing else of its key was seen.
    lone: Option<DeleteMarker>,
}

/// What a version is.
enum Passed {
    /// The latest of its key; with the one before it, if that is a delete marker and has its key for itself.
    Latest(Option<DeleteMarker>),
    /// One that is not the latest since that time.
    Noncurrent(i64),
}

impl Walk {
    fn pass(&mut self, listed: &ListedVersion) -> Passed {
        let (written_ms, marker) = match &listed.entry {
            VersionEntry::Object(object) => (object.last_modified_ms, None),
            VersionEntry::DeleteMarker(marker) => (marker.last_modified_ms, Some(marker)),
        };
        let newer_ms = std::mem::replace(&mut self.newer_ms, written_ms);
        let lone = self.lone.take();
        if listed.is_latest {
            self.lone = marker.cloned();
            Passed::Latest(lone)
        } else {
            Passed::Noncurrent(newer_ms)
        }
    }
}

impl Seen for SeenVersion {
    async fn delete(store: &Store, bucket: &str, seen: Vec<Self>, now_ms: i64) -> Result<Vec<bool>, Error> {
        store.delete_seen_versions(bucket, seen, now_ms).await
    }

    async fn set_class(
        store: &Store,
        bucket: &str,
        seen: Vec<Self>,
        class: StorageClass,
    ) -> Result<Vec<bool>, Error> {
        store.set_version_class(bucket, seen, class.as_str()).await
    }
}
