//! Permission for a browser to upload one file straight to the store: a signed POST policy.

use std::collections::BTreeMap;
use std::time::SystemTime;

use ossicle_callback::ParameterError;
use ossicle_callback::builder::{Credentials, PostPolicy};
use serde::Serialize;

use crate::permission::{LARGEST_FILE, Upload, Version};
use crate::settings::UploadTarget;

/// Where to post, and the fields to send before the file.
#[derive(Serialize)]
pub(crate) struct Form {
    url: String,
    fields: BTreeMap<String, String>,
}

/// Signs a form. The policy pins every field: without its condition the browser could drop the callback or send it elsewhere.
pub(crate) fn sign(
    target: &UploadTarget,
    upload: &Upload,
    version: Version,
    now: SystemTime,
) -> Result<Form, ParameterError> {
    let mut policy = PostPolicy::new(&target.bucket, now + target.lifetime)
        .key(&upload.key)
        .content_length(1..=LARGEST_FILE)
        .callback(&upload.callback)?;
    if let Some(content_type) = &upload.content_type {
        policy = policy.exactly("content-type", content_type);
    }
    let credentials = Credentials::new(&target.access_key_id, &target.access_key_secret);
    let fields = match version {
        Version::V1 => policy.sign_v1(&credentials),
        Version::V4 => policy.sign_v4(&credentials, &target.region, now),
    };
    Ok(Form { url: target.url.clone(), fields: fields.into_iter().collect() })
}
