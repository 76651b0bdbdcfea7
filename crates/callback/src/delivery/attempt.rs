//! One attempt at one URL: resolve, connect, send, read, judge, and write down what happened.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout_at};

use super::attempt_error::AttemptError;
use super::config::ClientConfig;
use super::judge;
use super::message::Message;
use super::pool::{Destination, Pool};
use super::record::Attempt;
use super::request;
use super::resolve::Resolver;
use crate::finding::{Finding, FindingKind};
use crate::http1::{Answer, Head, Length, ReadError, Roots, Stream, TlsErrorKind};
use crate::url::{CallbackUrl, Scheme};

/// The time for which a body that decides nothing may keep the uploader waiting, only to be written down.
const RECORD_PATIENCE: std::time::Duration = std::time::Duration::from_millis(300);

/// The time that a connection closed without an answer may take to tell whether the callback was refused unread.
const REFUSAL_PATIENCE: std::time::Duration = std::time::Duration::from_millis(100);

/// The context that attempts share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) config: ClientConfig,
    pub(super) resolver: Resolver,
    pub(super) roots: Roots,
    pub(super) pool: Arc<Pool>,
}

/// Sends the callback to one URL within the time there is.
pub(super) async fn run(
    context: &Context,
    message: &Message,
    url: &CallbackUrl,
    signature: &str,
) -> (Attempt, Result<Bytes, AttemptError>) {
    let started = Instant::now();
    let timeout = context.config.timeout;
    let deadline = started + timeout;
    let mut attempt = Attempt::begin(url, request::head(message, url, signature), &message.body);
    let mut exchange = Exchange { context, url, sni: message.sni, started, deadline, record: &mut attempt };
    let result = match timeout_at(deadline, exchange.run()).await {
        Ok(result) => result,
        Err(_) => Err(AttemptError::Late { address: attempt.address, cost: started.elapsed(), timeout }),
    };
    attempt.timings.total = micros(started);
    match &result {
        Ok(_) => {
            attempt.succeeded = true;
            attempt.verdict = "delivered".to_owned();
            attempt.findings.extend(judge::slow(started.elapsed(), timeout));
        }
        Err(error) => {
            attempt.verdict = error.failure().message;
            attempt.findings.push(error.finding());
        }
    }
    (attempt, result)
}

struct Exchange<'a> {
    context: &'a Context,
    url: &'a CallbackUrl,
    sni: bool,
    started: Instant,
    deadline: Instant,
    record: &'a mut Attempt,
}

impl Exchange<'_> {
    async fn run(&mut self) -> Result<Bytes, AttemptError> {
        let addresses = self.context.resolver.resolve(self.url).await?;
        self.record.timings.resolve = Some(micros(self.started));
        if let Some((destination, stream)) = self.take_idle(&addresses).await {
            self.record.reused_connection = true;
            self.record.address = Some(destination.address);
            match self.converse(destination, stream).await {
                Err(ExchangeError::Unread) => {
                    self.record.reused_connection = false;
                    self.record.findings.push(Finding::new(
                        FindingKind::Resent,
                        "A kept connection had been closed, so the callback was sent again on a new one.",
                    ));
                }
                Err(ExchangeError::Failed(error)) => return Err(error),
                Ok(body) => return Ok(body),
            }
        }
        let (destination, stream) = self.connect(&addresses).await?;
        self.converse(destination, stream).await.map_err(|error| match error {
            ExchangeError::Unread => {
                AttemptError::Closed { reason: "closed the connection without an answer" }
            }
            ExchangeError::Failed(error) => error,
        })
    }

    fn destination(&self, address: SocketAddr) -> Destination {
        let tls = (self.url.scheme() == Scheme::Https).then_some(self.sni);
        Destination { host: self.url.host().to_owned(), address, tls }
    }

    async fn take_idle(&self, addresses: &[SocketAddr]) -> Option<(Destination, Stream)> {
        for address in addresses {
            let destination = self.destination(*address);
            if let Some(stream) = self.context.pool.take(&destination).await {
                return Some((destination, stream));
            }
        }
        None
    }

    /// Tries the addresses in order, each with its share of the time that is left.
    async fn connect(&mut self, addresses: &[SocketAddr]) -> Result<(Destination, Stream), AttemptError> {
        let mut last_error = None;
        for (tried, address) in addresses.iter().enumerate() {
            self.record.address = Some(*address);
            let left = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
            let share = self.deadline.saturating_duration_since(Instant::now()) / left;
            let result = match timeout_at(Instant::now() + share, self.connect_to(*address)).await {
                Ok(result) => result,
                Err(_) if left == 1 => break,
                Err(_) => continue,
            };
            match result {
                Ok(stream) => {
                    self.record.timings.connect = Some(micros(self.started));
                    return Ok((self.destination(*address), stream));
                }
                Err(error) => last_error = Some(error),
            }
        }
        Err(last_error.unwrap_or_else(|| AttemptError::Late {
            address: self.record.address,
            cost: self.started.elapsed(),
            timeout: self.context.config.timeout,
        }))
    }

    async fn connect_to(&self, address: SocketAddr) -> Result<Stream, AttemptError> {
        let stream = Stream::connect(address)
            .await
            .map_err(|error| AttemptError::Unreachable { reason: format!("{address}: {error}") })?;
        if self.url.scheme() == Scheme::Http {
            return Ok(Stream::Plain(stream));
        }
        match self.context.roots.handshake(stream, self.url.host(), self.sni).await {
            Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
            Err(error) => {
                let name_matters = !self.sni && error.kind == TlsErrorKind::NameMatters;
                Err(AttemptError::Tls { reason: error.reason, name_matters })
            }
        }
    }

    /// Sends the callback and reads the answer.
    async fn converse(
        &mut self,
        destination: Destination,
        mut stream: Stream,
    ) -> Result<Bytes, ExchangeError> {
        let sent = Instant::now();
        let request = [self.record.request_head.as_bytes(), &self.record.request_body].concat();
        // A server may answer and close before it has read everything, so a failed write is not the end.
        let written = async {
            stream.write_all(&request).await?;
            stream.flush().await
        }
        .await;
        let mut answer = Answer::new(&mut stream);
        if let Err(error) = answer.begin().await {
            let unread = written.is_err()
                || error == ReadError::Reset
                || self.record.reused_connection && stream.is_refused(REFUSAL_PATIENCE).await;
            return Err(if unread {
                ExchangeError::Unread
            } else {
                ExchangeError::Failed(read_error(error))
            });
        }
        self.record.timings.first_byte = Some(micros(sent));
        let head = answer.head().await.map_err(|error| ExchangeError::Failed(read_error(error)))?;
        self.record.response_head = Some(head.text.clone());
        match judge::head(&head, self.context.config.max_body) {
            Err(error) => {
                if self.record_body(answer, &head).await {
                    self.context.pool.put(destination, stream);
                }
                Err(ExchangeError::Failed(error))
            }
            Ok(length) => {
                let (body, clean) = match answer.body(length).await {
                    Ok(whole) => whole,
                    Err((error, part)) => {
                        self.record.keep_body(&part, self.context.config.kept_body);
                        return Err(ExchangeError::Failed(read_error(error)));
                    }
                };
                if clean && head.keep_alive {
                    self.context.pool.put(destination, stream);
                }
                self.record.keep_body(&body, self.context.config.kept_body);
                judge::body(&body).map_err(ExchangeError::Failed)?;
                Ok(body)
            }
        }
    }

    /// Reads what can be had of a body that decides nothing. Returns whether the connection can be kept.
    async fn record_body(&mut self, mut answer: Answer<'_, Stream>, head: &Head) -> bool {
        let kept = self.context.config.kept_body;
        let expected = match head.length {
            Length::Known(length) => usize::try_from(length).unwrap_or(usize::MAX),
            _ => usize::MAX,
        };
        let patience = self.deadline.min(Instant::now() + RECORD_PATIENCE);
        let done = |seen: &[u8]| {
            seen.len() >= expected.min(kept) || (head.chunked && seen.ends_with(b"\r\n0\r\n\r\n"))
        };
        while !done(answer.seen()) {
            match timeout_at(patience, answer.fill()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => break,
            }
        }
        let seen = answer.seen();
        self.record.keep_body(seen, kept);
        self.record.response_truncated |= expected != usize::MAX && expected > seen.len();
        head.keep_alive && !head.chunked && head.status != 101 && seen.len() == expected
    }
}

/// The failure of an exchange over one connection.
enum ExchangeError {
    /// Not one byte came back, and the callback was not read whole: the server closed the connection while it was
    /// idle. A server that took the callback in and hung up is another matter: it must not get it twice.
    Unread,
    Failed(AttemptError),
}

fn read_error(error: ReadError) -> AttemptError {
    match error {
        ReadError::Silent | ReadError::Reset => {
            AttemptError::Closed { reason: "closed the connection without an answer" }
        }
        ReadError::Truncated => AttemptError::Closed { reason: "closed the connection within its answer" },
        ReadError::NotHttp => {
            AttemptError::NotHttp { reason: "it does not start with a status line and headers" }
        }
        ReadError::HeadTooLong => AttemptError::NotHttp { reason: "its head is too long" },
    }
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
