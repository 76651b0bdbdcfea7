//! Buckets and their documents at hand: every request asks for them and they hardly ever change.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use crate::engine::{Engine, Query};
use crate::query::{AtVersion, BucketDocumentOf, BucketOf, OpenObject, Seen, Visiting};
use crate::version_row::VersionRow;
use crate::{Bucket, Error, Visit};

/// More entries than this are not kept.
const ENTRIES: usize = 4096;

/// Settings that were looked up, each with the version of all settings at that time. They are looked up again once the
/// version is another.
#[derive(Debug, Default)]
pub(super) struct Settings {
    buckets: Cache<String, Option<Arc<Bucket>>>,
    documents: Cache<(String, u8), Option<Arc<[u8]>>>,
}

impl Settings {
    /// Looks up a bucket. It belongs to the account without a row, `account`, unless another has it.
    pub(super) async fn bucket(
        &self,
        engine: &Engine,
        account: Option<&str>,
        name: &str,
    ) -> Result<Option<Arc<Bucket>>, Error> {
        let known = match self.buckets.get(name, engine) {
            Known::Valid(bucket) => return Ok(bucket),
            Known::Perhaps(known) => known,
        };
        let query = BucketOf { name: name.to_owned(), account: account.map(str::to_owned) };
        self.buckets.look_up(name.to_owned(), known, query, engine).await
    }

    /// Looks up a bucket as [`Self::bucket`] does. Where that takes a look at the rows, the object comes along that is asked
    /// for, and the version of all identities.
    pub(super) async fn visit(
        &self,
        engine: &Engine,
        account: Option<&str>,
        name: &str,
        (object, reads): (Option<impl FnOnce() -> OpenObject>, bool),
    ) -> Result<Visit, Error> {
        let known = match self.buckets.get(name, engine) {
            Known::Valid(bucket) => {
                let identity_version = engine.version_at_hand(VersionRow::Identities);
                return Ok(Visit { bucket, identity_version, object: None });
            }
            Known::Perhaps(known) => known,
        };
        let known_version = known.as_ref().map(|(version, _)| *version);
        let query = BucketOf { name: name.to_owned(), account: account.map(str::to_owned) };
        let bucket = AtVersion { row: VersionRow::Settings, known, query };
        let is_asked_for = object.is_some();
        let object = object.map(|object| object());
        let seen = engine.query(Visiting { bucket, object, reads }).await?;
        let Seen { settings_version, bucket, identity_version, object } = seen;
        if known_version != Some(settings_version) {
            self.buckets.keep(name.to_owned(), settings_version, bucket.clone());
        }
        Ok(Visit { bucket, identity_version: Some(identity_version), object: is_asked_for.then_some(object) })
    }

    pub(super) async fn document(
        &self,
        engine: &Engine,
        bucket: &str,
        document: u8,
    ) -> Result<Option<Arc<[u8]>>, Error> {
        let key = (bucket.to_owned(), document);
        let known = match self.documents.get(&key, engine) {
            Known::Valid(document) => return Ok(document),
            Known::Perhaps(known) => known,
        };
        let query = BucketDocumentOf { bucket: bucket.to_owned(), number: document };
        self.documents.look_up(key, known, query, engine).await
    }
}

#[derive(Debug)]
struct Cache<K, V> {
    entries: RwLock<HashMap<K, (u64, V)>>,
}

/// What a cache knows.
enum Known<V> {
    /// It is as it was when it was looked up.
    Valid(V),
    /// Only the engine can tell whether what was known of a version is so still.
    Perhaps(Option<(u64, V)>),
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self { entries: RwLock::default() }
    }
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    fn get<Q>(&self, key: &Q, engine: &Engine) -> Known<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let known = self.entries.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        match known {
            Some((version, value)) if engine.version_at_hand(VersionRow::Settings) == Some(version) => {
                Known::Valid(value)
            }
            known => Known::Perhaps(known),
        }
    }

    /// Looks at the version and, unless it is the one that is known, at the rest, in one query.
    async fn look_up<Q>(&self, key: K, known: Option<(u64, V)>, query: Q, engine: &Engine) -> Result<V, Error>
    where
        Q: Query<Output = V>,
        V: Sync,
    {
        let known_version = known.as_ref().map(|(version, _)| *version);
        let query = AtVersion { row: VersionRow::Settings, known, query };
        let (version, value) = engine.query(query).await?;
        if known_version != Some(version) {
            self.keep(key, version, value.clone());
        }
        Ok(value)
    }

    fn keep(&self, key: K, version: u64, value: V) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= ENTRIES {
            entries.clear();
        }
        entries.insert(key, (version, value));
    }
}
