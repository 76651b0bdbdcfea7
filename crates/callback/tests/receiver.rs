//! The verifier: whom it trusts, what it fetches, what it remembers.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ossicle_callback::receiver::{
    CallbackEvent, EventError, FetchError, FixedKeys, HttpKeySource, KeySource, SignedRequest, Verifier,
    VerifyError,
};
use ossicle_callback::{SignatureError, SigningKey, VerifyingKey};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const OSS_URL: &str = "http://gosspublic.alicdn.com/callback_pub_key_v1.pem";

#[derive(Deserialize)]
struct Vectors {
    oss_public_key_v1: String,
    valid: Vec<Captured>,
    invalid: Vec<Captured>,
}

#[derive(Deserialize)]
struct Captured {
    request_target: String,
    body: String,
    authorization: String,
    x_oss_pub_key_url: String,
}

impl Captured {
    fn request(&self) -> SignedRequest<'_> {
        SignedRequest {
            path_and_query: &self.request_target,
            authorization: &self.authorization,
            pub_key_url: &self.x_oss_pub_key_url,
            body: self.body.as_bytes(),
        }
    }
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors/callbacks.json")).unwrap()
}

#[tokio::test]
async fn callbacks_of_oss_verify() {
    let vectors = vectors();
    let pem = &vectors.oss_public_key_v1;
    let keys = FixedKeys::new().with(OSS_URL, pem).with(OSS_URL.replace("http:", "https:"), pem);
    let verifier = Verifier::builder().source(keys).build();
    for case in &vectors.valid {
        assert_eq!(verifier.verify(&case.request()).await, Ok(()));
    }
    for case in &vectors.invalid {
        let error = verifier.verify(&case.request()).await.unwrap_err();
        assert_eq!((error.status(), error.is_retryable()), (403, false));
        assert_eq!(error, VerifyError::Signature(SignatureError::Mismatch));
    }
}

/// Signs like an attacker would: with a key of their own, under a URL of their choice.
async fn status_for(verifier: &Verifier, key: &SigningKey, url: &str) -> Option<u16> {
    let authorization = key.sign("/cb", b"{}").unwrap();
    let pub_key_url = STANDARD.encode(url);
    let request = SignedRequest {
        path_and_query: "/cb",
        authorization: &authorization,
        pub_key_url: &pub_key_url,
        body: b"{}",
    };
    verifier.verify(&request).await.err().map(|error| error.status())
}

/// Gives the same key for every URL, and notes what was asked for.
#[derive(Clone, Debug, Default)]
struct Recorder {
    pem: Arc<Mutex<String>>,
    asked: Arc<Mutex<Vec<String>>>,
    down: Arc<AtomicUsize>,
}

impl Recorder {
    fn of(key: &SigningKey) -> Self {
        Self { pem: Arc::new(Mutex::new(key.public_pem().unwrap())), ..Self::default() }
    }

    fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl KeySource for Recorder {
    fn fetch<'a>(
        &'a self,
        url: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<String, FetchError>> + Send + 'a>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(url.to_owned());
            tokio::time::sleep(Duration::from_millis(10)).await;
            if self.down.load(Ordering::SeqCst) > 0 {
                return Err(FetchError::new("down"));
            }
            Ok(self.pem.lock().unwrap().clone())
        })
    }
}

#[tokio::test]
async fn keys_are_fetched_only_below_trusted_prefixes() {
    let key = SigningKey::generate_rsa_2048().unwrap();
    let source = Recorder::of(&key);
    let builder = Verifier::builder().source(source.clone());
    let verifier = builder.trust("http://oss.internal.example:9001/keys/").unwrap().build();
    for url in [
        "http://attacker.example/callback_pub_key_v1.pem",
        "http://gosspublic.alicdn.com.attacker.example/k.pem",
        "http://gosspublic.alicdn.com@attacker.example/k.pem",
        "http://gosspublic.alicdn.com:8080/k.pem",
        "http://gosspublic.alicdn.com",
        "HTTP://GOSSPUBLIC.ALICDN.COM/k.pem",
        "ftp://gosspublic.alicdn.com/k.pem",
        "http://169.254.169.254/latest/meta-data",
        "http://oss.internal.example:9001/other/k.pem",
        "http://oss.internal.example:9001/keys/../other/k.pem",
        "http://oss.internal.example:9001/keys/%2E%2e/other/k.pem",
        "http://oss.internal.example:9001/keys/..\\other",
        "http://gosspublic.alicdn.com/k.pem\r\nX: y",
        "/etc/passwd",
        "",
    ] {
        assert!(matches!(status_for(&verifier, &key, url).await, Some(400 | 403)), "{url}");
    }
    assert_eq!(source.count(), 0, "nothing may be fetched");
    for url in
        [OSS_URL, "https://gosspublic.alicdn.com/v2.pem", "http://oss.internal.example:9001/keys/v1.pem"]
    {
        assert_eq!(status_for(&verifier, &key, url).await, None, "{url}");
    }
    let strict =
        Verifier::builder().source(source).trust_nothing().trust("https://a.example/").unwrap().build();
    assert_eq!(status_for(&strict, &key, OSS_URL).await, Some(403));
    for prefix in
        ["http://a.example", "a.example/", "https:///", "ftp://a.example/", "https://a.example:x/", ""]
    {
        assert!(Verifier::builder().trust(prefix).is_err(), "{prefix}");
    }
    let request = SignedRequest { path_and_query: "/", authorization: "", pub_key_url: "?", body: b"" };
    assert_eq!(strict.verify(&request).await, Err(VerifyError::KeyUrlMalformed));
}

#[tokio::test(start_paused = true)]
async fn concurrent_requests_share_one_fetch() {
    let key = Arc::new(SigningKey::generate_rsa_2048().unwrap());
    let source = Recorder::of(&key);
    let verifier = Verifier::builder().source(source.clone()).key_lifetime(Duration::from_secs(60)).build();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (verifier, key) = (verifier.clone(), Arc::clone(&key));
        tasks.spawn(async move { status_for(&verifier, &key, OSS_URL).await });
    }
    while let Some(status) = tasks.join_next().await {
        assert_eq!(status.unwrap(), None);
    }
    assert_eq!(source.count(), 1);
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(status_for(&verifier, &key, OSS_URL).await, None);
    assert_eq!(source.count(), 2);
    // The old key serves while the key server is away.
    source.down.store(1, Ordering::SeqCst);
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(status_for(&verifier, &key, OSS_URL).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_failed_fetch_is_retryable_and_remembered_for_a_moment() {
    let key = SigningKey::generate_rsa_2048().unwrap();
    let source = Recorder::of(&key);
    source.down.store(1, Ordering::SeqCst);
    let verifier = Verifier::builder().source(source.clone()).build();
    for _ in 0..5 {
        assert_eq!(status_for(&verifier, &key, OSS_URL).await, Some(503));
    }
    assert_eq!(source.count(), 1);
    source.down.store(0, Ordering::SeqCst);
    tokio::time::advance(Duration::from_secs(6)).await;
    assert_eq!(status_for(&verifier, &key, OSS_URL).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_new_key_under_an_old_url_is_found_without_a_flood_of_fetches() {
    let old = SigningKey::generate_rsa_2048().unwrap();
    let new = SigningKey::generate_rsa_2048().unwrap();
    let source = Recorder::of(&old);
    let verifier = Verifier::builder().source(source.clone()).build();
    assert_eq!(status_for(&verifier, &old, OSS_URL).await, None);
    *source.pem.lock().unwrap() = new.public_pem().unwrap();
    assert_eq!(status_for(&verifier, &new, OSS_URL).await, Some(403), "the key was fetched a moment ago");
    tokio::time::advance(Duration::from_secs(31)).await;
    assert_eq!(status_for(&verifier, &new, OSS_URL).await, None);
    assert_eq!(status_for(&verifier, &old, OSS_URL).await, Some(403));
    assert_eq!(source.count(), 2);
    for _ in 0..10 {
        assert_eq!(status_for(&verifier, &old, OSS_URL).await, Some(403));
    }
    assert_eq!(source.count(), 2, "forged signatures cause no fetches");
}

#[tokio::test]
async fn the_cache_is_bounded_and_keeps_what_is_used() {
    let key = SigningKey::generate_rsa_2048().unwrap();
    let source = Recorder::of(&key);
    let verifier = Verifier::builder().source(source.clone()).build();
    assert_eq!(status_for(&verifier, &key, OSS_URL).await, None);
    for number in 0..40 {
        assert_eq!(status_for(&verifier, &key, &format!("{OSS_URL}?{number}")).await, None);
        assert_eq!(status_for(&verifier, &key, OSS_URL).await, None);
    }
    assert_eq!(source.count(), 41, "the key in use was never evicted");
    assert_eq!(status_for(&verifier, &key, &format!("{OSS_URL}?0")).await, None);
    assert_eq!(source.count(), 42, "the oldest one was");
}

#[tokio::test]
async fn a_pinned_key_is_never_fetched() {
    let key = SigningKey::generate_rsa_2048().unwrap();
    let other = SigningKey::generate_rsa_2048().unwrap();
    let source = Recorder::of(&other);
    let verifying = VerifyingKey::from_pem(&key.public_pem().unwrap()).unwrap();
    let url = "http://oss.internal.example/key.pem";
    let verifier = Verifier::builder().source(source.clone()).key(url, verifying).build();
    assert_eq!(status_for(&verifier, &key, url).await, None);
    assert_eq!(status_for(&verifier, &other, url).await, Some(403));
    assert_eq!(source.count(), 0);
}

/// Serves one answer to every connection.
async fn key_server(answer: Vec<u8>) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/callback_pub_key_v1.pem", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; 4096];
            let count = stream.read(&mut bytes).await.unwrap();
            *kept.lock().unwrap() = String::from_utf8_lossy(&bytes[..count]).into_owned();
            let _ = stream.write_all(&answer).await;
        }
    });
    (url, seen)
}

#[tokio::test]
async fn keys_are_fetched_over_http() {
    let key = SigningKey::generate_rsa_2048().unwrap();
    let pem = key.public_pem().unwrap();
    for head in [
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", pem.len()),
        "HTTP/1.0 200 OK\r\n\r\n".to_owned(),
    ] {
        let (url, seen) = key_server(format!("{head}{pem}").into_bytes()).await;
        let prefix = url.replace("callback_pub_key_v1.pem", "");
        let verifier = Verifier::builder().trust(prefix).unwrap().build();
        assert_eq!(status_for(&verifier, &key, &url).await, None);
        assert!(
            seen.lock().unwrap().starts_with("GET /callback_pub_key_v1.pem HTTP/1.0\r\nHost: 127.0.0.1:")
        );
    }
    for (answer, reason) in [
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(), "status 404"),
        (
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "status 302",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n".to_owned(), "too long"),
        (format!("HTTP/1.0 200 OK\r\n\r\n{}", "x".repeat(100_000)), "too long"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nx".to_owned(), "broke off"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx".to_owned(), "not an RSA key"),
        (String::new(), "broke off"),
    ] {
        let (url, _) = key_server(answer.clone().into_bytes()).await;
        let verifier = Verifier::builder().trust(url.replace("callback_pub_key_v1.pem", "")).unwrap().build();
        let encoded = STANDARD.encode(&url);
        let request =
            SignedRequest { path_and_query: "/", authorization: "AA==", pub_key_url: &encoded, body: b"" };
        let error = verifier.verify(&request).await.unwrap_err();
        assert!(error.is_retryable() && error.to_string().contains(reason), "{answer:.40}: {error}");
    }
    let source = HttpKeySource::new().with_timeout(Duration::from_millis(100));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = source.fetch(&format!("http://{}/", listener.local_addr().unwrap())).await.unwrap_err();
    assert!(error.to_string().contains("in time"), "{error}");
}

fn event(content_type: &'static str, body: &'static str) -> CallbackEvent {
    CallbackEvent::new(Bytes::from_static(body.as_bytes()), |name| match name {
        "content-type" => Some(content_type),
        "x-oss-bucket" => Some("examplebucket"),
        _ => None,
    })
}

#[test]
fn forms_and_json_are_read_alike() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Mine {
        object: String,
        size: u64,
    }
    let form = event(
        "application/x-www-form-urlencoded",
        "object=a%2Fb%20c%2Bd&size=9&x%3Auser=42&imageInfo.width=",
    );
    let json = event(
        "application/json; charset=utf-8",
        r#"{"object":"a/b c+d","size":9,"x:user":"42","imageInfo.width":null}"#,
    );
    for event in [&form, &json] {
        assert_eq!(event.deserialize::<Mine>().unwrap(), Mine { object: "a/b c+d".into(), size: 9 });
        let fields = event.fields().unwrap();
        assert_eq!((fields["size"].as_str(), fields["x:user"].as_str()), ("9", "42"));
        assert_eq!(event.bucket.as_deref(), Some("examplebucket"));
        assert!(matches!(event.upload(), Err(EventError::Field("bucket"))));
    }
    assert!(matches!(event("text/plain", "x").fields(), Err(EventError::Type)));
    assert!(matches!(event("application/json", r#"{"a":""b""}"#).fields(), Err(EventError::Json(_))));
    assert!(matches!(
        event("application/x-www-form-urlencoded", "a=1").deserialize::<Mine>(),
        Err(EventError::Form(_))
    ));
}

#[test]
fn the_standard_body_becomes_an_upload() {
    let json = r#"{"bucket":"b","object":"o","etag":"E","size":"12","mimeType":"image/jpeg","imageInfo.height":539,
        "imageInfo.width":810,"imageInfo.format":"jpg","crc64":18446744073709551615,"clientIp":"192.0.2.1","reqId":"R",
        "operation":"PutObject","x:user":"42"}"#;
    let upload = event("application/json", json).upload().unwrap();
    assert_eq!((upload.bucket.as_str(), upload.object.as_str(), upload.size), ("b", "o", 12));
    assert_eq!((upload.image_width, upload.image_height), (Some(810), Some(539)));
    assert_eq!(upload.crc64, Some(u64::MAX));
    assert_eq!(upload.others.get("x:user").map(String::as_str), Some("42"));
    let form = "bucket=b&object=o&etag=E&size=12&imageInfo.height=&crc64=1";
    let upload = event("application/x-www-form-urlencoded", form).upload().unwrap();
    assert_eq!((upload.image_height, upload.crc64), (None, Some(1)));
    let bad = event("application/x-www-form-urlencoded", "bucket=b&object=o&etag=E&size=many");
    assert!(matches!(bad.upload(), Err(EventError::Field("size"))));
}
