//! A request to STS from its arrival to its answer: read, find out who sent it, verify, carry out once.

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::{CACHE_CONTROL, DATE, SERVER};
use http::{HeaderName, HeaderValue, StatusCode};
use ossicle_protocol::sts::{
    Action, Answer, CallerIdentity, Fault, FaultCode, Format, IdentityType, Presented, presented,
};
use tracing::Instrument as _;

use super::assume_role::assume_role;
use super::internal_error::internal;
use crate::access::auth::KeyFault;
use crate::access::identity::{Identity, IdentityKind};
use crate::access::role_sessions::SessionFault;
use crate::access::token::TokenFault;
use crate::app::{self, App};
use crate::http::body::{BodyError, RequestBody};
use crate::http::framing;
use crate::http::listener::Service;
use crate::http::reply::{Reply, ReplyBody};
use crate::oss::request::Request;

/// The longest body. All parameters at their longest, encoded, fit.
const MAX_BODY: usize = 64 * 1024;
/// The name under which metrics count what could not be read.
const UNKNOWN_ACTION: &str = "-";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-acs-request-id");

/// STS on a listener of its own.
pub(crate) struct StsService(Arc<App>);

impl StsService {
    pub(crate) fn new(app: Arc<App>) -> Self {
        Self(app)
    }
}

impl Service for StsService {
    type Body = ReplyBody;
    const ANSWERS_HALF_CLOSED: bool = true;

    async fn answer(
        self: Arc<Self>,
        peer: SocketAddr,
        head: http::request::Parts,
        body: RequestBody,
    ) -> http::Response<ReplyBody> {
        let request = Request::new(&self.0, peer, head);
        answer(&self.0, &request, body).await
    }
}

/// Returns whether STS is asked under this host: `sts.aliyuncs.com`, or that of a region, inside its network or not.
pub(crate) fn is_host(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _port)| name).to_ascii_lowercase();
    let Some(service) = name.strip_suffix(".aliyuncs.com") else { return false };
    match service.split_once('.') {
        None => service == "sts",
        // A bucket may be called `sts`: its region's name begins with `oss-`.
        Some(("sts" | "sts-vpc", region)) => !region.contains('.') && !region.starts_with("oss"),
        Some(_) => false,
    }
}

/// Answers a request.
pub(crate) async fn answer(app: &App, request: &Request, body: RequestBody) -> http::Response<ReplyBody> {
    let _in_flight = app.metrics.begin();
    let span = tracing::error_span!("request", request_id = %request.id);
    let (format, outcome) = carry_out(app, request, body).instrument(span).await;
    let id = request.id.to_string();
    let (status, action, document) = match outcome {
        Ok((action, answer)) => (StatusCode::OK, action, answer.render(format, &id)),
        Err(fault) => (fault.status(), UNKNOWN_ACTION, fault.render(format, &id, &request.host)),
    };
    let reply = Reply::new(status)
        .with_body(format.content_type(), document)
        .with_header(SERVER, HeaderValue::from_static("Ossicle"))
        .with_header(DATE, request.now.http_date())
        .with_header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
        .with_header(REQUEST_ID, id);
    app.metrics.request(action, reply.status(), request.started.elapsed(), reply.body_length());
    let mut response = reply.into_response();
    app.header_case.apply(&mut response);
    response
}

/// Carries a request out, and says in which format its sender wants to be answered.
async fn carry_out(
    app: &App,
    request: &Request,
    body: RequestBody,
) -> (Format, Result<(&'static str, Answer), Fault>) {
    let head = &request.head;
    let body = match (framing::check(head.version, &head.headers), body.read(MAX_BODY).await) {
        (Ok(()), Ok(body)) => body,
        (Err(fault), _) => {
            let fault = Fault::with_message(FaultCode::InvalidParameter, fault.message());
            return (Format::Xml, Err(fault));
        }
        (_, Err(BodyError::TooLong { .. })) => return (Format::Xml, Err(FaultCode::BodyTooLarge.into())),
        (_, Err(error)) => {
            let fault = Fault::with_message(FaultCode::InvalidParameter, &error.to_string());
            return (Format::Xml, Err(fault));
        }
    };
    let asked = ossicle_protocol::sts::Request {
        method: &head.method,
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        headers: &head.headers,
        body: &body,
    };
    let outcome = match presented(&asked) {
        Ok(presented) => serve(app, request, presented).await,
        Err(fault) => Err(fault),
    };
    (asked.format(), outcome)
}

/// Finds out who sent the request, verifies it, and does what it asks for.
async fn serve(app: &App, request: &Request, presented: Presented) -> Result<(&'static str, Answer), Fault> {
    let caller = caller(app, request, &presented).await?;
    let verified = presented.verify(&caller.secret, request.now)?;
    app.sts_nonces.take(&app.store, &caller, &verified, request.now).await?;
    let answer = match &verified.action {
        Action::AssumeRole(asked) => Answer::AssumeRole(assume_role(app, request, &caller, asked).await?),
        Action::GetCallerIdentity => Answer::GetCallerIdentity(caller_identity(&caller)),
        _ => return Err(FaultCode::InvalidAction.into()),
    };
    Ok((verified.action.name(), answer))
}

/// Looks up who holds the key that the request names.
async fn caller(app: &App, request: &Request, presented: &Presented) -> Result<Arc<Identity>, Fault> {
    let (id, token) = (presented.access_key_id(), presented.security_token());
    let found = app.credentials.look_up((&app.store).into(), id, token, request.now).await;
    let caller = found.map_err(|error| internal(&error))?;
    caller.map_err(|fault| {
        Fault::new(match fault {
            KeyFault::Unknown | KeyFault::Session(SessionFault::IssuerGone) => FaultCode::AccessKeyNotFound,
            KeyFault::Disabled => FaultCode::AccessKeyInactive,
            KeyFault::TokenMissing => FaultCode::MissingSecurityToken,
            KeyFault::NotTemporary | KeyFault::Session(SessionFault::Token(TokenFault::OtherKey)) => {
                FaultCode::SecurityTokenMismatch
            }
            KeyFault::Session(SessionFault::Token(TokenFault::Expired)) => FaultCode::SecurityTokenExpired,
            KeyFault::Session(SessionFault::Token(TokenFault::Malformed) | SessionFault::RoleGone) => {
                FaultCode::SecurityTokenMalformed
            }
        })
    })
}

fn caller_identity(caller: &Identity) -> CallerIdentity {
    let identity = match &caller.kind {
        IdentityKind::Root => IdentityType::Account,
        IdentityKind::User { id, .. } => IdentityType::RamUser { user_id: id.clone() },
        IdentityKind::RoleSession { role, session, .. } => {
            IdentityType::AssumedRoleUser { role_id: role.id.clone(), session_name: session.clone() }
        }
    };
    CallerIdentity { identity, account_id: caller.account.to_string(), arn: caller.arn() }
}

/// Makes the whole message that is sent where no request is served.
pub(crate) fn malformed_answer(app: &App, status: StatusCode) -> Vec<u8> {
    let now = app::now();
    let request_id = app.request_ids.next(now);
    let (status, fault) = match status {
        StatusCode::SERVICE_UNAVAILABLE => (status, Fault::new(FaultCode::Throttling)),
        status => {
            let message = "The request is not valid HTTP/1.1.";
            (status, Fault::with_message(FaultCode::InvalidParameter, message))
        }
    };
    let body = fault.render(Format::Xml, &request_id.to_string(), "");
    format!(
        "HTTP/1.1 {} {}\r\nServer: Ossicle\r\nDate: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\
         Connection: close\r\nx-acs-request-id: {request_id}\r\n\r\n{body}",
        status.as_u16(),
        status.canonical_reason().unwrap_or("Error"),
        now.http_date(),
        Format::Xml.content_type(),
        body.len(),
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn sts_has_its_host_names() {
        for host in [
            "sts.aliyuncs.com",
            "STS.aliyuncs.com:443",
            "sts.cn-hangzhou.aliyuncs.com",
            "sts-vpc.cn-hangzhou.aliyuncs.com:9000",
        ] {
            assert!(is_host(host), "{host}");
        }
        for host in [
            "",
            "localhost:9000",
            "sts.oss-cn-hangzhou.aliyuncs.com",
            "sts.oss.aliyuncs.com",
            "sts.localhost",
            "sts.aliyuncs.com.example.com",
            "a.sts.aliyuncs.com",
            "aliyuncs.com",
            "ecs.cn-hangzhou.aliyuncs.com",
        ] {
            assert!(!is_host(host), "{host}");
        }
    }
}
