//! An application server that keeps each request byte for byte and answers as the test says.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use rsa::pkcs8::DecodePublicKey as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::wire::{Stream, find};

/// What an application server does when a request has come in; the connection stays open unless it says otherwise.
#[derive(Debug, Clone)]
pub enum Step {
    /// Writes these bytes.
    Write(Vec<u8>),
    /// Does nothing for this long.
    Pause(Duration),
    /// Ends the connection in the ordinary way.
    Close,
    /// Ends it with a reset.
    Reset,
}

/// The steps of an answer.
#[derive(Debug, Clone, Default)]
pub struct Reply(Vec<Step>);

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// The head with all its line ends.
    pub head: String,
    /// The body, whole.
    pub body: Vec<u8>,
    /// Which connection it came on, counted from 0.
    pub connection: usize,
    /// The name that the client gave in the TLS handshake.
    pub sni: Option<String>,
}

/// A certificate for `localhost` and its key.
#[derive(Debug)]
pub struct Identity {
    /// The certificate in PEM.
    pub pem: String,
    /// The key in PEM.
    pub key_pem: String,
}

type Script = dyn Fn(&Received) -> Reply + Send + Sync;

/// A running application server.
#[derive(Clone)]
pub struct Application {
    address: SocketAddr,
    received: Arc<(Mutex<Vec<Received>>, Condvar)>,
}

impl Reply {
    /// Returns an answer with a JSON body and everything in order.
    pub fn json(body: &str) -> Self {
        Self::new("200 OK", &[("Content-Type", "application/json")], body.as_bytes())
    }

    /// Returns an answer with `Content-Length`, written at once.
    pub fn new(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let length = ("Content-Length", body.len().to_string());
        let mut head = format!("HTTP/1.1 {status}\r\n{}: {}\r\n", length.0, length.1);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        Self::raw([head.as_bytes(), b"\r\n", body].concat())
    }

    /// Writes bytes as they are.
    pub fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self::default().then(Step::Write(bytes.as_ref().to_vec()))
    }

    /// Waits before the steps of `reply`.
    pub fn after(pause: Duration, reply: Self) -> Self {
        let mut steps = vec![Step::Pause(pause)];
        steps.extend(reply.0);
        Self(steps)
    }

    /// Adds a step.
    pub fn then(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }

    /// Ends the connection after the steps so far.
    pub fn closing(self) -> Self {
        self.then(Step::Close)
    }

    /// Resets the connection without an answer.
    pub fn reset() -> Self {
        Self::default().then(Step::Reset)
    }
}

impl Application {
    /// Answers every request with the same JSON.
    pub fn json(body: &str) -> Self {
        let reply = Reply::json(body);
        Self::new(move |_| reply.clone())
    }

    /// Answers every request in the same way.
    pub fn always(reply: Reply) -> Self {
        Self::new(move |_| reply.clone())
    }

    /// Answers each request as the script says.
    pub fn new(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(None, script)
    }

    /// Does the same over TLS.
    pub fn tls(identity: &Identity, script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(Some(identity.acceptor()), script)
    }

    fn start(
        tls: Option<Arc<rustls::ServerConfig>>,
        script: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let application = Self { address: listener.local_addr().unwrap(), received: Arc::default() };
        let (received, script) = (Arc::clone(&application.received), Arc::new(script) as Arc<Script>);
        thread::spawn(move || {
            let count = AtomicUsize::new(0);
            for stream in listener.incoming() {
                let Ok(stream) = stream else { break };
                let (received, script) = (Arc::clone(&received), Arc::clone(&script));
                let (tls, number) = (tls.clone(), count.fetch_add(1, Ordering::Relaxed));
                thread::spawn(move || {
                    let Some(connection) = Connection::accept(stream, tls, number) else { return };
                    connection.serve(&received, &*script);
                });
            }
        });
        application
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns a URL on this server.
    pub fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }

    /// Returns the requests so far.
    pub fn requests(&self) -> Vec<Received> {
        self.received.0.lock().unwrap().clone()
    }

    /// Returns the only request there has been.
    #[track_caller]
    pub fn only(&self) -> Received {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.into_iter().next().unwrap()
    }

    /// Waits until this many requests have come.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<Received> {
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut received = self.received.0.lock().unwrap();
        while received.len() < count {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{count} requests were expected: {received:?}");
            received = self.received.1.wait_timeout(received, left).unwrap().0;
        }
        received.clone()
    }
}

impl Received {
    /// Returns the request line.
    pub fn line(&self) -> &str {
        self.head.split("\r\n").next().unwrap()
    }

    /// Returns the request target as it was written.
    pub fn target(&self) -> &str {
        self.line().split(' ').nth(1).unwrap()
    }

    /// Returns the headers in their order, names as they were written.
    pub fn headers(&self) -> Vec<(&str, &str)> {
        let lines = self.head.trim_end_matches("\r\n").split("\r\n").skip(1);
        lines.map(|line| line.split_once(": ").unwrap()).collect()
    }

    /// Returns a header; its name in any case.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let found: Vec<&str> = self
            .headers()
            .into_iter()
            .filter_map(|(candidate, value)| candidate.eq_ignore_ascii_case(name).then_some(value))
            .collect();
        assert_eq!(found.len(), 1, "{name}: {}", self.head);
        found[0]
    }

    /// Tells whether there is a header of this name.
    pub fn has(&self, name: &str) -> bool {
        self.headers().iter().any(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
    }

    /// Returns the body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Returns the body as JSON.
    #[track_caller]
    pub fn as_json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Checks the signature with the key: RSA over the MD5 of decoded path, query, line feed and body.
    pub fn is_signed_by(&self, pem: &str) -> bool {
        let (path, query) = match self.target().split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (self.target(), String::new()),
        };
        let mut text = percent_decoded(path);
        text.extend_from_slice(query.as_bytes());
        text.push(b'\n');
        text.extend_from_slice(&self.body);
        let key = rsa::PublicKey::from_public_key_pem(pem).unwrap();
        let signature = STANDARD.decode(self.header("Authorization")).unwrap();
        key.verify(rsa::Pkcs1v15Sign::new::<Md5>(), &Md5::digest(text), &signature).is_ok()
    }
}

fn percent_decoded(path: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                out.push(byte);
                rest = &after[2..];
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

impl Identity {
    /// Makes a certificate that signs itself.
    pub fn new() -> Self {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Self { pem: certified.cert.pem(), key_pem: certified.signing_key.serialize_pem() }
    }

    fn acceptor(&self) -> Arc<rustls::ServerConfig> {
        let chain = vec![CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        Arc::new(builder.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap())
    }
}

/// One connection of a client.
struct Connection {
    stream: Box<dyn Stream>,
    socket: TcpStream,
    buffer: Vec<u8>,
    number: usize,
    sni: Option<String>,
}

impl Connection {
    fn accept(mut socket: TcpStream, tls: Option<Arc<rustls::ServerConfig>>, number: usize) -> Option<Self> {
        let twin = socket.try_clone().unwrap();
        let Some(tls) = tls else {
            return Some(Self { stream: Box::new(twin), socket, buffer: Vec::new(), number, sni: None });
        };
        let mut session = rustls::ServerConnection::new(tls).unwrap();
        while session.is_handshaking() {
            session.complete_io(&mut socket).ok()?;
        }
        let sni = session.server_name().map(str::to_owned);
        let stream = Box::new(rustls::StreamOwned::new(session, twin));
        Some(Self { stream, socket, buffer: Vec::new(), number, sni })
    }

    fn serve(mut self, received: &(Mutex<Vec<Received>>, Condvar), script: &Script) {
        while let Some(request) = self.read() {
            let reply = script(&request);
            received.0.lock().unwrap().push(request);
            received.1.notify_all();
            for step in reply.0 {
                match step {
                    Step::Write(bytes) => {
                        if self.stream.write_all(&bytes).and_then(|()| self.stream.flush()).is_err() {
                            return;
                        }
                    }
                    Step::Pause(time) => thread::sleep(time),
                    Step::Close => return,
                    Step::Reset => {
                        let now = Some(Duration::ZERO);
                        rustix::net::sockopt::set_socket_linger(&self.socket, now).unwrap();
                        return;
                    }
                }
            }
        }
    }

    /// Reads one request; `None` when the connection ends.
    fn read(&mut self) -> Option<Received> {
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            self.fill()?;
        };
        let head = String::from_utf8(self.buffer.drain(..end).collect()).unwrap();
        let mut request = Received { head, body: Vec::new(), connection: self.number, sni: self.sni.clone() };
        let length: usize = request.header("content-length").parse().unwrap();
        while self.buffer.len() < length {
            self.fill()?;
        }
        request.body = self.buffer.drain(..length).collect();
        Some(request)
    }

    fn fill(&mut self) -> Option<()> {
        let mut piece = [0; 64 * 1024];
        let count = self.stream.read(&mut piece).unwrap_or(0);
        self.buffer.extend_from_slice(&piece[..count]);
        (count > 0).then_some(())
    }
}
