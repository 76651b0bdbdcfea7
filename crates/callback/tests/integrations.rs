//! The axum extractor and the tower layer, called by the delivery client itself.
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::net::SocketAddr;
use std::time::Duration;

use axum::routing::post;
use axum::{Extension, Json, Router};
use ossicle_callback::receiver::{CallbackEvent, FixedKeys, VerifiedCallback, Verifier, VerifyLayer};
use ossicle_callback::{
    AddressGuard, BodyType, CallbackUrl, ClientConfig, Delivery, DeliveryClient, Message, SigningKey,
};

const KEY_URL: &str = "http://oss.internal.example/callback_pub_key_v1.pem";

fn verifier(key: &SigningKey) -> Verifier {
    let keys = FixedKeys::new().with(KEY_URL, key.public_pem().unwrap());
    Verifier::builder().source(keys).trust("http://oss.internal.example/").unwrap().max_body(1000).build()
}

async fn echo(VerifiedCallback(event): VerifiedCallback) -> Json<serde_json::Value> {
    Json(serde_json::json!({ "bucket": event.bucket, "fields": event.fields().unwrap() }))
}

async fn behind_layer(Extension(event): Extension<CallbackEvent>, body: String) -> Json<serde_json::Value> {
    Json(serde_json::json!({ "event": event.fields().unwrap(), "body": body }))
}

async fn serve(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

async fn deliver(key: &SigningKey, url: String, body: &str, change: impl Fn(&mut Message)) -> Delivery {
    let url = CallbackUrl::parse(&url).unwrap();
    let mut message = Message {
        signatures: vec![key.sign(url.request_target(), body.as_bytes()).unwrap()],
        urls: vec![url],
        host: None,
        sni: false,
        content_type: BodyType::Form,
        additional_headers: Vec::new(),
        body: body.as_bytes().to_vec(),
        public_key_url: KEY_URL.into(),
        bucket: "examplebucket".into(),
        request_id: "R".into(),
        requester: "1".into(),
        owner: "1".into(),
        date: "Mon, 14 Sep 2015 12:37:27 GMT".into(),
        delivery_id: None,
        attempt: 1,
    };
    change(&mut message);
    let mut config = ClientConfig::default();
    config.guard = AddressGuard::loopback();
    config.timeout = Duration::from_secs(10);
    DeliveryClient::new(config).unwrap().deliver(&message).await
}

#[tokio::test]
async fn the_extractor_lets_only_verified_callbacks_in() {
    let key = SigningKey::generate_rsa_2048().unwrap();
    let routes = Router::new().route("/a%20b/callback", post(echo)).route("/callback", post(echo));
    // A nested router hides the front of the path from its handlers; the signature covers all of it.
    let app = Router::new().nest("/api/v4", routes.clone()).merge(routes).with_state(verifier(&key));
    let address = serve(app).await;
    for path in ["/callback", "/callback?id=1&x=%2F+", "/callback?", "/api/v4/callback?q", "/a%20b/callback"]
    {
        let delivery = deliver(&key, format!("http://{address}{path}"), "object=a%2Fb&size=9", |_| {}).await;
        let answer = delivery.outcome.unwrap();
        assert_eq!(answer, r#"{"bucket":"examplebucket","fields":{"object":"a/b","size":"9"}}"#, "{path}");
    }
    let url = format!("http://{address}/callback");
    let rejected = async |change: &dyn Fn(&mut Message)| {
        let delivery = deliver(&key, url.clone(), "object=a", change).await;
        let body = String::from_utf8(delivery.attempts[0].response_body.clone()).unwrap();
        assert!(body.starts_with("{\"error\":"), "{body}");
        delivery.outcome.unwrap_err().message
    };
    assert_eq!(rejected(&|message| message.body.push(b'x')).await, "Error status : 403.");
    assert_eq!(rejected(&|message| message.signatures = vec!["?".into()]).await, "Error status : 403.");
    assert_eq!(
        rejected(&|message| message.public_key_url = "http://attacker.example/".into()).await,
        "Error status : 403."
    );
    assert_eq!(
        rejected(&|message| message.public_key_url = "http://oss.internal.example/v9".into()).await,
        "Error status : 503."
    );
    assert_eq!(rejected(&|message| message.public_key_url = String::new()).await, "Error status : 400.");
    assert_eq!(rejected(&|message| message.body = vec![b'a'; 1001]).await, "Error status : 413.");
}

#[tokio::test]
async fn the_layer_lets_only_verified_callbacks_through() {
    let key = SigningKey::generate_rsa_2048().unwrap();
    let app = Router::new().route("/callback", post(behind_layer)).layer(VerifyLayer::new(verifier(&key)));
    let address = serve(app).await;
    let url = format!("http://{address}/callback?id=1");
    let delivery = deliver(&key, url.clone(), "object=a", |_| {}).await;
    assert_eq!(delivery.outcome.unwrap(), r#"{"body":"object=a","event":{"object":"a"}}"#);
    let forged = deliver(&key, url, "object=a", |message| message.body = b"object=b".to_vec()).await;
    assert_eq!(forged.outcome.unwrap_err().message, "Error status : 403.");
    assert_eq!(
        forged.attempts[0].response_body,
        b"{\"error\":\"the signature does not match the request and this key\"}"
    );
}

#[tokio::test]
async fn a_body_that_announces_itself_as_too_long_is_not_read() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let key = SigningKey::generate_rsa_2048().unwrap();
    let extractor = Router::new().route("/x", post(echo)).with_state(verifier(&key));
    let layer = Router::new().route("/x", post(behind_layer)).layer(VerifyLayer::new(verifier(&key)));
    for app in [extractor, layer] {
        let mut stream = tokio::net::TcpStream::connect(serve(app).await).await.unwrap();
        // Nothing of the body is sent: who waits for it waits for ever.
        stream.write_all(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n").await.unwrap();
        let mut answer = vec![0; 12];
        let read = stream.read_exact(&mut answer);
        tokio::time::timeout(Duration::from_secs(20), read).await.unwrap().unwrap();
        assert_eq!(answer, b"HTTP/1.1 413");
    }
}
