//! The axum extractor.

use axum::extract::{FromRef, FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::event::CallbackEvent;
use super::extract::{Rejection, extract};
use super::verifier::Verifier;

/// A callback whose signature has been verified before the handler runs.
///
/// The router's state must be, or contain, a [`Verifier`]:
///
/// ```
/// use axum::{Json, Router, routing::post};
/// use ossicle_callback::receiver::{VerifiedCallback, Verifier};
///
/// async fn uploaded(VerifiedCallback(event): VerifiedCallback) -> Json<serde_json::Value> {
///     let fields = event.fields().unwrap_or_default();
///     Json(serde_json::json!({ "Status": "OK", "object": fields.get("object") }))
/// }
///
/// let app: Router = Router::new().route("/callback", post(uploaded)).with_state(Verifier::for_oss());
/// ```
#[derive(Clone, Debug)]
pub struct VerifiedCallback(pub CallbackEvent);

impl<S> FromRequest<S> for VerifiedCallback
where
    Verifier: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Rejection> {
        let verifier = Verifier::from_ref(state);
        let (parts, body) = request.into_parts();
        extract(&verifier, &parts, body).await.map(Self)
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let json = HeaderValue::from_static("application/json");
        (status, [(header::CONTENT_TYPE, json)], self.json()).into_response()
    }
}
