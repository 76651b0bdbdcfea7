//! `GetBucketTags`: a bucket's tags; an empty set where there are none.

use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::tags;

/// Runs `GetBucketTags`.
pub(crate) async fn get_bucket_tags(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let bucket = call.bucket_name()?.as_str();
    Ok(Reply::xml(tags::of_bucket(&call.app.store, bucket).await?.to_xml()))
}
