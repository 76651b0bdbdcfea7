//! `HeadObject`: what GetObject would answer, without the bytes.

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::lifecycle::expiration::show_expiration;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::conditions;
use crate::oss::failure::Failure;
use crate::oss::object_lookup;

/// Runs `HeadObject`.
pub(crate) async fn head_object(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let object = object_lookup::require(call).await?;
    conditions::check(&call.head.headers, object)?;
    let reply = attributes::describe(Reply::ok(), call.bucket()?, object);
    Ok(show_expiration(call, object, reply.with_content_length(object.size))?)
}
