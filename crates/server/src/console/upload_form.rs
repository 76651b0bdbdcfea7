//! The signed form of an upload: with it the page sends a file straight to the API, as a browser of an
//! application does.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use http::HeaderMap;
use ossicle_callback::parse_callback;
use ossicle_protocol::{BucketName, Error, ErrorCode, ObjectKey, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::{Console, request};
use crate::app;
use crate::callback::requested::{encode, invalid};
use crate::oss::upload_body::SINGLE_UPLOAD_LIMIT;

/// The time for which a form may be sent.
const FORM_MS: i64 = 10 * 60 * 1000;

/// The body of a callback unless somebody writes another one.
const BODY: &str = r#"{"bucket":${bucket},"object":${object},"etag":${etag},"size":${size},"mimeType":${mimeType},"height":${imageInfo.height},"width":${imageInfo.width}}"#;

/// The type that goes with [`BODY`].
const BODY_TYPE: &str = "application/json";

/// An upload to come.
#[derive(Debug, Deserialize)]
pub(super) struct Upload {
    bucket: String,
    key: String,
    callback: Option<Callback>,
}

/// The callback that shall follow it.
#[derive(Debug, Deserialize)]
pub(super) struct Callback {
    url: String,
    host: Option<String>,
    body: Option<String>,
    body_type: Option<String>,
    /// Custom variables; `x:` in front of a name may be left out.
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

/// Handles `POST /api/upload-form`.
pub(super) async fn upload_form(
    State(console): State<Console>,
    headers: HeaderMap,
    upload: Result<Json<Upload>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let upload = request::json(upload)?;
    let (bucket, key) = request::names(&upload.bucket, &upload.key)?;
    if console.app.store.bucket(bucket.as_str()).await?.is_none() {
        return Err(Error::new(ErrorCode::NoSuchBucket).into());
    }
    let callback = upload.callback.as_ref().map(|callback| console.encoded(callback)).transpose()?;
    let now = app::now();
    let expires = Timestamp::from_unix_millis(now.unix_millis() + FORM_MS);
    let signer = console.signer();
    let policy = policy(&bucket, &key, callback.as_deref(), signer.post_policy_v4_fields(now), expires);
    let mut fields = vec![("key".to_owned(), upload.key)];
    if let (Some(encoded), Some(callback)) = (callback, upload.callback) {
        fields.push(("callback".to_owned(), encoded));
        fields.extend(callback.variables().map(|(name, value)| (name, value.to_owned())));
    }
    fields.extend(signer.sign_post_policy_v4(&policy.to_string(), now));
    let url = format!("{}/{}/", console.endpoint_for(&headers), bucket.as_str());
    Ok(Json(json!({ "url": url, "fields": fields, "expires_ms": expires.unix_millis() })))
}

impl Callback {
    /// Returns the custom variables with their whole names.
    pub(super) fn variables(&self) -> impl Iterator<Item = (String, &str)> {
        self.variables.iter().map(|(name, value)| (prefixed(name), value.as_str()))
    }
}

impl Console {
    /// Encodes the `callback` field. Mistakes in it are reported now, not when the file has been sent.
    pub(super) fn encoded(&self, callback: &Callback) -> Result<String, Problem> {
        let mut parameters = json!({
            "callbackUrl": callback.url,
            "callbackBody": callback.body.as_deref().unwrap_or(BODY),
            "callbackBodyType": callback.body_type.as_deref().unwrap_or(BODY_TYPE),
        });
        if let (Some(host), Some(fields)) = (&callback.host, parameters.as_object_mut()) {
            fields.insert("callbackHost".to_owned(), host.as_str().into());
        }
        let encoded = encode(&parameters);
        match parse_callback(&encoded).map_err(invalid)? {
            Some(ossicle_callback::Requested::Callback(parsed)) => {
                parsed.check_addresses(&self.app.callbacks.guard).map_err(invalid)?;
            }
            _ => return Err(Problem::invalid("The callback needs a URL.")),
        }
        Ok(encoded)
    }
}

/// Allows this one upload and no other.
fn policy(
    bucket: &BucketName,
    key: &ObjectKey,
    callback: Option<&str>,
    signature_fields: [(&'static str, String); 3],
    expires: Timestamp,
) -> Value {
    let mut conditions = vec![
        json!({ "bucket": bucket.as_str() }),
        json!(["eq", "$key", key.as_str()]),
        json!(["content-length-range", 0, SINGLE_UPLOAD_LIMIT]),
    ];
    conditions.extend(signature_fields.map(|(name, value)| json!({ name: value })));
    conditions.extend(callback.map(|callback| json!({ "callback": callback })));
    json!({ "expiration": expires.iso8601_millis(), "conditions": conditions })
}

fn prefixed(name: &str) -> String {
    if name.starts_with("x:") { name.to_owned() } else { format!("x:{name}") }
}
