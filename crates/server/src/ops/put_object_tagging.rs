//! `PutObjectTagging`: replaces an object's tags. Its time stays what it was.

use ossicle_protocol::Tags;

use crate::call::Call;
use crate::failure::Failure;
use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::{object_lookup, tags};

/// Runs `PutObjectTagging`.
pub(crate) async fn put_object_tagging(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let object = object_lookup::require(call).await?;
    let given = Tags::of_object(&tags::read(call, body).await?)?;
    tags::set_on_object(call, object, &given).await?;
    Ok(Reply::ok())
}
