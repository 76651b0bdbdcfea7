//! Accepting connections: plain or TLS, counted, and drained on shutdown.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;

use super::body::RequestBody;
use super::malformed::{Answer, MalformedAnswers, Serving};
use super::reply::ReplyBody;
use super::threads::ServingThreads;
use crate::stop::stopped;

/// The most that a request's line and headers may take. Two callback values of 5 KiB and 8 KiB of metadata fit twice.
const HEAD_LIMIT: usize = 64 * 1024;

/// Answers one request of a connection from `SocketAddr`.
pub(crate) trait Service: Send + Sync + 'static {
    /// Never fails: errors are answers too.
    fn answer(
        self: Arc<Self>,
        peer: SocketAddr,
        head: http::request::Parts,
        body: RequestBody,
    ) -> impl Future<Output = http::Response<ReplyBody>> + Send;
}

/// One listening socket and what it takes to serve its connections.
pub(crate) struct Listener<S> {
    pub(crate) socket: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) service: Arc<S>,
    pub(crate) malformed: Answer,
    pub(crate) idle_timeout: Duration,
    pub(crate) threads: Arc<ServingThreads>,
}

impl<S: Service> Listener<S> {
    /// Serves until `stop` turns true, then waits for the running requests, at most for `drain`.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>, drain: Duration) {
        let this = Arc::new(self);
        let (alive, mut all_gone) = mpsc::channel::<()>(1);
        loop {
            let accepted = tokio::select! {
                accepted = this.socket.accept() => accepted,
                () = stopped(&mut stop) => break,
            };
            match accepted {
                Ok((stream, peer)) => this.hand_over(stream, peer, stop.clone(), alive.clone()),
                Err(error) => pause_after(&error).await,
            }
        }
        drop(alive);
        if tokio::time::timeout(drain, all_gone.recv()).await.is_err() {
            tracing::warn!("requests were still running after the drain time; they are cut off");
        }
    }

    /// Has a connection served by one of the threads. `alive` is dropped with it.
    fn hand_over(
        self: &Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        stop: watch::Receiver<bool>,
        alive: mpsc::Sender<()>,
    ) {
        // The runtime that accepted it must forget it before another can have it.
        let stream = match stream.into_std() {
            Ok(stream) => stream,
            Err(error) => return tracing::warn!(%peer, %error, "cannot hand a connection over"),
        };
        let this = Arc::clone(self);
        self.threads.serve(async move {
            match TcpStream::from_std(stream) {
                Ok(stream) => this.connection(stream, peer, stop).await,
                Err(error) => tracing::warn!(%peer, %error, "cannot take a connection over"),
            }
            drop(alive);
        });
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, stop: watch::Receiver<bool>) {
        // Without this a small answer can wait for the client's delayed acknowledgement, some 40 ms.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "cannot set TCP_NODELAY");
        }
        let Some(tls) = self.tls.clone() else { return self.http(stream, peer, stop).await };
        match tokio::time::timeout(self.idle_timeout, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.http(stream, peer, stop).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
        }
    }

    async fn http<T>(self: Arc<Self>, stream: T, peer: SocketAddr, mut stop: watch::Receiver<bool>)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let serving = Serving::default();
        let io = MalformedAnswers::new(TokioIo::new(stream), serving.clone(), Arc::clone(&self.malformed));
        let idle = self.idle_timeout;
        let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
            serving.begin();
            let (service, serving) = (Arc::clone(&self.service), serving.clone());
            let (head, body) = request.into_parts();
            async move {
                let withheld = head.headers.contains_key(http::header::EXPECT);
                let body = RequestBody::new(body, idle, withheld);
                let mut response = service.answer(peer, head, body).await;
                response.body_mut().ends(serving);
                Ok::<_, std::convert::Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(idle)
            .max_header_size(HEAD_LIMIT)
            .auto_date_header(false)
            .serve_connection(io, service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "connection ended");
        }
    }
}

/// An error of `accept` is the system's (no file descriptors left) or the peer's; either way the next attempt may work.
async fn pause_after(error: &io::Error) {
    if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        return;
    }
    tracing::warn!(%error, "cannot accept connections; raise the limit of open files (ulimit -n) if it says too many");
    tokio::time::sleep(Duration::from_millis(100)).await;
}
