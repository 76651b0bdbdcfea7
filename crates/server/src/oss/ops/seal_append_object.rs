//! `SealAppendObject`: ends the appending to an object for good.

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::ops::append_object::position;
use crate::oss::versions;

/// Runs `SealAppendObject`.
pub(crate) async fn seal_append_object(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let (bucket, key, position) = (call.bucket_name()?.as_str(), call.key()?.as_str(), position(call)?);
    let object = call.app.store.seal_object(bucket, key, position, call.now.unix_millis()).await?;
    let reply = versions::show(Reply::ok(), call.bucket()?, &object);
    Ok(attributes::with_sealed_time(attributes::with_etag(reply, &object), &object))
}
