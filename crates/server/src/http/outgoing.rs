//! The body of an answer on its way into a connection: the next piece is taken only when the socket has taken the last one,
//! so that an answer that nobody reads holds one piece.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::connection::Connection;

/// An answer's body with the connection that it goes to.
pub(crate) struct Outgoing<B> {
    body: B,
    connection: Arc<Connection>,
}

impl<B> Outgoing<B> {
    pub(crate) fn new(body: B, connection: Arc<Connection>) -> Self {
        Self { body, connection }
    }
}

/// hyper drops a body once it has taken it whole.
impl<B> Drop for Outgoing<B> {
    fn drop(&mut self) {
        self.connection.request_ends();
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Outgoing<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        ready!(self.connection.poll_room());
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(bytes) = frame.data_ref()
        {
            self.connection.holds(bytes.len());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
