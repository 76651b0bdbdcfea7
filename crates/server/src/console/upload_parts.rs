//! The signed requests of a multipart upload: with them the page sends a large file straight to the API in parts, by the
//! operations that every client uses.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use ossicle_protocol::{Error, ErrorCode, Query, Target, percent_encode_path};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::problem::Problem;
use super::upload_form::Callback;
use super::{Console, request};
use crate::app;

/// The time after its signature in which a request may begin.
const SECONDS: u32 = 600;

/// One request of an upload.
#[derive(Debug, Deserialize)]
pub(super) struct Step {
    bucket: String,
    key: String,
    #[serde(flatten)]
    what: What,
}

/// The request to sign.
#[derive(Debug, Deserialize)]
#[serde(tag = "step", rename_all = "lowercase")]
enum What {
    /// InitiateMultipartUpload. A mistake in the callback to come is told now, not when the file has been sent.
    Begin { content_type: Option<String>, callback: Option<Callback> },
    /// UploadPart.
    Part { upload_id: String, number: u32 },
    /// CompleteMultipartUpload, with the callback.
    Complete { upload_id: String, callback: Option<Callback> },
    /// AbortMultipartUpload.
    Abort { upload_id: String },
}

/// Handles `POST /api/upload-parts`: a signed URL of the API, the method, and the content type that is signed with it.
pub(super) async fn upload_parts(
    State(console): State<Console>,
    headers: HeaderMap,
    step: Result<Json<Step>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let step = request::json(step)?;
    let (bucket, key) = request::names(&step.bucket, &step.key)?;
    if console.app.store.bucket(bucket.as_str()).await?.is_none() {
        return Err(Error::new(ErrorCode::NoSuchBucket).into());
    }
    let content_type = step.what.content_type()?;
    let (method, query) = step.what.request(&console)?;
    let path = format!("/{}/{}", bucket.as_str(), percent_encode_path(key.as_str()));
    let signed: HeaderMap = content_type.clone().map(|value| (CONTENT_TYPE, value)).into_iter().collect();
    let target = Target::Object(bucket, key);
    let query = console.signer().presign_v4(&method, &target, query, &signed, &[], app::now(), SECONDS);
    Ok(Json(json!({
        "method": method.as_str(),
        "url": format!("{}{path}?{}", console.endpoint_for(&headers), query.encode()),
        "content_type": content_type.as_ref().and_then(|value| value.to_str().ok()),
    })))
}

impl What {
    fn content_type(&self) -> Result<Option<HeaderValue>, Problem> {
        let Self::Begin { content_type: Some(content_type), .. } = self else { return Ok(None) };
        if content_type.is_empty() {
            return Ok(None);
        }
        let value = HeaderValue::try_from(content_type);
        value.map(Some).map_err(|_| Problem::invalid("This content type cannot stand in a header."))
    }

    fn request(&self, console: &Console) -> Result<(Method, Query), Problem> {
        let mut query = Query::default();
        match self {
            Self::Begin { callback, .. } => {
                if let Some(callback) = callback {
                    console.encoded(callback)?;
                }
                query.push("uploads", "");
                Ok((Method::POST, query))
            }
            Self::Part { upload_id, number } => {
                query.push("partNumber", number.to_string());
                query.push("uploadId", upload_id);
                Ok((Method::PUT, query))
            }
            Self::Complete { upload_id, callback } => {
                query.push("uploadId", upload_id);
                if let Some(callback) = callback {
                    query.push("callback", console.encoded(callback)?);
                    let variables: Map<String, Value> =
                        callback.variables().map(|(name, value)| (name, value.into())).collect();
                    if !variables.is_empty() {
                        query.push("callback-var", STANDARD.encode(Value::Object(variables).to_string()));
                    }
                }
                Ok((Method::POST, query))
            }
            Self::Abort { upload_id } => {
                query.push("uploadId", upload_id);
                Ok((Method::DELETE, query))
            }
        }
    }
}
