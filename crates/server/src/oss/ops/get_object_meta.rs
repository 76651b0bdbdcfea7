//! `GetObjectMeta`: ETag, size and modification time only, for HEAD with `?objectMeta`. Clients of years ago ask by GET, and
//! read the size in `Content-Length`, which no bytes follow.

use http::Method;
use http::header::LAST_MODIFIED;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::object_lookup;

/// Runs `GetObjectMeta`.
pub(crate) async fn get_object_meta(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let object = object_lookup::require(call).await?;
    let reply = attributes::identify(Reply::ok(), call.bucket()?, object)
        .with_header(LAST_MODIFIED, attributes::last_modified(object));
    Ok(match call.head.method {
        Method::HEAD => reply.with_content_length(object.size),
        _ => reply.with_body_withheld(object.size),
    })
}
