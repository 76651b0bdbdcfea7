//! Accepting connections: plain or TLS, counted, and drained on shutdown.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONNECTION, EXPECT};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;

use super::body::RequestBody;
use super::connection::{Order, Phase};
use super::connections::{Connections, Seat};
use super::farewell;
use super::malformed::{Answer, MalformedAnswers};
use super::outgoing::Outgoing;
use super::threads::ServingThreads;
use super::tls_version::TlsVersion;
use super::to_the_end::ToTheEnd;
use super::watched::Watched;
use crate::stop::stopped;

/// The most that a request's line and headers may take. Two callback values of 5 KiB and 8 KiB of metadata fit twice.
const HEAD_LIMIT: usize = 64 * 1024;

/// The most that is read at once. A connection keeps a buffer of that size as long as it lives.
const READ_BUFFER: usize = 64 * 1024;

/// Unsent bytes that the system takes over for a connection. More would be memory for a client that does not read, and would
/// hide from this server for how long it has not.
const UNSENT: u32 = 128 * 1024;

/// Held by what the end of the server has to wait for.
type Alive = Arc<mpsc::Sender<()>>;

/// Answers one request of a connection from `SocketAddr`.
pub(crate) trait Service: Send + Sync + 'static {
    /// What answers consist of.
    type Body: hyper::body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + Unpin
        + 'static;

    /// Whether a client that closes its side after its request still gets the answer. If not, it counts as gone, which ends
    /// an answer that has no end of its own.
    const ANSWERS_HALF_CLOSED: bool;

    /// Answers a request. It never fails: errors are answers too.
    fn answer(
        self: Arc<Self>,
        peer: SocketAddr,
        head: http::request::Parts,
        body: RequestBody,
    ) -> impl Future<Output = http::Response<Self::Body>> + Send;
}

/// One listening socket and what it takes to serve its connections.
pub(crate) struct Listener<S> {
    pub(crate) socket: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) service: Arc<S>,
    pub(crate) malformed: Answer,
    pub(crate) connections: Arc<Connections>,
    /// Without them, connections are served by the runtime that accepts them.
    pub(crate) threads: Option<Arc<ServingThreads>>,
}

impl<S: Service> Listener<S> {
    /// Serves until `stop` turns true, then waits for the running requests, at most for `drain`.
    pub(crate) async fn run(self, stop: watch::Receiver<bool>, drain: Duration) {
        let connections = Arc::clone(&self.connections);
        tokio::select! {
            () = self.accept(stop, drain) => {}
            () = connections.sweep() => {}
        }
    }

    async fn accept(self, mut stop: watch::Receiver<bool>, drain: Duration) {
        // Connections inherit it.
        if let Err(error) = socket2::SockRef::from(&self.socket).set_tcp_notsent_lowat(UNSENT) {
            tracing::debug!(%error, "cannot bound what the system buffers for a connection");
        }
        let this = Arc::new(self);
        let (alive, mut all_gone) = mpsc::channel::<()>(1);
        loop {
            let accepted = tokio::select! {
                accepted = this.socket.accept() => accepted,
                () = stopped(&mut stop) => break,
            };
            match accepted {
                Ok((stream, peer)) => this.hand_over(stream, peer, alive.clone()),
                Err(error) => pause_after(&error).await,
            }
        }
        this.connections.finish();
        drop(alive);
        if tokio::time::timeout(drain, all_gone.recv()).await.is_err() {
            tracing::warn!("requests were still running after the drain time; they are cut off");
        }
    }

    /// Has a connection served, if there is room for it. `alive` is dropped last, since the threads end with the last hold on
    /// this listener, and no thread can wait for its own end.
    fn hand_over(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr, alive: mpsc::Sender<()>) {
        let phase = if self.tls.is_some() { Phase::Handshake } else { Phase::Idle };
        let Some(seat) = self.connections.admit(phase, Instant::now()) else {
            return tracing::debug!(%peer, "closed a connection: there are too many");
        };
        let (this, alive) = (Arc::clone(self), Arc::new(alive));
        let Some(threads) = &self.threads else {
            tokio::spawn(async move {
                this.connection(stream, peer, &seat, &alive).await;
                drop((seat, alive));
            });
            return;
        };
        // The runtime that accepted it must forget it before another can have it.
        let stream = match stream.into_std() {
            Ok(stream) => stream,
            Err(error) => return tracing::warn!(%peer, %error, "cannot hand a connection over"),
        };
        threads.serve(async move {
            match TcpStream::from_std(stream) {
                Ok(stream) => this.connection(stream, peer, &seat, &alive).await,
                Err(error) => tracing::warn!(%peer, %error, "cannot take a connection over"),
            }
            drop((seat, alive));
        });
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, seat: &Seat, alive: &Alive) {
        // Without this a small answer can wait for the client's delayed acknowledgement, some 40 ms.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "cannot set TCP_NODELAY");
        }
        let stream = Watched::new(stream, Arc::clone(seat.connection()));
        let Some(tls) = self.tls.clone() else { return self.http(stream, None, peer, seat, alive).await };
        match until_closed(seat, tls.accept(stream)).await {
            Some(Ok(stream)) => {
                seat.connection().enter(Phase::Idle);
                let version = TlsVersion::negotiated(stream.get_ref().1.protocol_version());
                Box::pin(self.http(stream, version, peer, seat, alive)).await;
            }
            Some(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
            None => tracing::debug!(%peer, "TLS handshake took too long"),
        }
    }

    async fn http<T>(
        self: Arc<Self>,
        stream: T,
        tls: Option<TlsVersion>,
        peer: SocketAddr,
        seat: &Seat,
        alive: &Alive,
    ) where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        if seat.is_refused() {
            let busy = || {
                seat.connection().enter(Phase::Ending);
                (self.malformed)(StatusCode::SERVICE_UNAVAILABLE)
            };
            until_closed(seat, farewell::refuse(stream, busy, || seat.linger())).await;
            return;
        }
        let state = seat.connection();
        let io = MalformedAnswers::new(TokioIo::new(stream), Arc::clone(state), Arc::clone(&self.malformed));
        let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
            let (mut head, body) = request.into_parts();
            if let Some(version) = tls {
                head.extensions.insert(version);
            }
            let withheld = is_without_body(&head.method) || expects_to_be_told(&head.headers);
            let body = RequestBody::new(body, Arc::clone(state), withheld);
            let (arrival, arriving) = (body.arrival(), body.arrival());
            let (service, state) = (Arc::clone(&self.service), Arc::clone(state));
            let answer = async move {
                let mut response = service.answer(peer, head, body).await;
                state.answer_begins();
                if arriving.is_unread() {
                    // The rest may come or not, and the next request must not be taken for it.
                    state.set_unread(true);
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, std::convert::Infallible>(response.map(|body| Outgoing::new(body, state)))
            };
            ToTheEnd::new(answer, arrival, Arc::clone(alive))
        });
        let mut connection = http1::Builder::new()
            // The sweep over all connections sees to slow heads.
            .header_read_timeout(None)
            .max_header_size(HEAD_LIMIT)
            .max_buf_size(READ_BUFFER)
            .auto_date_header(false)
            .half_close(S::ANSWERS_HALF_CLOSED)
            .serve_connection(io, service);
        let ended = ended(seat, &mut connection, http1::Connection::graceful_shutdown).await;
        match &ended {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::debug!(%peer, %error, "connection ended"),
            None => {
                tracing::debug!(%peer, phase = ?state.phase(), "closed a connection that was idle or too slow")
            }
        }
        let last_words = match (ended, state.phase()) {
            (None, Phase::Head) => Some(StatusCode::REQUEST_TIMEOUT),
            (Some(Err(_)), Phase::Head) if state.lacks_memory() => {
                seat.closed("memory");
                Some(StatusCode::SERVICE_UNAVAILABLE)
            }
            (Some(_), _) if state.has_unread() => None,
            _ => return,
        };
        state.enter(Phase::Ending);
        let stream = connection.into_parts().io.into_stream().into_inner();
        match last_words {
            Some(status) => {
                Box::pin(farewell::say(stream, &(self.malformed)(status))).await;
            }
            None => {
                let patience = if state.was_late() { farewell::PATIENCE } else { farewell::LINGER };
                until_closed(seat, farewell::linger(stream, patience)).await;
            }
        }
    }
}

/// Returns whether no operation of this method reads a body.
fn is_without_body(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::DELETE | Method::OPTIONS)
}

/// Returns whether the client waits for `100 Continue` before it sends its body.
fn expects_to_be_told(headers: &HeaderMap) -> bool {
    headers.get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// Drives a connection to its end; `None` when it is to be closed before. Told to stop, it is asked to `finish`.
async fn ended<C: Future + Unpin>(
    seat: &Seat,
    connection: &mut C,
    finish: impl Fn(Pin<&mut C>),
) -> Option<C::Output> {
    let mut finishing = false;
    poll_fn(|cx| {
        loop {
            if let Poll::Ready(ended) = Pin::new(&mut *connection).poll(cx) {
                return Poll::Ready(Some(ended));
            }
            match seat.connection().poll_order(cx, || seat.stays()) {
                Poll::Ready(Order::Close) => return Poll::Ready(None),
                Poll::Ready(Order::Finish) if !finishing => {
                    finishing = true;
                    finish(Pin::new(&mut *connection));
                }
                _ => return Poll::Pending,
            }
        }
    })
    .await
}

/// Runs `future` unless the connection is to be closed, or to finish, before. It is boxed, since the task of
/// each connection would have room for it all the time.
fn until_closed<F: Future>(seat: &Seat, future: F) -> impl Future<Output = Option<F::Output>> {
    let mut future = Box::pin(future);
    poll_fn(move |cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => seat.connection().poll_order(cx, || seat.stays()).map(|_| None),
    })
}

/// Waits a little after an error of `accept`: it is the system's (no file descriptors left) or the peer's;
/// either way the next attempt may work.
async fn pause_after(error: &io::Error) {
    if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        return;
    }
    tracing::warn!(%error, "cannot accept connections; raise the limit of open files (ulimit -n) if it says too many");
    tokio::time::sleep(Duration::from_millis(100)).await;
}
