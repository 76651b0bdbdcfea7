//! An application server: hands out signed upload forms, receives the callbacks, answers the uploader.
//!
//! Run it next to a store, then open <http://127.0.0.1:8080/>:
//!
//! ```text
//! OSS_ENDPOINT=http://127.0.0.1:9000 OSS_BUCKET=demo OSS_ACCESS_KEY_ID=... OSS_ACCESS_KEY_SECRET=... \
//! OSS_KEY_PREFIX=http://127.0.0.1:9001/ cargo run --example application_server --features axum
//! ```

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use axum::{Json, Router};
use ossicle_callback::BodyType;
use ossicle_callback::builder::{Callback, Credentials, PostPolicy, SignedForm};
use ossicle_callback::receiver::{Upload, VerifiedCallback, Verifier};

#[derive(Clone)]
struct App {
    verifier: Verifier,
    endpoint: Arc<str>,
    bucket: Arc<str>,
    credentials: Credentials,
    callback_url: Arc<str>,
    uploads: Arc<Mutex<Vec<Upload>>>,
}

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = tokio::net::TcpListener::bind(&listen).await?;
    let address = listener.local_addr()?;
    let mut verifier = Verifier::builder();
    if let Ok(prefix) = std::env::var("OSS_KEY_PREFIX") {
        verifier = verifier.trust(prefix)?;
    }
    let callback_url = std::env::var("CALLBACK_URL").unwrap_or_else(|_| format!("http://{address}/uploaded"));
    let app = App {
        verifier: verifier.build(),
        endpoint: std::env::var("OSS_ENDPOINT")?.into(),
        bucket: std::env::var("OSS_BUCKET")?.into(),
        credentials: Credentials::new(
            std::env::var("OSS_ACCESS_KEY_ID")?,
            std::env::var("OSS_ACCESS_KEY_SECRET")?,
        ),
        callback_url: callback_url.into(),
        uploads: Arc::default(),
    };
    println!("listening on http://{address}/");
    axum::serve(listener, router(app)).await?;
    Ok(())
}

fn router(app: App) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/uploaded", post(uploaded))
        .route("/uploads", get(list))
        .with_state(app)
}

/// Gives every visitor a form that may upload one file of at most 10 MiB within five minutes.
async fn page(State(app): State<App>) -> Result<Html<String>, (StatusCode, String)> {
    let form = sign(&app).map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let fields: String = form
        .iter()
        .map(|(name, value)| format!("<input type=hidden name=\"{name}\" value=\"{}\">\n", escape(value)))
        .collect();
    let action = format!("{}/{}", app.endpoint, app.bucket);
    Ok(Html(format!(
        "<!doctype html><title>Upload</title><form method=post enctype=multipart/form-data action=\"{action}\">\n{fields}\
         <input type=file name=file> <button>Upload</button></form>"
    )))
}

fn sign(app: &App) -> Result<SignedForm, ossicle_callback::ParameterError> {
    let callback = Callback::new(&*app.callback_url).var("user", "42").standard(BodyType::Json);
    let policy = PostPolicy::new(&app.bucket, SystemTime::now() + Duration::from_secs(300))
        .key("uploads/${filename}")
        .content_length(0..=10 * 1024 * 1024)
        .callback(&callback)?;
    Ok(policy.sign_v1(&app.credentials))
}

/// Runs only for callbacks whose signature is right. What it answers is what the uploader gets.
async fn uploaded(State(app): State<App>, VerifiedCallback(event): VerifiedCallback) -> impl IntoResponse {
    let upload = match event.upload() {
        Ok(upload) => upload,
        Err(error) => {
            let answer = serde_json::json!({ "Status": "error", "reason": error.to_string() });
            return (StatusCode::BAD_REQUEST, Json(answer));
        }
    };
    let answer = serde_json::json!({ "Status": "OK", "object": upload.object, "size": upload.size });
    println!("{} bytes in {}/{}", upload.size, upload.bucket, upload.object);
    match app.uploads.lock() {
        Ok(mut uploads) => uploads.push(upload),
        Err(_) => return (StatusCode::INTERNAL_SERVER_ERROR, Json(serde_json::json!({ "Status": "error" }))),
    }
    (StatusCode::OK, Json(answer))
}

async fn list(State(app): State<App>) -> Json<Vec<String>> {
    let uploads = app.uploads.lock();
    let names = uploads.map(|uploads| uploads.iter().map(|upload| upload.object.clone()).collect());
    Json(names.unwrap_or_default())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use ossicle_callback::SigningKey;
    use ossicle_callback::receiver::FixedKeys;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const KEY_URL: &str = "http://oss.internal.example/callback_pub_key_v1.pem";

    async fn exchange(address: std::net::SocketAddr, request: String) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    fn callback(key: &SigningKey, body: &str) -> String {
        let authorization =
            key.sign("/uploaded", br#"{"bucket":"demo","object":"a","etag":"E","size":9}"#).unwrap();
        let length = body.len();
        let key_url = STANDARD.encode(KEY_URL);
        format!(
            "POST /uploaded HTTP/1.1\r\nHost: app\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nAuthorization: {authorization}\r\nx-oss-pub-key-url: {key_url}\r\n\r\n{body}"
        )
    }

    #[tokio::test]
    async fn gives_out_forms_and_believes_only_signed_callbacks() {
        let key = SigningKey::generate_rsa_2048().unwrap();
        let keys = FixedKeys::new().with(KEY_URL, key.public_pem().unwrap());
        let verifier =
            Verifier::builder().source(keys).trust("http://oss.internal.example/").unwrap().build();
        let app = App {
            verifier,
            endpoint: "http://127.0.0.1:9000".into(),
            bucket: "demo".into(),
            credentials: Credentials::new("id", "secret"),
            callback_url: "http://127.0.0.1:8080/uploaded".into(),
            uploads: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router(app)).await.unwrap() });

        let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n");
        let page = exchange(address, get("/")).await;
        for field in ["key", "OSSAccessKeyId", "policy", "Signature", "callback", "x:user", "file"] {
            assert!(
                page.contains(&format!("name=\"{field}\"")) || page.contains(&format!("name={field}>")),
                "{page}"
            );
        }
        let signed = callback(&key, r#"{"bucket":"demo","object":"a","etag":"E","size":9}"#);
        let answer = exchange(address, signed).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("content-length: "), "{answer}");
        assert!(answer.ends_with(r#"{"Status":"OK","object":"a","size":9}"#), "{answer}");
        let forged =
            exchange(address, callback(&key, r#"{"bucket":"demo","object":"b","etag":"E","size":9}"#)).await;
        assert!(forged.starts_with("HTTP/1.1 403 "), "{forged}");
        assert!(exchange(address, get("/uploads")).await.ends_with(r#"["a"]"#));
    }
}
