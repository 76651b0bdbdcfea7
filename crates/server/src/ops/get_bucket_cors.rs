//! `GetBucketCors`: the CORS rules of a bucket.

use ossicle_protocol::{Error, ErrorCode};

use crate::call::Call;
use crate::cors;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;

/// Runs `GetBucketCors`.
pub(crate) async fn get_bucket_cors(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let bucket = call.bucket_name()?;
    let rules = cors::rules(&call.app.store, bucket).await?.ok_or_else(|| {
        Error::new(ErrorCode::NoSuchCORSConfiguration).with_detail("BucketName", bucket.as_str())
    })?;
    Ok(Reply::xml(rules.to_xml()))
}
