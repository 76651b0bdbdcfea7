//! The rules of buckets as they are stored, parsed once for each version of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ossicle_protocol::LifecycleRules;
use ossicle_store::{BucketDocument, Store};

use crate::failure::Failure;

/// Documents whose rules are kept at hand may have so many bytes together.
const CACHED_BYTES: usize = 8 * 1024 * 1024;

/// Rules that were parsed.
#[derive(Debug, Default)]
pub(crate) struct ParsedRules {
    parsed: Mutex<HashMap<String, Parsed>>,
}

/// A document and the rules in it.
#[derive(Debug, Clone)]
struct Parsed {
    document: Arc<[u8]>,
    rules: Arc<LifecycleRules>,
}

impl ParsedRules {
    /// Returns the rules of a bucket, if it has some.
    pub(crate) async fn of(
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
        // What is stored is valid, and each rule has its id.
        let rules = Arc::new(LifecycleRules::parse(&document, true, String::new)?);
        let mut parsed = self.lock();
        let cached: usize = parsed.values().map(|parsed| parsed.document.len()).sum();
        if cached + document.len() > CACHED_BYTES {
            parsed.clear();
        }
        parsed.insert(bucket.to_owned(), Parsed { document, rules: Arc::clone(&rules) });
        Ok(Some(rules))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Parsed>> {
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
