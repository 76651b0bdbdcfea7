//! `GetObjectTagging`: an object's tags; an empty set where there are none.

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::object_lookup;
use crate::oss::{tags, versions};

/// Runs `GetObjectTagging`.
pub(crate) async fn get_object_tagging(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let object = object_lookup::require(call).await?;
    let reply = Reply::xml(tags::of_object(&object.attributes).to_xml());
    Ok(versions::show(reply, call.bucket()?, object))
}
