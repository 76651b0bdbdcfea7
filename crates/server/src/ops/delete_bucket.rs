//! `DeleteBucket`: deletes a bucket that holds nothing.

use ossicle_protocol::Error;

use crate::call::Call;
use crate::failure;
use crate::http::reply::Reply;

/// Runs `DeleteBucket`.
pub(crate) async fn delete_bucket(call: &Call) -> Result<Reply, Error> {
    let name = call.bucket_name()?.as_str();
    let deleted = call.app.store.delete_bucket(name).await;
    deleted.map_err(|error| failure::from_store(error).with_detail("BucketName", name))?;
    Ok(Reply::no_content())
}
