//! From an HTTP request to a verified event: what the axum extractor and the tower layer share.

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::event::CallbackEvent;
use super::verifier::{SignedRequest, Verifier, VerifyError};

/// The reason for which a request was turned away.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// It is no callback, or a forged one.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The body is longer than the verifier reads.
    #[error("the body is too long")]
    TooLong,
    /// The body could not be read.
    #[error("the body could not be read")]
    Body,
}

impl Rejection {
    /// Returns the HTTP status to answer with.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Verify(error) => error.status(),
            Self::TooLong => 413,
            Self::Body => 400,
        }
    }

    /// Returns the answer's body: JSON, because the sender expects JSON.
    pub(super) fn json(&self) -> Bytes {
        serde_json::json!({ "error": self.to_string() }).to_string().into()
    }
}

/// Reads the body and verifies the request.
pub(super) async fn extract<B>(
    verifier: &Verifier,
    parts: &Parts,
    body: B,
) -> Result<CallbackEvent, Rejection>
where
    B: BodyExt,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let announced = text(&parts.headers, "content-length").and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > verifier.max_body() as u64) {
        return Err(Rejection::TooLong);
    }
    let body = read(body, verifier.max_body()).await?;
    let header = |name: &'static str| text(&parts.headers, name);
    let require = |name: &'static str| header(name).ok_or(VerifyError::MissingHeader(name));
    let request = SignedRequest {
        path_and_query: path_and_query(parts),
        authorization: require("authorization")?,
        pub_key_url: require("x-oss-pub-key-url")?,
        body: &body,
    };
    verifier.verify(&request).await?;
    Ok(CallbackEvent::new(body.clone(), header))
}

async fn read<B>(body: B, limit: usize) -> Result<Bytes, Rejection>
where
    B: BodyExt,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match Limited::new(body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Rejection::TooLong),
        Err(_) => Err(Rejection::Body),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Returns the target as the client sent it: a nested axum router shortens the URI that its handlers see.
fn path_and_query(parts: &Parts) -> &str {
    #[cfg(feature = "axum")]
    if let Some(original) = parts.extensions.get::<::axum::extract::OriginalUri>() {
        return original.0.path_and_query().map_or("/", |target| target.as_str());
    }
    parts.uri.path_and_query().map_or("/", |target| target.as_str())
}
