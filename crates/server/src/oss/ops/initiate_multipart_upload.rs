//! `InitiateMultipartUpload`: begins an upload in parts. Callback parameters are ignored here: the C SDK sends them
//! with every step.

use ossicle_protocol::xml::{InitiateMultipartUploadResult, KeyEncoding};
use ossicle_store::NewUpload;

use crate::http::body::RequestBody;
use crate::http::reply::Reply;
use crate::oss::attributes;
use crate::oss::call::Call;
use crate::oss::client_encryption::Sizes;
use crate::oss::conditions;
use crate::oss::encryption;
use crate::oss::failure::Failure;

/// Runs `InitiateMultipartUpload`.
pub(crate) async fn initiate_multipart_upload(call: &Call, _: RequestBody) -> Result<Reply, Failure> {
    let (bucket, key) = (call.bucket_name()?.as_str(), call.key()?);
    let encoding = KeyEncoding::from_query(&call.query)?;
    conditions::refuse_overwrite(call).await?;
    let mut attributes = attributes::from_headers(&call.head.headers, key)?;
    Sizes::of_new(&attributes)?;
    attributes.encryption = encryption::of_new(call).await?;
    let encryption = attributes.encryption.clone();
    // A key that is not there is missed now, and not by the first part.
    call.app.store.upload(Some(0)).encrypted(encryption.as_ref())?;
    let upload = NewUpload {
        bucket: bucket.to_owned(),
        key: key.as_str().to_owned(),
        attributes,
        sequential: call.query.contains("sequential"),
        now_ms: call.now.unix_millis(),
    };
    let upload_id = call.app.store.initiate(upload).await?;
    let document =
        InitiateMultipartUploadResult { encoding, bucket, key: key.as_str(), upload_id: &upload_id };
    Ok(encryption::show(Reply::xml(document.to_xml()), encryption.as_ref()))
}
