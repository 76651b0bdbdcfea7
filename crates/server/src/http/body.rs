//! The body of a request: pieces as they arrive, bounded in time and, where it is read whole, in size.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Frame, Incoming};

use super::connection::{Connection, Moment};
use super::farewell::{LINGER, LINGER_BYTES, LINGER_IDLE};
use super::to_the_end::Arrival;

/// Why a body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// Nothing came for too long, or too little.
    #[error("The body came too slowly.")]
    TooSlow,
    /// The client announced more than it sent.
    #[error("The body ended before it was whole.")]
    EndedEarly,
    /// It is chunked wrongly.
    #[error("The body is not valid HTTP.")]
    Malformed,
    /// It is longer than what reads it whole takes.
    #[error("The document is longer than {limit} bytes.")]
    TooLong {
        /// The most bytes that are read.
        limit: usize,
    },
}

/// The body of a request that is being served.
///
/// One that is dropped before its end is read on and thrown away for a while. A connection closed over unread bytes is
/// reset, and the reset destroys the answer before the client, still sending, can read why it was refused.
pub(crate) struct RequestBody {
    incoming: Option<Incoming>,
    connection: Arc<Connection>,
    request: Moment,
    /// Bytes that are still to come, where the client announced how many.
    left: Option<u64>,
    arrival: Arrival,
}

impl RequestBody {
    /// Begins a request on `connection`. `withheld` says that what is not read is not waited for either: the client waits to
    /// be told to send, or the body has no meaning and may never come.
    pub(crate) fn new(incoming: Incoming, connection: Arc<Connection>, withheld: bool) -> Self {
        let follows = !incoming.is_end_stream();
        let request = connection.request_begins(follows);
        let left = incoming.size_hint().exact();
        Self { incoming: Some(incoming), connection, request, left, arrival: Arrival::new(follows, withheld) }
    }

    /// Returns a body of nothing, for what is done in the place of the request.
    pub(crate) fn nothing(&self) -> Self {
        Self {
            incoming: None,
            connection: Arc::clone(&self.connection),
            request: self.request,
            left: Some(0),
            arrival: self.arrival.clone(),
        }
    }

    /// Returns what this body and its connection share.
    pub(crate) fn arrival(&self) -> Arrival {
        self.arrival.clone()
    }

    /// Returns whether the request is to come to its end soon, since the server stops.
    pub(crate) fn is_finishing(&self) -> bool {
        self.connection.is_finishing()
    }

    /// Returns the length that the client announced; `None` when the body is chunked.
    pub(crate) fn announced(&self) -> Option<u64> {
        self.incoming.as_ref().map_or(Some(0), |incoming| incoming.size_hint().exact())
    }

    /// Waits for the next piece; `None` at the end. A body that breaks off or is chunked wrongly is the
    /// client's error.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        self.arrival.begins();
        loop {
            let Some(incoming) = &mut self.incoming else { return Ok(None) };
            let connection = &self.connection;
            let Some(frame) = poll_fn(|cx| poll_frame(incoming, connection, cx)).await else {
                self.break_off();
                return Err(BodyError::TooSlow);
            };
            match frame {
                None => {
                    self.end();
                    return if self.is_whole() { Ok(None) } else { Err(BodyError::EndedEarly) };
                }
                Some(Err(error)) => {
                    self.break_off();
                    return Err(broken(&error));
                }
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if data.is_empty() => {}
                    Ok(data) => {
                        self.left = self.left.map(|left| left.saturating_sub(data.len() as u64));
                        return Ok(Some(data));
                    }
                    Err(_trailers) => {}
                },
            }
        }
    }

    /// Reads the whole body, up to `limit` bytes.
    pub(crate) async fn read(mut self, limit: usize) -> Result<Bytes, BodyError> {
        if self.announced().is_some_and(|length| length > limit as u64) {
            return Err(BodyError::TooLong { limit });
        }
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        if first.len() > limit {
            return Err(BodyError::TooLong { limit });
        }
        let mut whole = BytesMut::new();
        while let Some(piece) = self.next().await? {
            if whole.is_empty() {
                whole.extend_from_slice(&first);
            }
            if whole.len() + piece.len() > limit {
                return Err(BodyError::TooLong { limit });
            }
            whole.extend_from_slice(&piece);
        }
        Ok(if whole.is_empty() { first } else { whole.freeze() })
    }
}

impl RequestBody {
    /// Returns whether a body that ends is whole: hyper ends one without an error when its connection is
    /// dropped. One in chunks may have been whole even then, which nobody can know.
    fn is_whole(&self) -> bool {
        self.left.map_or_else(|| !self.arrival.is_cut_off(), |left| left == 0)
    }

    /// Ends a body of which more may come that nobody can read.
    fn break_off(&mut self) {
        self.arrival.breaks_off();
        self.end();
    }

    /// Ends the body: nothing of it is to come, or it is not waited for.
    fn end(&mut self) {
        self.incoming = None;
        self.connection.body_awaited_no_more();
        self.connection.body_ends(self.request);
    }
}

/// A frame, unless the body ended or broke.
type Next = Option<Result<Frame<Bytes>, hyper::Error>>;

/// Polls for the next frame; `None` when the body comes too slowly.
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
            Ok(runtime) if !self.arrival.is_unread() && !incoming.is_end_stream() => {
                connection.body_awaited_no_more();
                // The connection may end before the body does.
                connection.set_unread(true);
                runtime.spawn(async move {
                    let is_over = tokio::time::timeout(LINGER, throw_away(incoming)).await == Ok(true);
                    connection.set_unread(!is_over);
                    connection.body_ends(request);
                });
            }
            _ => connection.body_ends(request),
        }
    }
}

/// Reads a body on, and says whether it came to its end.
async fn throw_away(mut incoming: Incoming) -> bool {
    let mut thrown_away = 0;
    while thrown_away < LINGER_BYTES {
        match tokio::time::timeout(LINGER_IDLE, incoming.frame()).await {
            Ok(Some(Ok(frame))) => thrown_away += frame.data_ref().map_or(0, Bytes::len),
            Ok(None) => return true,
            Ok(Some(Err(_))) | Err(_) => return false,
        }
    }
    false
}

fn broken(error: &hyper::Error) -> BodyError {
    if error.is_incomplete_message() || error.is_closed() {
        return BodyError::EndedEarly;
    }
    BodyError::Malformed
}
