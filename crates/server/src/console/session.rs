//! Logging in and out.

use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, RequestExt as _};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::json;

use super::access::{Access, cookie_name, strange_page};
use super::problem::Problem;
use super::sessions::Session;
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
    let open = match console.session_cookie(headers) {
        Some(cookie) => console.open_session(cookie).await?,
        None => None,
    };
    if let Some(session) = open {
        let mut response = console.session_answer(&session).into_response();
        if let Some(renewed) = session.renewed(app::now().unix_millis()) {
            response.headers_mut().insert(header::SET_COOKIE, console.cookie(&renewed, headers)?);
        }
        return Ok(response);
    }
    if console.is_trusted_developer(headers, request.extensions()) {
        return console.begin_session(headers);
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
    console.begin_session(&headers)
}

/// Handles `DELETE /api/session`: ends the session, on all servers that use the store.
pub(super) async fn log_out(
    State(console): State<Console>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Access::Session(session) = access {
        let now_ms = app::now().unix_millis();
        console.app.store.take_nonce(session.nonce(), now_ms, session.ends_ms()).await?;
    }
    let expired = format!("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", cookie_name(&headers));
    let answer = Json(json!({ "logged_in": false }));
    Ok((StatusCode::OK, [(header::SET_COOKIE, expired)], answer).into_response())
}

impl Console {
    /// Begins a session and lets the page at this origin send uploads to the API.
    fn begin_session(&self, headers: &HeaderMap) -> Result<Response, Problem> {
        let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).map(str::to_owned);
        let origin = origin.unwrap_or_else(|| format!("http://{}", host::host(headers)));
        self.app.console_origins.admit(&origin);
        let session = Session::begin(&origin, app::now().unix_millis());
        let cookie = self.cookie(&session, headers)?;
        let mut response = self.session_answer(&session).into_response();
        response.headers_mut().insert(header::SET_COOKIE, cookie);
        Ok(response)
    }

    fn session_answer(&self, session: &Session) -> Json<serde_json::Value> {
        let (access_key_id, _) = self.app.credentials.root();
        Json(json!({
            "logged_in": true,
            "access_key_id": access_key_id,
            "csrf": session.csrf().reveal(),
            "dev": self.dev,
        }))
    }
}
