//! Programs to paste: the same upload with a callback, by the SDKs that are used most, and by curl.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method};
use ossicle_protocol::sign::Signer;
use ossicle_protocol::{BucketName, ObjectKey, Query, SecretKey, Target, Timestamp, percent_encode_path};
use serde_json::json;

use super::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, BUCKET, Places};

const PYTHON: &str = include_str!("snippets/python.py");
const NODE: &str = include_str!("snippets/node.mjs");
const JAVA: &str = include_str!("snippets/Upload.java");

/// The longest that a V4 URL may hold, seven days.
const URL_SECONDS: u32 = 7 * 24 * 60 * 60;

/// Fills in all of them.
pub(super) fn all(places: &Places, now: Timestamp) -> String {
    let block = |title: &str, text: &str| format!("\n──── {title}\n\n{}\n", text.trim_end());
    let mut out = String::from("\nPaste one of these:\n");
    out.push_str(&block("Python: pip install oss2", &fill(PYTHON, places)));
    out.push_str(&block("Node.js: npm install ali-oss, save as upload.mjs", &fill(NODE, places)));
    out.push_str(&block("Java: com.aliyun.oss:aliyun-sdk-oss, save as Upload.java", &fill(JAVA, places)));
    if let Some(url) = presigned_url(places, now) {
        let command = format!("echo 'Hello from curl' | curl -sS -T - '{url}'");
        out.push_str(&block("curl: a presigned URL with the callback in it, good for seven days", &command));
    }
    out
}

fn fill(template: &str, places: &Places) -> String {
    template
        .replace("@endpoint@", &places.endpoint)
        .replace("@callback_url@", &places.callback_url)
        .replace("@region@", &places.region)
        .replace("@access_key_id@", ACCESS_KEY_ID)
        .replace("@access_key_secret@", ACCESS_KEY_SECRET)
        .replace("@bucket@", BUCKET)
}

fn presigned_url(places: &Places, now: Timestamp) -> Option<String> {
    let callback = json!({
        "callbackUrl": places.callback_url,
        "callbackBody": "{\"bucket\":${bucket},\"object\":${object},\"size\":${size}}",
        "callbackBodyType": "application/json",
    });
    let (bucket, key) = (BucketName::parse(BUCKET).ok()?, ObjectKey::parse("from-curl.txt").ok()?);
    let path = format!("/{BUCKET}/{}", percent_encode_path(key.as_str()));
    let query = Query::from_pairs([("callback", STANDARD.encode(callback.to_string()))]);
    let signer = Signer::new(ACCESS_KEY_ID, SecretKey::new(ACCESS_KEY_SECRET), places.region.as_str());
    let target = Target::Object(bucket, key);
    let query = signer.presign_v4(&Method::PUT, &target, query, &HeaderMap::new(), &[], now, URL_SECONDS);
    Some(format!("{}{path}?{}", places.endpoint, query.encode()))
}
