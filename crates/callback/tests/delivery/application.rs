//! A scripted application server on a raw socket, and messages to send to it.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ossicle_callback::{
    AddressGuard, BodyType, CallbackUrl, ClientConfig, Delivery, DeliveryClient, FindingKind, Message,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What arrived, one text for each request.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

/// Serves every connection with `handler` until the test ends; the number counts connections from 0.
pub(crate) async fn serve<F, R>(handler: F) -> SocketAddr
where
    F: Fn(TcpStream, usize) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(handler(stream, number));
        }
    });
    address
}

/// Answers every request on every connection with the same bytes.
pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> (SocketAddr, Log) {
    let answer: Arc<[u8]> = answer.into().into();
    let log = Log::default();
    let kept = Arc::clone(&log);
    let address = serve(move |mut stream, _| {
        let (answer, log) = (Arc::clone(&answer), Arc::clone(&kept));
        async move {
            while let Some(request) = read_request(&mut stream).await {
                log.lock().unwrap().push(request);
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    (address, log)
}

/// Reads one request with its body, `None` when the connection ended.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a length");
            if body.len() >= length.parse::<usize>().unwrap() {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

pub(crate) fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) fn message(urls: &[&str]) -> Message {
    Message {
        urls: urls.iter().map(|url| CallbackUrl::parse(url).unwrap()).collect(),
        host: None,
        sni: false,
        content_type: BodyType::Form,
        additional_headers: vec![("Key1".into(), "val1".into())],
        body: b"bucket=examplebucket&size=9".to_vec(),
        signatures: urls.iter().enumerate().map(|(number, _)| format!("signature{number}")).collect(),
        public_key_url: "http://gosspublic.alicdn.com/callback_pub_key_v1.pem".into(),
        bucket: "examplebucket".into(),
        request_id: "534B371674E88A4D8906008B".into(),
        requester: "1234".into(),
        owner: "5678".into(),
        date: "Mon, 14 Sep 2015 12:37:27 GMT".into(),
        delivery_id: None,
        attempt: 1,
    }
}

/// A client that may reach this machine and does not wait for long.
pub(crate) fn config() -> ClientConfig {
    let mut config = ClientConfig::default();
    config.guard = AddressGuard::loopback();
    config.timeout = Duration::from_millis(400);
    config.system_roots = false;
    config
}

pub(crate) fn client() -> DeliveryClient {
    DeliveryClient::new(config()).unwrap()
}

pub(crate) async fn deliver_to(address: SocketAddr) -> Delivery {
    client().deliver(&message(&[&format!("http://{address}/cb")])).await
}

#[track_caller]
pub(crate) fn assert_failed(delivery: &Delivery, message: &str, ec: &str, finding: FindingKind) {
    let failure = delivery.outcome.as_ref().expect_err("a failure");
    assert_eq!((failure.message.as_str(), failure.ec), (message, ec));
    let last = delivery.attempts.last().expect("an attempt");
    assert!(!last.succeeded);
    assert_eq!(last.verdict, message);
    let kinds: Vec<FindingKind> = last.findings.iter().map(|finding| finding.kind).collect();
    assert!(kinds.contains(&finding), "{:?}", last.findings);
}
