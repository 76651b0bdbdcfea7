//! `ossicle callback listen`: stands between a store and an application server, shows every callback, and passes it on.
//! The signature covers path, query and body, all of which go on unchanged, so it stays good.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use clap::Args;
use http::{HeaderMap, HeaderName, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ossicle_callback::{CallbackUrl, Scheme};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Exit, Format, print};
use crate::startup::StopSignals;

/// The most that a callback or its answer may have.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// Connections at once; more wait to be accepted.
const MOST_CONNECTIONS: usize = 256;

/// The store gives up after five seconds; waiting longer would help nobody.
const PATIENCE: Duration = Duration::from_secs(30);

/// The time that the head of a request may take.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);

/// Headers that belong to one connection and not to the message.
const HOP_BY_HOP: [&str; 4] = ["connection", "keep-alive", "transfer-encoding", "upgrade"];

/// Arguments of `ossicle callback listen`.
#[derive(Debug, Args)]
pub(super) struct Listen {
    /// The application server, such as http://127.0.0.1:8080. Its own path, if any, is put before the callback's.
    #[arg(long, value_name = "URL")]
    forward_to: String,
    /// Where callbacks arrive: name http://ADDR:PORT in callbackUrl.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9002")]
    listen: SocketAddr,
    /// Text for people, or one JSON object a line for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The relay of callbacks to a server, and the way in which they are shown.
struct Relay {
    authority: String,
    prefix: String,
    format: Format,
}

impl Listen {
    pub(super) async fn run(self) -> Result<(), Exit> {
        let relay = Arc::new(self.relay().map_err(Exit::unusable)?);
        let socket = TcpListener::bind(self.listen)
            .await
            .with_context(|| {
                format!("cannot listen on {}; choose another address with --listen", self.listen)
            })
            .map_err(Exit::unusable)?;
        let address = socket.local_addr().map_err(Exit::failed)?;
        let mut signals = StopSignals::register().map_err(Exit::failed)?;
        if self.format == Format::Text {
            print(&format!("listening on http://{address}, forwarding to {}\n", self.forward_to))?;
        }
        let seats = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        loop {
            let (seat, stream) = tokio::select! {
                accepted = accept(&socket, &seats) => accepted.map_err(Exit::failed)?,
                () = signals.wait() => return Ok(()),
            };
            let relay = Arc::clone(&relay);
            tokio::spawn(async move {
                let _seat = seat;
                let service = service_fn(|request| relay.take(request));
                let served = server::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEAD_PATIENCE)
                    .serve_connection(TokioIo::new(stream), service);
                if let Err(error) = served.await {
                    tracing::debug!(%error, "connection ended");
                }
            });
        }
    }

    fn relay(&self) -> anyhow::Result<Relay> {
        let url = CallbackUrl::parse(&self.forward_to)
            .with_context(|| format!("--forward-to {}", self.forward_to))?;
        if url.scheme() == Scheme::Https {
            return Err(anyhow!(
                "--forward-to takes an http URL: it is meant for an application server on this machine"
            ));
        }
        let prefix =
            url.request_target().split('?').next().unwrap_or_default().trim_end_matches('/').to_owned();
        Ok(Relay { authority: format!("{}:{}", url.host(), url.port()), prefix, format: self.format })
    }
}

/// Accepts the next connection, once there is room for it.
async fn accept(
    socket: &TcpListener,
    seats: &Arc<Semaphore>,
) -> anyhow::Result<(OwnedSemaphorePermit, TcpStream)> {
    let seat = Arc::clone(seats).acquire_owned().await?;
    let (stream, _) = socket.accept().await?;
    Ok((seat, stream))
}

impl Relay {
    async fn take(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
        let started = Instant::now();
        let (head, body) = request.into_parts();
        let answer = match tokio::time::timeout(PATIENCE, Limited::new(body, BODY_LIMIT).collect()).await {
            Err(_) => failure(StatusCode::REQUEST_TIMEOUT, "the callback did not come to its end in time"),
            Ok(Err(_)) => failure(StatusCode::BAD_REQUEST, "the callback is too long or broke off"),
            Ok(Ok(body)) => {
                let body = body.to_bytes();
                let forwarded = tokio::time::timeout(PATIENCE, self.forward(&head, body.clone())).await;
                let answer = match forwarded {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(error)) => failure(StatusCode::BAD_GATEWAY, &format!("cannot forward: {error:#}")),
                    Err(_) => failure(StatusCode::GATEWAY_TIMEOUT, "the application server did not answer"),
                };
                self.show(&head, &body, &answer, started.elapsed());
                answer
            }
        };
        let (status, headers, body) = answer;
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    async fn forward(&self, head: &http::request::Parts, body: Bytes) -> anyhow::Result<Answer> {
        let stream = TcpStream::connect(&self.authority).await.with_context(|| self.authority.clone())?;
        let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(connection);
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let mut request =
            Request::builder().method(head.method.clone()).uri(format!("{}{target}", self.prefix));
        if let Some(headers) = request.headers_mut() {
            *headers = end_to_end(&head.headers);
        }
        let response = sender.send_request(request.body(Full::new(body))?).await?;
        let (status, headers) = (response.status(), end_to_end(response.headers()));
        let body = Limited::new(response.into_body(), BODY_LIMIT).collect().await;
        driver.abort();
        let body = body.map_err(|error| anyhow!("the answer broke off: {error}"))?.to_bytes();
        Ok((status, headers, body))
    }

    fn show(&self, head: &http::request::Parts, body: &Bytes, answer: &Answer, elapsed: Duration) {
        let (status, headers, answered) = answer;
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let (body, answered) = (String::from_utf8_lossy(body), String::from_utf8_lossy(answered));
        let text = match self.format {
            Format::Json => {
                let shown = json!({
                    "request": { "method": head.method.as_str(), "target": target, "headers": pairs(&head.headers), "body": body },
                    "response": { "status": status.as_u16(), "headers": pairs(headers), "body": answered },
                    "milliseconds": elapsed.as_secs_f64() * 1000.0,
                });
                format!("{shown}\n")
            }
            Format::Text => {
                let mut text = format!("\n{} {target}\n", head.method);
                for (name, value) in pairs(&head.headers) {
                    // Writing to a string cannot fail.
                    let _ = writeln!(text, "{name}: {value}");
                }
                let _ = writeln!(
                    text,
                    "\n{body}\n\n=> {status} after {:.1} ms\n{answered}",
                    elapsed.as_secs_f64() * 1000.0
                );
                text
            }
        };
        if print(&text).is_err() {
            tracing::debug!("nobody reads standard output");
        }
    }
}

type Answer = (StatusCode, HeaderMap, Bytes);

fn failure(status: StatusCode, reason: &str) -> Answer {
    let body = json!({ "error": reason }).to_string();
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    (status, headers, body.into())
}

fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let kept = |name: &HeaderName| !HOP_BY_HOP.contains(&name.as_str());
    headers.iter().filter(|(name, _)| kept(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}
