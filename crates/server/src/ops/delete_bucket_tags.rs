//! `DeleteBucketTags`: removes all tags of a bucket, or those that `tagging` names; 204 also when there are none.

use ossicle_protocol::ErrorCode;
use ossicle_store::BucketDocument;

use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::tags;

/// So often the tags are read again because another request changed them meanwhile.
const ATTEMPTS: usize = 10;

/// Runs `DeleteBucketTags`.
pub(crate) async fn delete_bucket_tags(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let (store, bucket) = (&call.app.store, call.bucket_name()?.as_str());
    let named = call.query.get("tagging").unwrap_or_default();
    let keys: Vec<&str> = named.split(',').filter(|key| !key.is_empty()).collect();
    for _ in 0..ATTEMPTS {
        let present = store.bucket_document(bucket, BucketDocument::Tags).await?;
        let left =
            if keys.is_empty() { None } else { Some(tags::of_bucket(store, bucket).await?.without(&keys)) };
        let left = left.filter(|left| !left.is_empty()).map(|left| left.to_xml().into_bytes());
        let replaced =
            store.replace_bucket_document(bucket, BucketDocument::Tags, present.as_deref(), left).await;
        match replaced {
            Err(ossicle_store::Error::PreconditionFailed) => {}
            other => return Ok(other.map(|()| Reply::no_content())?),
        }
    }
    Err(ErrorCode::ServiceUnavailable.into())
}
