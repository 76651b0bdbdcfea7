//! The lifecycle rules of buckets: at hand for every request, told with objects that will expire, and carried out by runs
//! over all buckets. What a rule means is the protocol's.

pub(crate) mod job;
pub(crate) mod report;
pub(crate) mod run;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderName;
use ossicle_protocol::{Candidate, Error, LifecycleRules, StorageClass, Tags, Timestamp, percent_encode};
use ossicle_store::{Bucket, BucketDocument, ObjectFields, ObjectKind, Store};

use crate::attributes::storage_class_of;
use crate::call::Call;
use crate::clock::SteadyClock;
use crate::failure::Failure;
use crate::http::reply::Reply;
use crate::tags;

const EXPIRATION: HeaderName = HeaderName::from_static("x-oss-expiration");

/// Documents whose rules are kept at hand may have so many bytes together.
const CACHED_BYTES: usize = 8 * 1024 * 1024;

/// What requests and runs share.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    parsed: Mutex<HashMap<String, Parsed>>,
    pub(crate) clock: SteadyClock,
    /// Held by a run.
    pub(crate) running: tokio::sync::Mutex<()>,
}

/// A document and the rules in it.
#[derive(Debug, Clone)]
struct Parsed {
    document: Arc<[u8]>,
    rules: Arc<LifecycleRules>,
}

impl Lifecycle {
    pub(crate) fn new(clock: SteadyClock) -> Self {
        Self { parsed: Mutex::default(), clock, running: tokio::sync::Mutex::default() }
    }

    /// Returns the rules of a bucket, if it has some.
    pub(crate) async fn rules(
        &self,
        store: &Store,
        bucket: &str,
    ) -> Result<Option<Arc<LifecycleRules>>, Failure> {
        let document = store.bucket_document(bucket, BucketDocument::Lifecycle).await?;
        let Some(document) = document else { return Ok(None) };
        if let Some(parsed) = self.lock().get(bucket)
            && (Arc::ptr_eq(&parsed.document, &document) || parsed.document == document)
        {
            return Ok(Some(Arc::clone(&parsed.rules)));
        }
        let rules = Arc::new(stored_rules(&document)?);
        let mut parsed = self.lock();
        let cached: usize = parsed.values().map(|parsed| parsed.document.len()).sum();
        if cached + document.len() > CACHED_BYTES {
            parsed.clear();
        }
        parsed.insert(bucket.to_owned(), Parsed { document, rules: Arc::clone(&rules) });
        Ok(Some(rules))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Parsed>> {
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads rules as they are stored: valid, and each with its id.
fn stored_rules(document: &[u8]) -> Result<LifecycleRules, Error> {
    LifecycleRules::parse(document, true, String::new)
}

/// Adds `x-oss-expiration` to an answer about an object that a rule will delete.
pub(crate) async fn show_expiration(
    call: &Call,
    object: &ObjectFields,
    reply: Reply,
) -> Result<Reply, Failure> {
    let (app, bucket) = (&call.app, call.bucket()?);
    let Some(rules) = app.lifecycle.rules(&app.store, &bucket.name).await? else { return Ok(reply) };
    let tags = tags::of_object(&object.attributes);
    let day_ms = app.config.testing.lifecycle_day_ms();
    let Some((date, rule)) = rules.expiration(&candidate(bucket, object, &tags), day_ms) else {
        return Ok(reply);
    };
    let value = format!("expiry-date=\"{}\", rule-id=\"{}\"", date.http_date(), in_header(rule));
    Ok(reply.with_header(EXPIRATION, value))
}

/// What rules look at of an object in its bucket.
fn candidate<'a>(bucket: &Bucket, object: &'a ObjectFields, tags: &'a Tags) -> Candidate<'a> {
    Candidate {
        key: &object.key,
        size: object.size,
        tags,
        modified: Timestamp::from_unix_millis(object.last_modified_ms),
        class: StorageClass::parse(storage_class_of(bucket, &object.attributes)).unwrap_or_default(),
        appendable: object.kind == ObjectKind::Appendable,
    }
}

/// An id within quotation marks: as it is if it can stand there, else percent-encoded.
fn in_header(id: &str) -> std::borrow::Cow<'_, str> {
    let fits = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    if id.bytes().all(fits) { id.into() } else { percent_encode(id).into() }
}
