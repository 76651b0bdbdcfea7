//! `PutObjectTagging`: replaces an object's tags. Its time stays what it was.

use ossicle_protocol::Tags;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::object_lookup;
use crate::oss::tags;

/// Runs `PutObjectTagging`.
pub(crate) async fn put_object_tagging(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    let object = object_lookup::require(call).await?;
    let given = Tags::of_object(&tags::read(call, body).await?)?;
    tags::set_on_object(call, object, &given).await?;
    Ok(Reply::ok())
}
