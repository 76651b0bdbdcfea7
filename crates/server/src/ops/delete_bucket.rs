//! `DeleteBucket`: deletes a bucket that holds nothing.

use ossicle_protocol::{Error, ErrorCode};
use ossicle_store as store;

use crate::call::Call;
use crate::failure;
use crate::http::reply::Reply;

/// Runs `DeleteBucket`.
pub(crate) async fn delete_bucket(call: &Call) -> Result<Reply, Error> {
    let name = call.bucket_name()?.as_str();
    match call.app.store.delete_bucket(name).await {
        Ok(()) => Ok(Reply::no_content()),
        Err(store::Error::BucketNotEmpty) => {
            Err(Error::new(ErrorCode::BucketNotEmpty).with_detail("BucketName", name))
        }
        Err(error) => Err(failure::from_store(error)),
    }
}
