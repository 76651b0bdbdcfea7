//! The built-in application server: takes callbacks, verifies their signatures, answers `{"Status":"OK"}` and says what
//! came. What it does is what an application server of one's own has to do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, OriginalUri, Request, State};
use axum::http::{StatusCode, header, request};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ossicle_callback::receiver::{PrefixError, SignedRequest, Verifier};
use tokio::sync::broadcast;

use crate::terminal::{self, in_a_line};

/// Bodies of callbacks are templates of a few KiB filled in.
const BODY_LIMIT: usize = 1024 * 1024;

/// The application server's state.
pub(super) struct ApplicationServer {
    verifier: OnceLock<Verifier>,
    announces: AtomicBool,
    received: broadcast::Sender<Received>,
}

/// A callback as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Received {
    /// Request line and headers.
    pub(super) head: String,
    /// The body.
    pub(super) body: String,
    /// Nothing, or why the signature is not good.
    pub(super) verdict: Result<(), String>,
}

impl Default for ApplicationServer {
    fn default() -> Self {
        Self {
            verifier: OnceLock::new(),
            announces: AtomicBool::new(false),
            received: broadcast::Sender::new(64),
        }
    }
}

impl ApplicationServer {
    /// Trusts keys that lie at this console, and at no other place.
    pub(super) fn trust(&self, console: &str) -> Result<(), PrefixError> {
        let verifier = Verifier::builder().trust_nothing().trust(format!("{console}/"))?.build();
        // A second call would come from a second start, which there is none of.
        let _ = self.verifier.set(verifier);
        Ok(())
    }

    /// Prints each callback on standard output from now on.
    pub(super) fn announce(&self) {
        self.announces.store(true, Ordering::Relaxed);
    }

    /// Subscribes to the callbacks that arrive from now on.
    pub(super) fn watch(&self) -> broadcast::Receiver<Received> {
        self.received.subscribe()
    }

    async fn verify(&self, head: &request::Parts, body: &[u8]) -> Result<(), String> {
        let Some(verifier) = self.verifier.get() else {
            return Err("the server is still starting".to_owned());
        };
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let request = SignedRequest {
            path_and_query: target(head),
            authorization: header("authorization"),
            pub_key_url: header("x-oss-pub-key-url"),
            body,
        };
        verifier.verify(&request).await.map_err(|error| error.to_string())
    }
}

/// Returns the routes, to be put below `/app` at the console's address.
pub(super) fn router(server: Arc<ApplicationServer>) -> Router {
    Router::new()
        .route("/callback", post(callback))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(server)
}

async fn callback(State(server): State<Arc<ApplicationServer>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return answer(StatusCode::BAD_REQUEST, r#"{"Status":"the body is too long or broke off"}"#);
    };
    let verdict = server.verify(&head, &body).await;
    let received = Received { head: head_text(&head), body: text(&body), verdict };
    if server.announces.load(Ordering::Relaxed) {
        announce(&received);
    }
    let accepted = received.verdict.is_ok();
    // Nobody may be watching.
    let _ = server.received.send(received);
    if accepted {
        answer(StatusCode::OK, r#"{"Status":"OK"}"#)
    } else {
        answer(StatusCode::UNAUTHORIZED, r#"{"Status":"the signature does not verify"}"#)
    }
}

fn answer(status: StatusCode, body: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn announce(received: &Received) {
    let verdict = match &received.verdict {
        Ok(()) => "verified".to_owned(),
        Err(reason) => format!("NOT VERIFIED: {reason}"),
    };
    let line = format!("callback  {verdict}  {}\n", in_a_line(&received.body.replace('\n', " ")));
    if let Err(error) = terminal::print(&line) {
        tracing::debug!(%error, "nobody reads standard output");
    }
}

fn head_text(head: &request::Parts) -> String {
    let mut text = format!("{} {} HTTP/1.1\n", head.method, target(head));
    for (name, value) in &head.headers {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    text
}

fn text(body: &Bytes) -> String {
    String::from_utf8_lossy(body).into_owned()
}

/// Returns path and query as they were sent; below `/app`, axum shows handlers the rest only.
fn target(head: &request::Parts) -> &str {
    let uri = head.extensions.get::<OriginalUri>().map_or(&head.uri, |original| &original.0);
    uri.path_and_query().map_or("/", |target| target.as_str())
}
