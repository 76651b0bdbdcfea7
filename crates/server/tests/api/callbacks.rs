//! Upload callbacks, clause by clause: where the parameters come from, what is refused before the upload, the template,
//! the request that the application server gets, what counts as success and as failure, and the journal of it all.

mod addresses;
mod answers;
mod failures;
mod journal;
mod message;
mod policies;
mod refusals;
mod sources;
mod template;
mod tls;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::harness::{Answer, Bucket, Request};

/// The form template of the manual's examples, with a custom variable.
const TEMPLATE: &str =
    "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&mimeType=${mimeType}&my_var=${x:var}";

/// `callback` with these two fields.
fn callback(url: &str, body: &str) -> Value {
    json!({"callbackUrl": url, "callbackBody": body})
}

/// A value as it stands in a header or in the query.
fn encode(json: &Value) -> String {
    encode_text(&json.to_string())
}

fn encode_text(text: &str) -> String {
    STANDARD.encode(text)
}

/// A PutObject with a callback in its header.
fn put(bucket: &Bucket, key: &str, callback: &Value) -> Request {
    bucket.key("PUT", key).header("x-oss-callback", &encode(callback)).body("Hello OSS!")
}

/// Uploads a part, and tells how to complete the upload.
fn completion(bucket: &Bucket, key: &str) -> Request {
    let upload = bucket.initiate(key);
    let part = bucket.part(key, &upload, 1, b"Hello OSS!");
    bucket.complete(key, &upload, &[(1, part)])
}

/// Checks the answer to a callback that succeeded.
#[track_caller]
fn assert_called_back(answer: &Answer, body: &str) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.spelled("Content-Type"), "application/json");
    assert_eq!(answer.spelled("Content-Length"), body.len().to_string());
    assert_eq!(answer.text(), body);
}

/// Checks the answer to a callback that failed.
#[track_caller]
fn assert_failed(answer: Answer, message: &str, ec: &str) -> Answer {
    let answer = answer.expect_error(203, "CallbackFailed").with_ec(ec);
    assert_eq!(answer.element("Message"), message);
    answer
}
