//! A connection, with or without TLS.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
#[cfg(feature = "delivery")]
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

#[cfg(feature = "delivery")]
use super::answer::is_reset;

/// A connected stream.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    #[cfg(feature = "https")]
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

impl Stream {
    /// Connects to exactly this address.
    pub(crate) async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(address).await?;
        // A callback is one small write followed by a wait: never hold it back.
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Checks whether an idle connection still looks usable: open, and with nothing unread on it.
    #[cfg(feature = "delivery")]
    pub(crate) async fn is_idle(&self) -> bool {
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        let peeked =
            std::future::poll_fn(|context| Poll::Ready(self.tcp().poll_peek(context, &mut buffer))).await;
        match peeked {
            Poll::Pending => true,
            // A server may send session tickets over TLS at any time; over plain TCP nothing may come unasked.
            Poll::Ready(Ok(count)) => count > 0 && !matches!(self, Self::Plain(_)),
            Poll::Ready(Err(_)) => false,
        }
    }

    /// Finds out whether the other side, which has ended its half, refuses what it was sent meanwhile; waits for a
    /// while, as the refusal may still be on its way.
    #[cfg(feature = "delivery")]
    pub(crate) async fn is_refused(&self, patience: Duration) -> bool {
        const PAUSE: Duration = Duration::from_millis(5);
        let started = Instant::now();
        loop {
            match self.tcp().take_error() {
                Ok(None) if started.elapsed() < patience => tokio::time::sleep(PAUSE).await,
                Ok(error) => return error.is_some_and(|error| is_reset(&error)),
                Err(_) => return false,
            }
        }
    }

    #[cfg(feature = "delivery")]
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            #[cfg(feature = "https")]
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            #[cfg(feature = "https")]
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            #[cfg(feature = "https")]
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            #[cfg(feature = "https")]
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }
}
