//! `DeleteObject`: 204 whether or not the object existed.

use ossicle_store::DeleteObject;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Runs `DeleteObject`.
pub(crate) async fn delete_object(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let delete = DeleteObject {
        bucket: call.bucket_name()?.as_str().to_owned(),
        key: call.key()?.as_str().to_owned(),
        now_ms: call.now.unix_millis(),
        ..DeleteObject::default()
    };
    call.app.store.delete_object(delete).await?;
    Ok(Reply::no_content())
}
