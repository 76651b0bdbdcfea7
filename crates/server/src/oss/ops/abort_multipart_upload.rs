//! `AbortMultipartUpload`: drops an upload and its parts.

use ossicle_protocol::{Error, ErrorCode};
use ossicle_store::{self as store, AbortUpload};

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::call::Call;
use crate::oss::failure::Failure;

/// Runs `AbortMultipartUpload`.
pub(crate) async fn abort_multipart_upload(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let upload_id = call.query.get("uploadId").unwrap_or("");
    let abort = AbortUpload {
        bucket: call.bucket_name()?.as_str().to_owned(),
        key: call.key()?.as_str().to_owned(),
        upload_id: upload_id.to_owned(),
        idle_since_ms: None,
    };
    match call.app.store.abort(abort).await {
        Ok(()) => Ok(Reply::no_content()),
        Err(store::Error::NoSuchUpload) => Err(Error::new(ErrorCode::NoSuchUpload)
            .with_ec("0042-00000002")
            .with_detail("UploadId", upload_id)
            .into()),
        Err(error) => Err(error.into()),
    }
}
