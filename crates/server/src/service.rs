//! The life of a request: address, route, authenticate, authorize, run the operation, and dress its answer.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use http::header::{DATE, HOST, SERVER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use ossicle_protocol::sign::{CanonicalRequest, Client, Identified, SignedRequest};
use ossicle_protocol::{
    AddressStyle, Addressed, Error, ErrorCode, Operation, Query, Target, Timestamp, inputs, route, shortened,
};
use ossicle_store::Bucket;
use tracing::Instrument as _;

use crate::app::{self, App};
use crate::auth::Caller;
use crate::authorize::authorize;
use crate::call::Call;
use crate::http::body::RequestBody;
use crate::http::framing::{self, Misframed};
use crate::http::listener::Service;
use crate::http::reply::{Reply, ReplyBody};
use crate::request_id::RequestId;
use crate::{access_log, failure, ops, public_key};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-oss-request-id");
const SERVER_TIME: HeaderName = HeaderName::from_static("x-oss-server-time");

/// The longest path in the server's own log.
const LOGGED_TARGET_LIMIT: usize = 1024;

impl Service for App {
    type Body = ReplyBody;
    const ANSWERS_HALF_CLOSED: bool = true;

    async fn answer(
        self: Arc<Self>,
        peer: SocketAddr,
        head: http::request::Parts,
        body: RequestBody,
    ) -> http::Response<ReplyBody> {
        let (started, head) = (Instant::now(), Arc::new(head));
        let _in_flight = self.metrics.begin();
        let now = app::now();
        let request_id = self.request_ids.next(now);
        let mut seen = Seen::default();
        let host_id = host_of(&head).unwrap_or_default();
        let client_ip = client_ip(&self, peer, &head.headers);
        let span = tracing::error_span!("request", %request_id);
        let outcome =
            self.handle(&head, body, request_id, now, client_ip, &host_id, &mut seen).instrument(span).await;
        let outcome = outcome.and_then(|reply| reply.counted_by(&self.answer_memory));
        let error = outcome.as_ref().err().map(Error::code);
        let reply = match outcome {
            Ok(reply) => reply,
            Err(error) => {
                failure::log(&error, request_id, seen.name());
                failure::reply(&error, head.method == Method::HEAD, request_id, &host_id)
            }
        };
        let reply = self.with_cors(reply, &head, &seen);
        let elapsed = started.elapsed();
        let reply = reply
            .with_header(SERVER, HeaderValue::from_static("Ossicle"))
            .with_header(DATE, now.http_date())
            .with_header(REQUEST_ID, request_id.to_string())
            .with_header(
                SERVER_TIME,
                HeaderValue::from(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)),
            );
        self.metrics.request(seen.name(), reply.status(), elapsed, reply.body_length());
        if seen.operation.is_some_and(is_upload) {
            let (operation, status) = (seen.name(), reply.status().as_u16());
            let target = shortened(head.uri.path(), LOGGED_TARGET_LIMIT);
            tracing::debug!(target: "ossicle::uploads", %request_id, status, ?elapsed, "{operation} {target}");
        }
        self.access_log.write(&access_log::Line {
            now,
            client_ip,
            head: &head,
            status: reply.status(),
            answered: reply.headers(),
            sent: reply.body_length(),
            elapsed,
            request_id,
            host: &host_id,
            owner_id: self.owner_id(),
            caller: seen.caller.as_ref(),
            operation: seen.operation,
            target: seen.target.as_ref(),
            error,
        });
        let mut response = reply.into_response();
        self.header_case.apply(&mut response);
        response
    }
}

/// What became known of a request before it was answered, for the log and the metrics.
#[derive(Default)]
struct Seen {
    operation: Option<Operation>,
    caller: Option<Caller>,
    target: Option<Target>,
}

impl Seen {
    fn name(&self) -> &'static str {
        self.operation.map_or("-", Operation::name)
    }
}

/// A request that is what it claims to be. What its sender may do is still open. From here on nothing reads the request
/// as it came: target, query and head are those that the signature covers.
struct Admitted {
    target: Target,
    style: AddressStyle,
    query: Query,
    head: Arc<http::request::Parts>,
    operation: Operation,
    bucket: Option<Arc<Bucket>>,
    caller: Caller,
}

impl App {
    #[expect(clippy::too_many_arguments, reason = "the parts of one request, each used once")]
    async fn handle(
        self: &Arc<Self>,
        head: &Arc<http::request::Parts>,
        body: RequestBody,
        request_id: RequestId,
        now: Timestamp,
        client_ip: IpAddr,
        host_id: &str,
        seen: &mut Seen,
    ) -> Result<Reply, Error> {
        framing::check(head.version, &head.headers).map_err(misframed)?;
        if let Some(reply) = public_key::reply(self, head, host_id) {
            return Ok(reply);
        }
        let query = Query::parse(head.uri.query().unwrap_or(""))?;
        let client = Client { ip: client_ip, forwarded: is_forwarded(self, client_ip, &head.headers) };
        let admitted = self.admit(head, host_id, &query, client, now, seen)?;
        let Admitted { target, style, query, head, operation, bucket, caller } = admitted;
        let call = Call {
            app: Arc::clone(self),
            operation,
            target,
            style,
            query,
            head,
            caller,
            request_id,
            host_id: host_id.to_owned(),
            client_ip,
            now,
            bucket,
        };
        authorize(&call)?;
        inputs::refuse(call.operation, &call.query, &call.head.headers)?;
        ops::run(call, body).await
    }

    /// Finds out what the request is about and who sent it.
    ///
    /// One SDK names the bucket both in the host and in the path. Both readings are candidates, and the signature tells
    /// which is meant; an anonymous request means the first that makes sense.
    fn admit(
        &self,
        head: &Arc<http::request::Parts>,
        host_id: &str,
        query: &Query,
        client: Client,
        now: Timestamp,
        seen: &mut Seen,
    ) -> Result<Admitted, Error> {
        let host = Some(host_id).filter(|host| !host.is_empty());
        let alternative = self.addressing.alternative(host, head.uri.path());
        let addressed = match (self.addressing.resolve(host, head.uri.path()), &alternative) {
            (Ok(addressed), _) => addressed,
            (Err(_), Some(addressed)) => addressed.clone(),
            (Err(error), None) => return Err(missing_if_ill_formed(error, &head.method)),
        };
        let refusal = match self.admit_as(&addressed, head, query, client, now, seen) {
            Ok(admitted) => return Ok(admitted),
            Err(error) => error,
        };
        let Some(other) =
            alternative.filter(|other| seen.caller.is_none() && other.target != addressed.target)
        else {
            return Err(refusal);
        };
        let mut seen_other = Seen::default();
        match self.admit_as(&other, head, query, client, now, &mut seen_other) {
            // Who signed for this reading is told what is wrong with it.
            Err(_) if seen_other.caller.is_none() => Err(refusal),
            outcome => {
                *seen = seen_other;
                outcome
            }
        }
    }

    /// Admits the request under one reading of its address.
    fn admit_as(
        &self,
        addressed: &Addressed,
        head: &Arc<http::request::Parts>,
        query: &Query,
        client: Client,
        now: Timestamp,
        seen: &mut Seen,
    ) -> Result<Admitted, Error> {
        let Addressed { target, style } = addressed;
        seen.target = Some(target.clone());
        let asked = SignedRequest { method: &head.method, target, query, headers: &head.headers };
        let claimed = route(asked.method, target, query, asked.headers);
        seen.operation = claimed.as_ref().ok().copied();
        let bucket = self.existing_bucket(target, seen.operation)?;
        let Identified { request, signed } = match &claimed {
            // A form carries its own signature, and a preflight none.
            Ok(Operation::Preflight | Operation::PostObject) => {
                Identified { request: CanonicalRequest::unsigned(&asked), signed: None }
            }
            _ => self.credentials.identify(&asked, client, now)?,
        };
        let operation = match (&request.query, &request.headers) {
            (Cow::Borrowed(_), Cow::Borrowed(_)) => claimed,
            _ => route(asked.method, request.target, &request.query, &request.headers),
        };
        let caller = signed.as_ref().map_or(Caller::Anonymous, Caller::owner);
        if operation.is_ok() || signed.is_some() {
            seen.caller = Some(caller.clone());
        }
        let operation = operation?;
        seen.operation = Some(operation);
        let head = match &request.headers {
            Cow::Borrowed(_) => Arc::clone(head),
            Cow::Owned(headers) => Arc::new(with_headers(head, headers.clone())),
        };
        let target = request.target.clone();
        let query = request.query.into_owned();
        Ok(Admitted { target, style: *style, query, head, operation, bucket, caller })
    }

    /// Looks the bucket up. One that does not exist is told before the access key is looked at, as OSS does, and before
    /// what is not built; creating one is the exception.
    fn existing_bucket(
        &self,
        target: &Target,
        operation: Option<Operation>,
    ) -> Result<Option<Arc<Bucket>>, Error> {
        let Some(name) = target.bucket() else { return Ok(None) };
        let bucket = self.store.bucket(name.as_str()).map_err(failure::from_store)?;
        let may_lack =
            matches!(operation, Some(Operation::PutBucket | Operation::PutBucketAcl | Operation::Preflight));
        if bucket.is_none() && !may_lack {
            return Err(Error::new(ErrorCode::NoSuchBucket).with_detail("BucketName", name.as_str()));
        }
        Ok(bucket)
    }

    /// A browser may read an answer only if a CORS rule of the bucket says so.
    fn with_cors(&self, reply: Reply, head: &http::request::Parts, seen: &Seen) -> Reply {
        let Some(bucket) = seen.target.as_ref().and_then(Target::bucket) else { return reply };
        let reply = crate::cors::vary_on_demand(self, bucket, reply);
        if seen.operation == Some(Operation::Preflight) {
            return reply;
        }
        crate::cors::dress_actual(self, bucket, head.method.as_str(), &head.headers, reply)
    }
}

/// A bucket whose name no bucket can have does not exist; only who would create it is told what is wrong with the name.
fn missing_if_ill_formed(error: Error, method: &Method) -> Error {
    if error.code() != ErrorCode::InvalidBucketName || method == Method::PUT {
        return error;
    }
    let missing = Error::new(ErrorCode::NoSuchBucket);
    error.details().fold(missing, |missing, (name, value)| missing.with_detail(name, value))
}

fn misframed(fault: Misframed) -> Error {
    let code = match fault {
        Misframed::NoHost | Misframed::SeveralHosts => ErrorCode::InvalidRequest,
        Misframed::Encoded => ErrorCode::NotImplemented,
    };
    Error::new(code).with_message(fault.message())
}

fn is_upload(operation: Operation) -> bool {
    use Operation::{AppendObject, CompleteMultipartUpload, PostObject, PutObject};
    matches!(operation, PutObject | PostObject | CompleteMultipartUpload | AppendObject)
}

/// The host as the client wrote it, from an absolute request target or from `Host`.
fn host_of(head: &http::request::Parts) -> Option<String> {
    let host = match head.uri.authority() {
        Some(authority) => authority.as_str(),
        None => head.headers.get(HOST)?.to_str().ok()?,
    };
    Some(host.to_owned())
}

/// The peer, or the address that a trusted proxy forwards for: the last entry that is not itself a trusted proxy.
pub(crate) fn client_ip(app: &App, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let trusted = |ip: IpAddr| app.config.server.trusted_proxies.iter().any(|network| network.contains(&ip));
    let mut client = peer.ip().to_canonical();
    if !trusted(client) {
        return client;
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in hops.into_iter().rev() {
        let Ok(ip) = hop.parse::<IpAddr>() else { break };
        client = ip.to_canonical();
        if !trusted(client) {
            break;
        }
    }
    client
}

/// Returns whether a request from `client` says that it was forwarded for somebody else: by a proxy that is not trusted.
fn is_forwarded(app: &App, client: IpAddr, headers: &HeaderMap) -> bool {
    let trusted = |ip: IpAddr| app.config.server.trusted_proxies.iter().any(|network| network.contains(&ip));
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops = forwarded.flat_map(|value| value.split(',')).map(str::trim).filter(|hop| !hop.is_empty());
    hops.filter_map(|hop| hop.parse::<IpAddr>().ok())
        .map(|ip| ip.to_canonical())
        .any(|ip| ip != client && !trusted(ip))
}

/// Returns the head with other headers.
fn with_headers(head: &http::request::Parts, headers: HeaderMap) -> http::request::Parts {
    let mut canonical = http::Request::new(()).into_parts().0;
    canonical.method = head.method.clone();
    canonical.uri = head.uri.clone();
    canonical.version = head.version;
    canonical.headers = headers;
    canonical
}

/// The whole message that is sent where no request is served: in the place of hyper's own answer to what is not HTTP, after
/// a head that does not come to its end, and when there are too many connections.
pub(crate) fn malformed_answer(app: &App, status: StatusCode) -> Vec<u8> {
    let now = app::now();
    let request_id = app.request_ids.next(now);
    let error = match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Error::new(ErrorCode::RequestHeaderFieldsTooLarge),
        StatusCode::URI_TOO_LONG => Error::new(ErrorCode::InvalidURI),
        StatusCode::REQUEST_TIMEOUT => Error::new(ErrorCode::RequestTimeout),
        StatusCode::SERVICE_UNAVAILABLE => Error::new(ErrorCode::ServiceUnavailable),
        _ => Error::new(ErrorCode::InvalidRequest).with_message("The request is not valid HTTP/1.1."),
    };
    if status == StatusCode::SERVICE_UNAVAILABLE {
        // There is a metric for it, and nobody is helped by thousands of lines.
        tracing::debug!(%request_id, "refused a connection: {}", error.message());
    } else {
        failure::log(&error, request_id, "-");
    }
    let body = error.to_xml(&request_id.to_string(), "ossicle");
    let status = error.status();
    let ec = match error.ec() {
        "" => String::new(),
        ec => format!("x-oss-ec: {ec}\r\n"),
    };
    format!(
        "HTTP/1.1 {} {}\r\nServer: Ossicle\r\nDate: {}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\
         Connection: close\r\nx-oss-request-id: {request_id}\r\n{ec}x-oss-server-time: 0\r\n\r\n{body}",
        status.as_u16(),
        status.canonical_reason().unwrap_or("Error"),
        now.http_date(),
        body.len(),
    )
    .into_bytes()
}
