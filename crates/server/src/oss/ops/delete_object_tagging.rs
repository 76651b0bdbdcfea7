//! `DeleteObjectTagging`: removes an object's tags; 204 also when there are none.

use ossicle_protocol::Tags;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::object_lookup;
use crate::oss::{tags, versions};

/// Runs `DeleteObjectTagging`.
pub(crate) async fn delete_object_tagging(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let object = object_lookup::require(call).await?;
    tags::set_on_object(call, object, &Tags::default()).await?;
    Ok(versions::show(Reply::no_content(), call.bucket()?, object))
}
