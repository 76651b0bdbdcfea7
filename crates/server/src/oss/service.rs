//! The life of a request: address, route, authenticate, authorize, run the operation, and complete the headers of its answer.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;

use http::header::{DATE, LOCATION, SERVER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use ossicle_protocol::sign::{self, CanonicalRequest, SignedRequest};
use ossicle_protocol::{
    Addressed, Error, ErrorCode, NotRouted, Operation, Query, Target, inputs, route, shortened,
};
use ossicle_store::Visit;
use tokio::sync::OnceCell;
use tracing::Instrument as _;

use crate::access::auth::Caller;
use crate::access::authorize::authorize;
use crate::access::directory::IdentitiesOf;
use crate::app::{self, App};
use crate::http::body::RequestBody;
use crate::http::framing;
use crate::http::listener::Service;
use crate::http::reply::{Reply, ReplyBody};
use crate::observe::access_log;
use crate::oss::call::Call;
use crate::oss::configurations::bucket_website::{Instead, Shown};
use crate::oss::configurations::{
    bucket_cors, bucket_https_config, bucket_referer, bucket_request_payment, bucket_website,
};
use crate::oss::failure::{self, Failure};
use crate::oss::object_lookup;
use crate::oss::ops;
use crate::oss::public_key;
use crate::oss::request::Request;
use crate::oss::settings::BucketSettings;
use crate::sts;

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
        let request = Request::new(&self, peer, head);
        if sts::service::is_host(&request.host) {
            return sts::service::answer(&self, &request, body).await;
        }
        let _in_flight = self.metrics.begin();
        let span = tracing::error_span!("request", request_id = %request.id);
        let served = self.serve(&request, body).instrument(span).await;
        if let Some(error) = &served.error {
            failure::log(error, request.id, served.known.name());
        }
        self.finish(&request, served)
    }
}

/// What became of a request.
struct Served {
    known: Known,
    reply: Reply,
    /// Why it was not done, if it was not.
    error: Option<Error>,
}

/// What became known of a request by the time it was answered, for the log and the metrics.
#[derive(Default)]
struct Known {
    /// What OSS calls the operation that the request asks for, whether or not it is built.
    name: Option<&'static str>,
    operation: Option<Operation>,
    caller: Option<Caller>,
    target: Option<Target>,
    settings: Option<Arc<BucketSettings>>,
}

impl Known {
    fn learn(&mut self, routed: &Result<Operation, NotRouted>) {
        match routed {
            Ok(operation) => (self.operation, self.name) = (Some(*operation), Some(operation.name())),
            Err(refused) => (self.operation, self.name) = (None, refused.operation),
        }
    }

    fn name(&self) -> &'static str {
        self.name.unwrap_or("-")
    }
}

/// One reading of a request's address: what is known of the request by it, and the call that it makes, unless it is refused.
struct Reading {
    known: Known,
    call: Result<Call, Failure>,
}

impl Reading {
    fn refused(failure: impl Into<Failure>) -> Self {
        Self { known: Known::default(), call: Err(failure.into()) }
    }

    /// Returns whether the reading is the one that its sender means: it makes a call, or somebody signed for it.
    fn is_meant(&self) -> bool {
        self.call.is_ok() || self.known.caller.is_some()
    }
}

impl App {
    /// Serves a request. Whatever goes wrong is an answer, too.
    async fn serve(self: &Arc<Self>, request: &Request, body: RequestBody) -> Served {
        let (known, outcome) = self.carry_out(request, body).await;
        let outcome = outcome.and_then(|reply| {
            let counted = reply.counted_by(&self.answer_memory);
            counted.ok_or_else(|| ErrorCode::ServiceUnavailable.into())
        });
        let (reply, error) = match outcome {
            Ok(reply) => (reply, None),
            Err(failure) => {
                let error = failure.into_oss();
                let is_head = request.head.method == Method::HEAD;
                (failure::reply(&error, is_head, request.id, &request.host), Some(error))
            }
        };
        let reply = self.with_cors(reply, &request.head, &known);
        Served { known, reply, error }
    }

    /// Does what a request asks for.
    async fn carry_out(
        self: &Arc<Self>,
        request: &Request,
        body: RequestBody,
    ) -> (Known, Result<Reply, Failure>) {
        if let Err(fault) = framing::check(request.head.version, &request.head.headers) {
            return (Known::default(), Err(fault.into()));
        }
        if let Some(reply) = public_key::reply(self, &request.head, &request.host).await {
            return (Known::default(), Ok(reply));
        }
        let Reading { known, call } = self.admit(request).await;
        match call {
            Ok(call) => (known, run_or_visit(call, body).await),
            Err(failure) => (known, Err(failure)),
        }
    }

    /// Finds out what the request is about and who sent it.
    ///
    /// One SDK names the bucket both in the host and in the path. Both readings are candidates, and the signature tells
    /// which is meant; an anonymous request means the first that makes sense.
    async fn admit(self: &Arc<Self>, request: &Request) -> Reading {
        let query = match Query::parse(request.head.uri.query().unwrap_or("")) {
            Ok(query) => query,
            Err(error) => return Reading::refused(error),
        };
        let (host, path) = (request.host(), request.head.uri.path());
        let alternative = self.addressing.alternative(host, path);
        let addressed = match (self.addressing.resolve(host, path), &alternative) {
            (Ok(addressed), _) => addressed,
            (Err(_), Some(addressed)) => addressed.clone(),
            (Err(error), None) => {
                return Reading::refused(missing_if_ill_formed(error, &request.head.method));
            }
        };
        let first = self.admit_as(request, &addressed, &query).await;
        let Some(other) = alternative.filter(|other| !first.is_meant() && other.target != addressed.target)
        else {
            return first;
        };
        let second = self.admit_as(request, &other, &query).await;
        // Who signed for this reading is told what is wrong with it.
        if second.is_meant() { second } else { first }
    }

    /// Admits the request under one reading of its address.
    async fn admit_as(self: &Arc<Self>, request: &Request, addressed: &Addressed, query: &Query) -> Reading {
        let mut known = Known { target: Some(addressed.target.clone()), ..Known::default() };
        let call = self.identify(request, addressed, query, &mut known).await;
        Reading { known, call }
    }

    /// Makes a call of the request, which then is what it claims to be. What its sender may do is still open. Nothing after
    /// this reads the request as it came: target, query and head of the call are those that the signature covers.
    async fn identify(
        self: &Arc<Self>,
        request: &Request,
        addressed: &Addressed,
        query: &Query,
        known: &mut Known,
    ) -> Result<Call, Failure> {
        let head = &request.head;
        let target = &addressed.target;
        let asked = SignedRequest { method: &head.method, target, query, headers: &head.headers };
        let claimed = route(asked.method, target, query, asked.headers);
        known.learn(&claimed);
        let seen = known.operation;
        let (settings, visit) = self.existing_bucket(target, query, seen).await?;
        known.settings.clone_from(&settings);
        let claim = match &claimed {
            // A form carries its own signature, and a preflight none.
            Ok(Operation::Preflight | Operation::PostObject) => None,
            _ => sign::claim(&asked)?,
        };
        let (canonical, caller, signed_url) = match claim {
            None => (CanonicalRequest::unsigned(&asked), Caller::Anonymous, false),
            Some(claim) => {
                let signed_url = claim.presented().is_query();
                let identities = IdentitiesOf { store: &self.store, version: visit.identity_version };
                let verified = self.credentials.verify(identities, claim, request.client, request.now);
                let (identified, identity) = verified.await?;
                (identified.request, Caller::Signed(identity), signed_url)
            }
        };
        let operation = match (&canonical.query, &canonical.headers) {
            (Cow::Borrowed(_), Cow::Borrowed(_)) => claimed,
            _ => route(asked.method, canonical.target, &canonical.query, &canonical.headers),
        };
        if operation.is_ok() || caller.identity().is_some() {
            known.caller = Some(caller.clone());
        }
        known.learn(&operation);
        let operation = operation?;
        // What was looked up on the way is what the call would look up, if it is for the same.
        let object = visit.object.filter(|_| seen == Some(operation) && *canonical.target == *target);
        let object = object.map(|object| object.map(object_lookup::in_version));
        let head = match &canonical.headers {
            Cow::Borrowed(_) => Arc::clone(head),
            Cow::Owned(headers) => Arc::new(with_headers(head, headers.clone())),
        };
        Ok(Call {
            app: Arc::clone(self),
            operation,
            target: canonical.target.clone(),
            style: addressed.style,
            scheme: request.scheme,
            tls: request.tls,
            query: canonical.query.into_owned(),
            head,
            caller,
            signed_url,
            request_id: request.id,
            host_id: Arc::clone(&request.host),
            client_ip: request.client.ip,
            now: request.now,
            settings,
            object: OnceCell::new_with(object),
        })
    }

    /// Looks the bucket up, and what is set on it. One that does not exist is told before the access key is looked at, as OSS
    /// does, and before what is not built; creating one is the exception.
    async fn existing_bucket(
        &self,
        target: &Target,
        query: &Query,
        operation: Option<Operation>,
    ) -> Result<(Option<Arc<BucketSettings>>, Visit), Failure> {
        let Some(name) = target.bucket() else { return Ok((None, Visit::default())) };
        let sought = object_lookup::sought(operation, target, query);
        let (settings, visit) = self.settings.visit(&self.store, name.as_str(), sought).await?;
        let may_lack =
            matches!(operation, Some(Operation::PutBucket | Operation::PutBucketAcl | Operation::Preflight));
        if settings.is_none() && !may_lack {
            return Err(Error::new(ErrorCode::NoSuchBucket).with_detail("BucketName", name.as_str()).into());
        }
        Ok((settings, visit))
    }

    /// Adds the CORS headers: a browser may read an answer only if a CORS rule of the bucket says so.
    fn with_cors(&self, reply: Reply, head: &http::request::Parts, known: &Known) -> Reply {
        if known.target.as_ref().and_then(Target::bucket).is_none() {
            return reply;
        }
        let rules = known.settings.as_ref().and_then(|settings| settings.cors().ok().flatten());
        if known.operation == Some(Operation::Preflight) {
            return bucket_cors::apply_vary(rules, reply);
        }
        bucket_cors::apply_actual(self, rules, head.method.as_str(), &head.headers, reply)
    }

    /// Completes the answer, and tells the metrics and the access log of it.
    fn finish(&self, request: &Request, served: Served) -> http::Response<ReplyBody> {
        let Served { known, reply, error } = served;
        let elapsed = request.started.elapsed();
        let reply = reply
            .with_header(SERVER, HeaderValue::from_static("Ossicle"))
            .with_header(DATE, request.now.http_date())
            .with_header(REQUEST_ID, request.id.to_string())
            .with_header(
                SERVER_TIME,
                HeaderValue::from(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)),
            );
        self.metrics.request(known.name(), reply.status(), elapsed, reply.body_length());
        if known.operation.is_some_and(is_upload) {
            let (operation, status) = (known.name(), reply.status().as_u16());
            let target = shortened(request.head.uri.path(), LOGGED_TARGET_LIMIT);
            tracing::debug!(target: "ossicle::uploads", request_id = %request.id, status, ?elapsed, "{operation} {target}");
        }
        self.access_log.write(&access_log::Line {
            now: request.now,
            client_ip: request.client.ip,
            head: &request.head,
            status: reply.status(),
            answered: reply.headers(),
            sent: reply.body_length(),
            elapsed,
            request_id: request.id,
            host: &request.host,
            bucket_owner: known.settings.as_ref().map(|settings| settings.bucket().owner.as_str()),
            caller: known.caller.as_ref(),
            operation: known.operation,
            operation_name: known.name(),
            target: known.target.as_ref(),
            error: error.as_ref().map(Error::code),
        });
        let mut response = reply.into_response();
        hide_headers(&known, &mut response);
        self.header_case.apply(&mut response);
        response
    }
}

/// Takes the headers away that answers about the bucket do not have.
fn hide_headers(known: &Known, response: &mut http::Response<ReplyBody>) {
    let Some(settings) = known.settings.as_deref() else { return };
    // A document that cannot be read hides nothing.
    let Ok(Some(configuration)) = settings.response_header() else { return };
    for name in configuration.hidden(known.name()) {
        response.headers_mut().remove(name);
    }
}

/// Runs the call. A visit to a website, which may ask for several pages, is kept apart: what others wait for stays small.
async fn run_or_visit(call: Call, body: RequestBody) -> Result<Reply, Failure> {
    match bucket_website::is_visited(&call)? {
        false => run(&call, body).await,
        true => Box::pin(visit(call, body)).await,
    }
}

/// Runs the call of a visit, or what the website answers instead.
async fn visit(call: Call, body: RequestBody) -> Result<Reply, Failure> {
    let (of_folder, of_another) = (body.nothing(), body.nothing());
    let call = bucket_website::page_of_folder(&call)?.unwrap_or(call);
    let answer = run(&call, body).await.map_err(Failure::into_oss);
    let (status, code) = match &answer {
        Ok(reply) => (reply.status(), None),
        Err(error) => (error.status(), Some(error.code())),
    };
    match bucket_website::instead(&call, status, code)? {
        Instead::Nothing => {}
        Instead::Redirect(reply) => return Ok(reply),
        Instead::Page(page, shown) => {
            if let Ok(reply) = run(&page, of_folder).await {
                return Ok(match shown {
                    Shown::WithStatus(status) => reply.with_status(status),
                    Shown::At(folder) => Reply::new(StatusCode::FOUND).with_header(LOCATION, folder),
                });
            }
        }
    }
    if let Some((page, status)) = bucket_website::error_page(&call, code)?
        && let Ok(reply) = run(&page, of_another).await
    {
        return Ok(reply.with_status(status));
    }
    Ok(answer?)
}

/// Runs the operation of a call that may be run.
async fn run(call: &Call, body: RequestBody) -> Result<Reply, Failure> {
    bucket_https_config::check(call)?;
    bucket_referer::check(call)?;
    bucket_request_payment::check(call)?;
    authorize(call).await?;
    inputs::refuse(call.operation, &call.query, &call.head.headers)?;
    let reply = ops::run(call, body).await?;
    Ok(bucket_request_payment::apply_charged(call, reply))
}

/// Turns the refusal of a name that no bucket can have into that of a missing bucket; only who would create it is told what is
/// wrong with the name.
fn missing_if_ill_formed(error: Error, method: &Method) -> Error {
    if error.code() != ErrorCode::InvalidBucketName || method == Method::PUT {
        return error;
    }
    let missing = Error::new(ErrorCode::NoSuchBucket);
    error.details().fold(missing, |missing, (name, value)| missing.with_detail(name, value))
}

fn is_upload(operation: Operation) -> bool {
    use Operation::{AppendObject, CompleteMultipartUpload, PostObject, PutObject};
    matches!(operation, PutObject | PostObject | CompleteMultipartUpload | AppendObject)
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

/// Makes the whole message that is sent where no request is served: in the place of hyper's own answer to what is not HTTP,
/// after a head that does not come to its end, and when there are too many connections.
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
    let retry_after = match status {
        StatusCode::SERVICE_UNAVAILABLE => format!("Retry-After: {}\r\n", failure::RETRY_AFTER_S),
        _ => String::new(),
    };
    format!(
        "HTTP/1.1 {} {}\r\nServer: Ossicle\r\nDate: {}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\
         Connection: close\r\nx-oss-request-id: {request_id}\r\n{ec}{retry_after}x-oss-server-time: 0\r\n\r\n{body}",
        status.as_u16(),
        status.canonical_reason().unwrap_or("Error"),
        now.http_date(),
        body.len(),
    )
    .into_bytes()
}
