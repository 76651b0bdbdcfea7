//! The body of a request: pieces as they arrive, bounded in time and, where it is read whole, in size.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Frame, Incoming};
use ossicle_protocol::{Error, ErrorCode};

use super::connection::{Connection, Moment};

/// How long the rest of a refused body is taken in, and how long between its pieces.
const LINGER: Duration = Duration::from_secs(30);
const LINGER_IDLE: Duration = Duration::from_secs(5);

/// The body of a request that is being served.
///
/// One that is dropped before its end is read on and thrown away for a while. A connection closed over unread bytes is
/// reset, and the reset destroys the answer before the client, still sending, can read why it was refused.
pub(crate) struct RequestBody {
    incoming: Option<Incoming>,
    connection: Arc<Connection>,
    request: Moment,
    /// What is not read is not waited for either: the client waits to be told to send, which nobody has done yet, or the
    /// body has no meaning and may never come.
    withheld: bool,
}

impl RequestBody {
    /// Begins a request on `connection`. `withheld` says that the client may not send unless it is asked to, as one that
    /// expects `100 Continue`.
    pub(crate) fn new(incoming: Incoming, connection: Arc<Connection>, withheld: bool) -> Self {
        let request = connection.request_begins(!incoming.is_end_stream());
        Self { incoming: Some(incoming), connection, request, withheld }
    }

    /// Whether bytes follow the request's head.
    pub(crate) fn is_announced(&self) -> bool {
        self.incoming.as_ref().is_some_and(|incoming| !incoming.is_end_stream())
    }

    /// The length that the client announced; `None` when the body is chunked.
    pub(crate) fn announced(&self) -> Option<u64> {
        self.incoming.as_ref().map_or(Some(0), |incoming| incoming.size_hint().exact())
    }

    /// The next piece; `None` at the end. A body that breaks off or is chunked wrongly is the client's error.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.withheld = false;
        loop {
            let Some(incoming) = &mut self.incoming else { return Ok(None) };
            let connection = &self.connection;
            let Some(frame) = poll_fn(|cx| poll_frame(incoming, connection, cx)).await else {
                self.end();
                return Err(Error::new(ErrorCode::RequestTimeout));
            };
            match frame {
                None => {
                    self.end();
                    return Ok(None);
                }
                Some(Err(error)) => {
                    self.end();
                    return Err(broken(&error));
                }
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if data.is_empty() => {}
                    Ok(data) => return Ok(Some(data)),
                    Err(_trailers) => {}
                },
            }
        }
    }

    /// Reads the whole body, up to `limit` bytes.
    pub(crate) async fn read(mut self, limit: usize, too_large: fn() -> Error) -> Result<Bytes, Error> {
        if self.announced().is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        if first.len() > limit {
            return Err(too_large());
        }
        let mut whole = BytesMut::new();
        while let Some(piece) = self.next().await? {
            if whole.is_empty() {
                whole.extend_from_slice(&first);
            }
            if whole.len() + piece.len() > limit {
                return Err(too_large());
            }
            whole.extend_from_slice(&piece);
        }
        Ok(if whole.is_empty() { first } else { whole.freeze() })
    }
}

impl RequestBody {
    /// Ends the body: nothing of it is to come, or it is not waited for.
    fn end(&mut self) {
        self.incoming = None;
        self.connection.body_awaited_no_more();
        self.connection.body_ends(self.request);
    }
}

/// A frame, unless the body ended or broke.
type Next = Option<Result<Frame<Bytes>, hyper::Error>>;

/// What comes next; `None` when the body comes too slowly.
fn poll_frame(incoming: &mut Incoming, connection: &Connection, cx: &mut Context<'_>) -> Poll<Option<Next>> {
    if let Poll::Ready(frame) = Pin::new(incoming).poll_frame(cx) {
        connection.body_awaited_no_more();
        return Poll::Ready(Some(frame));
    }
    connection.poll_body_late(cx.waker()).map(|()| None)
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let Some(incoming) = self.incoming.take() else { return };
        let (connection, request) = (Arc::clone(&self.connection), self.request);
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) if !self.withheld && !incoming.is_end_stream() => {
                connection.body_awaited_no_more();
                runtime.spawn(async move {
                    // That the time is over is no error.
                    let _ = tokio::time::timeout(LINGER, throw_away(incoming)).await;
                    connection.body_ends(request);
                });
            }
            _ => connection.body_ends(request),
        }
    }
}

async fn throw_away(mut incoming: Incoming) {
    while let Ok(Some(Ok(_))) = tokio::time::timeout(LINGER_IDLE, incoming.frame()).await {}
}

fn broken(error: &hyper::Error) -> Error {
    if error.is_incomplete_message() || error.is_closed() {
        return Error::new(ErrorCode::BadRequest).with_message("The body ended before it was whole.");
    }
    Error::new(ErrorCode::BadRequest).with_message("The body is not valid HTTP.")
}
