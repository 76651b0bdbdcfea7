//! `DeleteObject`: 204 whether or not the object existed. Where versions are kept, the object gets a delete marker; a version
//! that is named is deleted for good.

use ossicle_store::DeleteObject;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;
use crate::oss::versions;

/// Runs `DeleteObject`.
pub(crate) async fn delete_object(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let version = versions::named(call)?;
    let delete = DeleteObject {
        bucket: call.bucket_name()?.as_str().to_owned(),
        key: call.key()?.as_str().to_owned(),
        version,
        if_match: None,
        now_ms: call.now.unix_millis(),
    };
    let deleted = call.app.store.delete_object(delete).await?;
    if let Some(marker) = deleted.marker.as_ref().or(deleted.removed_marker.as_ref()) {
        return Ok(versions::show_marker(Reply::no_content(), marker));
    }
    match version.and_then(versions::name_of).filter(|_| call.bucket().is_ok_and(|it| versions::are_kept(it)))
    {
        Some(id) => Ok(versions::show_id(Reply::no_content(), &id)),
        None => Ok(Reply::no_content()),
    }
}
