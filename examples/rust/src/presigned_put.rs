//! Permission for an app or a page to PUT one file straight to the store: a signed URL.

use std::collections::BTreeMap;
use std::time::SystemTime;

use ossicle_callback::ParameterError;
use ossicle_callback::builder::{Credentials, PresignedPut};
use serde::Serialize;

use crate::permission::Upload;
use crate::settings::UploadTarget;

/// A URL, and the headers to send with exactly these values.
#[derive(Serialize)]
pub(crate) struct Permitted {
    method: &'static str,
    url: String,
    headers: BTreeMap<String, String>,
    key: String,
}

/// Signs a URL for one file of this many bytes. Key, type, length and callback are all signed: a client cannot change them.
pub(crate) fn sign(
    target: &UploadTarget,
    upload: &Upload,
    size: u64,
    now: SystemTime,
) -> Result<Permitted, ParameterError> {
    let mut put = PresignedPut::new(&target.bucket, &upload.key, target.lifetime)
        .content_length(size)
        .callback(&upload.callback)?;
    if let Some(content_type) = &upload.content_type {
        put = put.content_type(content_type);
    }
    let credentials = Credentials::new(&target.access_key_id, &target.access_key_secret);
    let signed = put.sign_v4(&credentials, &target.region, now);
    let headers = signed.headers().iter().cloned().collect();
    Ok(Permitted { method: "PUT", url: signed.url(&target.url), headers, key: upload.key.clone() })
}
