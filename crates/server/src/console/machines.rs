//! What machines ask the console's address for: callback public keys, health, metrics. Open to everybody.

use axum::extract::{Path, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use ossicle_store::Health;

use super::Console;

/// `GET /callback_pub_key_v1.pem`.
pub(super) async fn public_key(State(console): State<Console>, Path(key_file): Path<String>) -> Response {
    match console.app.callbacks.public_pem(&key_file) {
        Some(pem) => ([(header::CONTENT_TYPE, "application/x-pem-file")], pem).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// 200 while writes are taken, 503 with the reason otherwise.
pub(super) async fn health(State(console): State<Console>) -> Response {
    match console.app.store.health() {
        Health::Good => "ok\n".into_response(),
        Health::Impaired { reason } => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("impaired: {reason}\n")).into_response()
        }
        Health::Poisoned { reason } => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("writes are refused since {reason}; check the disk and restart\n"),
        )
            .into_response(),
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// The counters as Prometheus reads them.
pub(super) async fn metrics(State(console): State<Console>) -> Response {
    let text = console.app.metrics.render(&console.app.store);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

/// No browser shall take any of this for a page.
pub(super) async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
