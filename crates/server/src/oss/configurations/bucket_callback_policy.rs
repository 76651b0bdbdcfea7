//! The named callbacks of a bucket. Their text is kept as it came and read when an upload names one.

use ossicle_protocol::configurations::BucketCallbackPolicy;
use ossicle_store::BucketDocument;

use crate::oss::kept::Kept;

impl Kept for BucketCallbackPolicy {
    const DOCUMENT: BucketDocument = BucketDocument::CallbackPolicy;
}
