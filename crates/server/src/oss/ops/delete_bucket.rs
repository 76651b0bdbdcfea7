//! `DeleteBucket`: deletes a bucket that holds nothing.

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Runs `DeleteBucket`.
pub(crate) async fn delete_bucket(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let name = call.bucket_name()?.as_str();
    let deleted = call.app.store.delete_bucket(name).await;
    deleted.map_err(|error| Failure::from(error).into_oss().with_detail("BucketName", name))?;
    Ok(Reply::no_content())
}
