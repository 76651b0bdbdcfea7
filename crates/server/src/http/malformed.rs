//! Answers to requests that are not HTTP.
//!
//! hyper answers what it cannot parse by itself, with a bare status line and no body. OSS clients expect a request id and
//! an XML error on every answer, so this stream wrapper recognises such an answer (it is written while no request is
//! being served, and carries no request id) and writes ours in its place.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

use super::connection::{Connection, Phase};

/// Builds the answer that replaces hyper's: given its status, the whole message.
pub(crate) type Answer = Arc<dyn Fn(http::StatusCode) -> Vec<u8> + Send + Sync>;

/// A stream whose bodiless error answers become OSS errors.
pub(crate) struct MalformedAnswers<T> {
    io: T,
    connection: Arc<Connection>,
    answer: Answer,
    /// Our answer while it is being written, how much of it is out, and how much of hyper's it stands for.
    pending: Option<(Vec<u8>, usize, usize)>,
}

impl<T> MalformedAnswers<T> {
    pub(crate) fn new(io: T, connection: Arc<Connection>, answer: Answer) -> Self {
        Self { io, connection, answer, pending: None }
    }

    /// Returns the stream itself.
    pub(crate) fn into_stream(self) -> T {
        self.io
    }

    /// Puts our answer in the place of hyper's. What follows a head that is none is not read.
    fn begin(&mut self, status: http::StatusCode, stands_for: usize) {
        self.connection.set_unread(true);
        self.pending = Some(((self.answer)(status), 0, stands_for));
    }

    fn replaces(&self, written: &[u8]) -> Option<http::StatusCode> {
        if self.connection.phase() == Phase::Serving {
            return None;
        }
        let text = std::str::from_utf8(written).ok()?;
        let status = text.strip_prefix("HTTP/1.1 ").or_else(|| text.strip_prefix("HTTP/1.0 "))?.get(..3)?;
        let status = status.parse().ok().filter(http::StatusCode::is_client_error)?;
        (text.ends_with("\r\n\r\n") && !text.contains("x-oss-request-id")).then_some(status)
    }
}

impl<T: Write + Unpin> MalformedAnswers<T> {
    fn poll_pending(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some((ours, out, stands_for)) = &mut self.pending else { return Poll::Ready(Ok(0)) };
        while let Some(rest) = ours.get(*out..).filter(|rest| !rest.is_empty()) {
            match Pin::new(&mut self.io).poll_write(cx, rest) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => *out += count,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        let stands_for = *stands_for;
        self.pending = None;
        Poll::Ready(Ok(stands_for))
    }
}

impl<T: Write + Unpin> Write for MalformedAnswers<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.pending.is_none() {
            match this.replaces(buf) {
                Some(status) => this.begin(status, buf.len()),
                None => return Pin::new(&mut this.io).poll_write(cx, buf),
            }
        }
        this.poll_pending(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.pending.is_none() {
            let status = match bufs {
                [only] => this.replaces(only),
                _ => None,
            };
            match status {
                Some(status) => this.begin(status, bufs.iter().map(|buf| buf.len()).sum()),
                None => return Pin::new(&mut this.io).poll_write_vectored(cx, bufs),
            }
        }
        this.poll_pending(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl<T: Read + Unpin> Read for MalformedAnswers<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}
