//! `DeleteBucket`: deletes a bucket that holds nothing.

use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `DeleteBucket`.
pub(crate) async fn delete_bucket(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let name = call.bucket_name()?.as_str();
    let deleted = call.app.store.delete_bucket(name).await;
    deleted.map_err(|error| Failure::from(error).into_oss().with_detail("BucketName", name))?;
    Ok(Reply::no_content())
}
