//! `PutBucketTags`: replaces a bucket's tags.

use ossicle_protocol::Tags;
use ossicle_store::BucketDocument;

use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::tags;

/// Runs `PutBucketTags`.
pub(crate) async fn put_bucket_tags(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let given = Tags::of_bucket(&tags::read(call, body).await?)?;
    let (bucket, document) = (call.bucket_name()?.as_str(), given.to_xml().into_bytes());
    call.app.store.set_bucket_document(bucket, BucketDocument::Tags, Some(document)).await?;
    Ok(Reply::ok())
}
