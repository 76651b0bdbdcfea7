//! The console as a service of the HTTP edge, which bounds its connections as it does those of the API.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use http::StatusCode;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use serde_json::json;

use super::problem::Problem;
use crate::app;
use crate::http::body::RequestBody;
use crate::http::framing::{self, Misframed};
use crate::http::listener::Service;

/// The console's routes.
pub(crate) struct ConsoleService {
    router: TowerToHyperService<Router>,
}

impl ConsoleService {
    pub(super) fn new(router: Router) -> Self {
        Self { router: TowerToHyperService::new(router) }
    }
}

impl Service for ConsoleService {
    type Body = Body;
    // A page that watches and has been closed must make room for others.
    const ANSWERS_HALF_CLOSED: bool = false;

    async fn answer(
        self: Arc<Self>,
        peer: SocketAddr,
        head: http::request::Parts,
        body: RequestBody,
    ) -> Response {
        if let Err(fault) = framing::check(head.version, &head.headers) {
            return misframed(fault).into_response();
        }
        let mut request = http::Request::from_parts(head, incoming(body));
        request.extensions_mut().insert(ConnectInfo(peer));
        match self.router.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

fn misframed(fault: Misframed) -> Problem {
    let (status, error) = match fault {
        Misframed::NoHost | Misframed::SeveralHosts => (StatusCode::BAD_REQUEST, "InvalidRequest"),
        Misframed::Encoded => (StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
    };
    Problem::new(status, error, fault.message())
}

/// Turns a request's body into the form that the routes read.
fn incoming(body: RequestBody) -> Body {
    if body.announced() == Some(0) {
        return Body::empty();
    }
    Body::from_stream(stream::unfold(Some(body), |body| async move {
        let mut body = body?;
        match body.next().await {
            Ok(piece) => piece.map(|piece| (Ok(piece), Some(body))),
            Err(error) => Some((Err(error), None)),
        }
    }))
}

/// Returns the whole message that is sent where no request is served.
pub(crate) fn malformed_answer(status: StatusCode) -> Vec<u8> {
    let (status, error, message) = match status {
        StatusCode::REQUEST_TIMEOUT => {
            (StatusCode::BAD_REQUEST, "RequestTimeout", "The request did not come to its end in time.")
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            (status, "TooManyConnections", "The console serves as many connections as it takes. Try again.")
        }
        status => (status, "InvalidRequest", "The request is not valid HTTP/1.1."),
    };
    let body = json!({ "error": error, "message": message }).to_string();
    format!(
        "HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        status.as_u16(),
        status.canonical_reason().unwrap_or("Error"),
        app::now().http_date(),
        body.len(),
    )
    .into_bytes()
}
