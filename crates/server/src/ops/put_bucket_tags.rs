//! `PutBucketTags`: replaces a bucket's tags.

use ossicle_protocol::{Error, Tags};
use ossicle_store::BucketDocument;

use crate::call::Call;
use crate::failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::tags;

/// Runs `PutBucketTags`.
pub(crate) async fn put_bucket_tags(call: &Call, body: RequestBody) -> Result<Reply, Error> {
    let given = Tags::of_bucket(&tags::read(call, body).await?)?;
    let (bucket, document) = (call.bucket_name()?.as_str(), given.to_xml().into_bytes());
    let set = call.app.store.set_bucket_document(bucket, BucketDocument::Tags, Some(document)).await;
    set.map_err(failure::from_store)?;
    Ok(Reply::ok())
}
