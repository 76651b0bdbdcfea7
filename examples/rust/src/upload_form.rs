//! Permission for a browser to upload one file straight to the store: a POST policy, signed with version 4.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use ossicle_callback::builder::{Callback, PostPolicy};
use ossicle_callback::{BodyType, ParameterError};
use serde::Serialize;
use sha2::Sha256;

use crate::settings::UploadTarget;

const LIFETIME: Duration = Duration::from_secs(5 * 60);
const LARGEST_FILE: u64 = 10 * 1024 * 1024;

// String variables bring their own quotes; numbers have none.
const BODY: &str = concat!(
    r#"{"bucket":${bucket},"object":${object},"size":${size},"etag":${etag},"mimeType":${mimeType},"#,
    r#""reqId":${reqId},"name":${x:name}}"#
);

/// Where to post, and the fields to send before the file.
#[derive(Serialize)]
pub(crate) struct Form {
    url: String,
    fields: BTreeMap<String, String>,
}

/// Signs a form. The application names the object; what the file was called travels as a custom variable.
pub(crate) fn sign(
    target: &UploadTarget,
    callback_url: &str,
    callback_secret: Option<&str>,
    file_name: &str,
    now: SystemTime,
) -> Result<Form, ParameterError> {
    let key = format!("uploads/{}{}", hex::encode(rand::random::<[u8; 16]>()), extension(file_name));
    let proof = callback_secret.map(|secret| proof(secret, &target.bucket, &key));
    let query = proof.map(|mac| format!("?proof={}", hex::encode(mac.finalize().into_bytes())));
    let callback = Callback::new(format!("{callback_url}{}", query.unwrap_or_default()))
        .var("name", file_name)
        .body(BODY, BodyType::Json);
    let fields = PostPolicy::new(&target.bucket, now + LIFETIME)
        .key(&key)
        .content_length(1..=LARGEST_FILE)
        .callback(&callback)?
        .sign_v4(&target.credentials, &target.region, now);
    Ok(Form { url: target.url.clone(), fields: fields.into_iter().collect() })
}

/// Shows that this application asked for the callback of this object.
pub(crate) fn proof(secret: &str, bucket: &str, name: &str) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    mac.chain_update(format!("{bucket}/{name}"))
}

fn extension(file_name: &str) -> String {
    match file_name.rsplit_once('.') {
        Some((_, letters))
            if (1..=8).contains(&letters.len())
                && letters.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            format!(".{}", letters.to_ascii_lowercase())
        }
        _ => String::new(),
    }
}
