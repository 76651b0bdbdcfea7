//! Configurations that the store keeps as documents of buckets, which are bytes to it.

use ossicle_protocol::ErrorCode;
use ossicle_protocol::xml::Document;
use ossicle_store::{BucketDocument, Store};

use crate::oss::failure::Failure;

/// So often a document is read again because another request changed it meanwhile.
const ATTEMPTS: usize = 10;

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

/// Changes a configuration of which only a part is set at a time: `change` makes the new one out of the present one, and none
/// takes it away. It may be asked again, as another request may have come between.
pub(crate) async fn update<C: Kept>(
    store: &Store,
    bucket: &str,
    change: impl Fn(Option<C>) -> Result<Option<C>, Failure>,
) -> Result<(), Failure> {
    for _ in 0..ATTEMPTS {
        let present = store.bucket_document(bucket, C::DOCUMENT).await?;
        let new = change(present.as_deref().map(C::parse).transpose()?)?;
        let new = new.map(|new| new.to_xml().into_bytes());
        match store.replace_bucket_document(bucket, C::DOCUMENT, present.as_deref(), new).await {
            Err(ossicle_store::Error::PreconditionFailed) => {}
            other => return Ok(other?),
        }
    }
    Err(ErrorCode::ServiceUnavailable.into())
}
