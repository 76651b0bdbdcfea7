//! What a request about a bucket looks at first.

use std::sync::Arc;

use crate::{Bucket, Object};

/// What is sought besides a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sought<'a> {
    /// The key of an object in it.
    pub key: &'a str,
    /// Whether its data will be read.
    pub reads: bool,
}

/// What was found in one look.
#[derive(Debug, Default)]
pub struct Visit {
    /// The bucket, if it exists.
    pub bucket: Option<Arc<Bucket>>,
    /// The version of all identities then, if it is known.
    pub identity_version: Option<u64>,
    /// The object that was sought, if there is one; `None` where it was not looked up, as that would have been a look of its own.
    pub object: Option<Option<Object>>,
}
