//! Answers for machines, without a log-in: callback public keys and health, under whatever name, and metrics, which
//! tell more and are kept from the pages of strangers.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use ossicle_store::Health;

use crate::app::{self, App};
use crate::callback::keys::follow;
use crate::nodes::list::list;
use crate::observe::metrics::Sources;

/// Handles `GET /callback_pub_key_v1.pem`.
pub(super) async fn public_key(State(app): State<Arc<App>>, Path(key_file): Path<String>) -> Response {
    match follow::public_pem(&app, &key_file).await {
        Some(pem) => ([(header::CONTENT_TYPE, "application/x-pem-file")], pem).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Handles `GET /healthz`: 503 when only a restart helps.
pub(super) async fn alive(State(app): State<Arc<App>>) -> Response {
    let (writes, words) = in_words(&app.store.health());
    let status = if writes == Writes::Refused { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, words).into_response()
}

/// Handles `GET /readyz`: 503 while writes are not taken, for whatever reason, and while the database or the content of a
/// cluster is out of reach.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    if let Some(missing) = app.readiness.missing(&app).await {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", missing.in_words())).into_response();
    }
    let (writes, words) = in_words(&app.store.health());
    let status = if writes == Writes::Taken { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, words).into_response()
}

/// The fate of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writes {
    Taken,
    /// They resume by themselves.
    Failing,
    /// They resume after a restart.
    Refused,
}

fn in_words(health: &Health) -> (Writes, String) {
    match health {
        Health::Good => (Writes::Taken, "ok\n".to_owned()),
        Health::Impaired { reason } => (Writes::Failing, format!("impaired: {reason}\n")),
        Health::Poisoned { reason } => {
            (Writes::Refused, format!("writes are refused since {reason}; check the disk and restart\n"))
        }
        _ => (Writes::Refused, "unknown\n".to_owned()),
    }
}

/// Answers with the counters as Prometheus reads them.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let _turn = app.metrics.turn().await;
    let sources = Sources {
        store: &app.store,
        in_flight: app.callbacks.destinations.in_flight(),
        redelivers: app.callbacks.redelivery.enabled,
        now_ms: app::now().unix_millis(),
    };
    app.metrics.read_journal(&sources).await;
    match list(&app).await {
        Ok(nodes) => {
            let live = nodes.iter().filter(|seen| seen.is_live).count();
            app.metrics.nodes(live, nodes.len() - live);
        }
        Err(error) => tracing::warn!(%error, "the nodes cannot be counted"),
    }
    let source = Arc::clone(&app);
    let rendered = tokio::task::spawn_blocking(move || source.metrics.render(&source.store));
    match rendered.await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Keeps browsers from taking any of this for a page.
pub(super) async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_store_says_about_writes() {
        let reason = "no space".to_owned();
        let cases = [
            (Health::Good, Writes::Taken, "ok\n"),
            (Health::Impaired { reason: reason.clone() }, Writes::Failing, "impaired: no space\n"),
            (
                Health::Poisoned { reason },
                Writes::Refused,
                "writes are refused since no space; check the disk and restart\n",
            ),
        ];
        for (health, writes, words) in cases {
            assert_eq!(in_words(&health), (writes, words.to_owned()), "{health:?}");
        }
    }
}
