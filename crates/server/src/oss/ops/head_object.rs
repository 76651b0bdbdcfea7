//! `HeadObject`: what GetObject would answer, without the bytes.

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::lifecycle::expiration::show_expiration;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::conditions;
use crate::oss::failure::Failure;
use crate::oss::restoring;
use crate::oss::symlink::Readable;

/// Runs `HeadObject`.
pub(crate) async fn head_object(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let readable = Readable::of(call).await?;
    conditions::check(&call.head.headers, &readable)?;
    let reply = attributes::describe(Reply::ok(), call.bucket()?, &readable);
    let reply = restoring::show(reply, readable.content(), call.now);
    Ok(show_expiration(call, readable.named, reply.with_content_length(readable.content().size))?)
}
