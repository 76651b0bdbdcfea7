//! Access to the console for the holder of the access key, by a session or by HTTP Basic. Strangers' pages are
//! kept out by the name under which the console is asked, the origin of changes, and the headers of every answer.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, COOKIE, HeaderName};
use http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, header};
use ossicle_protocol::SecretKey;

use super::problem::Problem;
use super::sessions::Session;
use super::{Console, host};
use crate::app;
use crate::oss::failure::Failure;
use crate::oss::request;

/// The way in which a request was let in.
#[derive(Debug, Clone)]
pub(super) enum Access {
    /// By a session.
    Session(Session),
    /// By the access key itself, or without one as a developer's program.
    Key,
}

/// The header in which the page proves that it could read its token.
const CSRF: &str = "x-ossicle-csrf";

/// Lets a request pass that holds a session or the access key.
pub(super) async fn require(State(console): State<Console>, mut request: Request, next: Next) -> Response {
    match console.admit(request.method(), request.headers(), request.extensions()).await {
        Ok(access) => {
            let cookie = console.renewed_cookie(&access, request.headers());
            request.extensions_mut().insert(access);
            let mut response = next.run(request).await;
            if let Some(cookie) = cookie
                && !response.headers().contains_key(header::SET_COOKIE)
            {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// Answers under the names that the console knows, and no other.
pub(super) async fn refuse_strange_hosts(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Response {
    let host = host::host(request.headers());
    if host::is_known(host, &console.app.config.server.console_hosts) {
        return next.run(request).await;
    }
    let message = format!(
        "The console does not answer under the name \"{}\". If it is yours, add it to server.console_hosts.",
        host::name_of(host)
    );
    Problem::new(StatusCode::MISDIRECTED_REQUEST, "UnknownHost", message).into_response()
}

/// Keeps the page to itself: nothing from elsewhere runs in it, and nobody frames it.
pub(super) async fn add_security_headers(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Response {
    let endpoint = console.endpoint_for(request.headers());
    let is_asset = !request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: {endpoint}; \
         connect-src 'self' {endpoint}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    if !is_asset {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Answers for a path that the API does not have.
pub(super) async fn no_such_path() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "NoSuchPath", "The console's API has no such path or method.")
}

impl Console {
    async fn admit(
        &self,
        method: &Method,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Access, Problem> {
        if !host::is_own_page(headers) {
            return Err(strange_page());
        }
        if let Some((id, secret)) = basic(headers) {
            self.check_key(&id, &secret, self.client(headers, extensions)).await?;
            return Ok(Access::Key);
        }
        let cookie = match self.session_cookie(headers) {
            Some(cookie) => cookie,
            None if self.is_trusted_developer(headers, extensions) && !is_browser(headers) => {
                return Ok(Access::Key);
            }
            None => return Err(Problem::not_logged_in()),
        };
        let session = self.open_session(cookie).await?.ok_or_else(Problem::not_logged_in)?;
        if !method.is_safe() {
            let given = headers.get(CSRF).and_then(|token| token.to_str().ok()).unwrap_or("");
            // Browsers name the origin of every change: a request without one comes from a program.
            if !headers.contains_key(header::ORIGIN) || !session.csrf().matches(given) {
                let message = "The page that sent this did not prove to be the console. Load it again.";
                return Err(Problem::new(StatusCode::FORBIDDEN, "CsrfTokenMismatch", message));
            }
        }
        Ok(Access::Session(session))
    }

    /// Compares an access key in constant time, and slows down who guesses.
    pub(super) async fn check_key(&self, id: &str, secret: &str, client: IpAddr) -> Result<(), Problem> {
        let (root_id, root_secret) = self.app.credentials.root();
        if SecretKey::new(root_id).matches(id) & root_secret.matches(secret) {
            return Ok(());
        }
        tracing::warn!(%client, "failed log-in to the console");
        if let Some(pause) = self.failed_log_ins.add(id, client, app::now().unix_millis()) {
            self.failed_log_ins.hold_back(pause).await;
            return Err(Problem::too_many_failures(pause));
        }
        let message =
            "This access key id and secret do not belong together, or the server does not know them.";
        Err(Problem::new(StatusCode::UNAUTHORIZED, "WrongAccessKey", message))
    }

    /// Returns whether a request is let in without a log-in: in `ossicle dev`, from this machine, under a name of this
    /// machine, and through no proxy.
    pub(super) fn is_trusted_developer(&self, headers: &HeaderMap, extensions: &Extensions) -> bool {
        let proxied =
            ["forwarded", "x-forwarded-for", "x-real-ip"].iter().any(|name| headers.contains_key(*name));
        let peer = peer(extensions).map(|peer| peer.ip().to_canonical());
        self.dev
            && !proxied
            && peer.is_some_and(|ip| ip.is_loopback())
            && host::is_loopback(host::host(headers))
    }

    /// Returns the address that a request comes from.
    pub(super) fn client(&self, headers: &HeaderMap, extensions: &Extensions) -> IpAddr {
        peer(extensions)
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| request::client_ip(&self.app, peer, headers))
    }

    /// Opens the session of a cookie; none if it has ended or never was.
    pub(super) async fn open_session(&self, cookie: &str) -> Result<Option<Session>, Problem> {
        let now_ms = app::now().unix_millis();
        let Some(session) = self.sessions.open(cookie, now_ms) else { return Ok(None) };
        if !self.goes_on(&session).await? {
            return Ok(None);
        }
        // This server may not have been there when the session began.
        self.app.console_origins.admit(session.origin());
        Ok(Some(session))
    }

    /// Returns whether a session that was open has not ended since.
    pub(super) async fn goes_on(&self, session: &Session) -> Result<bool, Problem> {
        let now_ms = app::now().unix_millis();
        Ok(session.is_alive(now_ms) && !self.app.store.is_nonce_used(session.nonce(), now_ms).await?)
    }

    /// Returns a cookie in the place of one that has become old.
    fn renewed_cookie(&self, access: &Access, headers: &HeaderMap) -> Option<HeaderValue> {
        let Access::Session(session) = access else { return None };
        let renewed = session.renewed(app::now().unix_millis())?;
        self.cookie(&renewed, headers).ok()
    }

    /// Makes the cookie of a session.
    pub(super) fn cookie(&self, session: &Session, headers: &HeaderMap) -> Result<HeaderValue, Problem> {
        let sealed = self.sessions.seal(session);
        let sealed = sealed.map_err(|error| Failure::internal("a session cannot be sealed", &error))?;
        let secure = if session.origin().starts_with("https://") { "; Secure" } else { "" };
        let cookie = format!("{}={sealed}; Path=/; HttpOnly; SameSite=Strict{secure}", cookie_name(headers));
        HeaderValue::try_from(cookie)
            .map_err(|error| Failure::internal("a cookie is no header", &error).into())
    }

    /// Returns the session's cookie in a request.
    pub(super) fn session_cookie<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let name = cookie_name(headers);
        let cookies = headers.get_all(COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
        cookies
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(candidate, _)| *candidate == name)
            .map(|(_, id)| id)
    }
}

/// Returns the name of the session's cookie. It has the port under which the browser reaches the console, which cookies do not
/// tell apart: two consoles on one machine would end each other's sessions.
pub(super) fn cookie_name(headers: &HeaderMap) -> String {
    match host::port_of(host::host(headers)) {
        Some(port) => format!("ossicle_console_{port}"),
        None => "ossicle_console".to_owned(),
    }
}

/// Refuses the page of another site.
pub(super) fn strange_page() -> Problem {
    let message = "This request comes from a page that is not the console. Behind a proxy, pass the Host header on \
                   as it came.";
    Problem::new(StatusCode::FORBIDDEN, "StrangeOrigin", message)
}

/// Returns whether a browser sent the request, and with it perhaps a page of a stranger: browsers name the origin of
/// every change, and of what they fetch.
fn is_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer)
}

/// Returns the access key id and secret of HTTP Basic.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    pair.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}
