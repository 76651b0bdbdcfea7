//! Configurations that the store keeps as documents of buckets, which are bytes to it.

use ossicle_protocol::xml::Document;
use ossicle_store::{BucketDocument, Store};

use crate::oss::failure::Failure;

/// A configuration that the store keeps as a document of the bucket. `ops` lists them, with their numbers.
pub(crate) trait Kept: Document + Send + Sync {
    /// The place where it is kept.
    const DOCUMENT: BucketDocument;
}

/// Reads a configuration of any bucket.
pub(crate) async fn read<C: Kept>(store: &Store, bucket: &str) -> Result<Option<C>, Failure> {
    let document = store.bucket_document(bucket, C::DOCUMENT).await?;
    Ok(document.map(|document| C::parse(&document)).transpose()?)
}
