//! `GetBucketTags`: a bucket's tags; an empty set where there are none.

use ossicle_protocol::Error;

use crate::call::Call;
use crate::http::reply::Reply;
use crate::tags;

/// Runs `GetBucketTags`.
pub(crate) fn get_bucket_tags(call: &Call) -> Result<Reply, Error> {
    let bucket = call.bucket_name()?.as_str();
    Ok(Reply::xml(tags::of_bucket(&call.app.store, bucket)?.to_xml()))
}
