//! Logging in and out.

use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, RequestExt as _};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::json;

use super::access::{Access, strange_page};
use super::problem::Problem;
use super::sessions::Opened;
use super::{Console, host, request};
use crate::app;

/// The document of somebody who logs in.
#[derive(Deserialize)]
struct LogIn {
    access_key_id: String,
    access_key_secret: String,
}

/// Handles `GET /api/session`: whether somebody is logged in, and the token for changes. `ossicle dev` logs in
/// whoever comes from this machine.
pub(super) async fn current(State(console): State<Console>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers();
    if !host::is_own_page(headers) {
        return Err(strange_page());
    }
    let now_ms = app::now().unix_millis();
    let open = console.session_id(headers).and_then(|id| Some((id, console.sessions.touch(id, now_ms)?)));
    if let Some((id, csrf)) = open {
        let opened = Opened { id: id.to_owned(), csrf };
        return Ok(console.session_answer(&opened).into_response());
    }
    if console.is_trusted_developer(headers, request.extensions()) {
        return Ok(console.begin_session(headers));
    }
    Ok(Json(json!({ "logged_in": false, "dev": console.dev })).into_response())
}

/// Handles `POST /api/session`: begins a session with an access key.
pub(super) async fn log_in(State(console): State<Console>, request: Request) -> Result<Response, Problem> {
    if !host::is_own_page(request.headers()) {
        return Err(strange_page());
    }
    let headers = request.headers().clone();
    let client = console.client(&headers, request.extensions());
    let log_in: LogIn = request::json(request.extract().await)?;
    console.check_key(&log_in.access_key_id, &log_in.access_key_secret, client).await?;
    Ok(console.begin_session(&headers))
}

/// Handles `DELETE /api/session`: ends the session.
pub(super) async fn log_out(
    State(console): State<Console>,
    Extension(access): Extension<Access>,
) -> Response {
    if let Access::Session(id) = access {
        console.sessions.close(&id);
    }
    let expired = format!("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", console.cookie_name());
    (StatusCode::OK, [(header::SET_COOKIE, expired)], Json(json!({ "logged_in": false }))).into_response()
}

impl Console {
    /// Begins a session and lets the page at this origin send uploads to the API.
    fn begin_session(&self, headers: &HeaderMap) -> Response {
        let opened = self.sessions.open(app::now().unix_millis());
        let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).map(str::to_owned);
        let origin = origin.unwrap_or_else(|| format!("http://{}", host::host(headers)));
        self.app.console_origins.admit(&origin);
        let secure = if origin.starts_with("https://") { "; Secure" } else { "" };
        let cookie =
            format!("{}={}; Path=/; HttpOnly; SameSite=Strict{secure}", self.cookie_name(), opened.id);
        let mut response = self.session_answer(&opened).into_response();
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    }

    fn session_answer(&self, opened: &Opened) -> Json<serde_json::Value> {
        let (access_key_id, _) = self.app.credentials.root();
        Json(json!({
            "logged_in": true,
            "access_key_id": access_key_id,
            "csrf": opened.csrf.reveal(),
            "dev": self.dev,
        }))
    }
}
