//! `PutObjectTagging`: replaces an object's tags. Its time stays what it was. Policies may look at the tags that are given, so
//! that they are read before it is decided who may.

use ossicle_protocol::Tags;

use crate::access::authorize::{Needed, demand};
use crate::access::context::Brought;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::object_lookup;
use crate::oss::{tags, versions};

/// Runs `PutObjectTagging`.
pub(crate) async fn put_object_tagging(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let given = Tags::of_object(&tags::read(call, body).await?)?;
    let brought = Brought { acl: None, tags: given };
    demand(call, &Needed::of_call(call, &brought)).await?;
    let object = object_lookup::require(call).await?;
    let given = brought.tags;
    tags::set_on_object(call, object, &given).await?;
    Ok(versions::show(Reply::ok(), call.bucket()?, object))
}
