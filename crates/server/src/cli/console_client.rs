//! The console's API as the command line uses it: small JSON requests over HTTP with the access key.

use anyhow::{Context as _, anyhow, bail};
use base64::Engine as _;
use bytes::Bytes;
use clap::Args;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpStream;

/// The longest answer that is read: a page of the journal, or one delivery with all its attempts.
const MOST_ANSWER: usize = 64 * 1024 * 1024;

/// The console's address and the key of who asks.
#[derive(Debug, Clone, Args)]
pub(super) struct ConsoleClient {
    /// The URL of the server's console.
    #[arg(
        id = "console",
        long,
        value_name = "URL",
        env = "OSSICLE_CONSOLE",
        global = true,
        default_value = "http://127.0.0.1:9001"
    )]
    url: String,
    /// The access key id; the console of `ossicle dev` needs none from this machine.
    #[arg(long, env = "OSSICLE_ROOT_ACCESS_KEY_ID", hide_env_values = true, global = true)]
    access_key_id: Option<String>,
    /// The access key secret; better given in the environment than here.
    #[arg(long, env = "OSSICLE_ROOT_ACCESS_KEY_SECRET", hide_env_values = true, global = true)]
    access_key_secret: Option<String>,
}

impl ConsoleClient {
    /// Fetches a path, and reads the answer as JSON.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        Ok(serde_json::from_value(self.send(Method::GET, path, &Value::Null).await?)?)
    }

    /// Asks for something to be done.
    pub(super) async fn post(&self, path: &str) -> anyhow::Result<Value> {
        self.send(Method::POST, path, &Value::Null).await
    }

    /// Sends a request with a document, or none for null, and reads the answer.
    pub(super) async fn send(&self, method: Method, path: &str, document: &Value) -> anyhow::Result<Value> {
        let authority =
            self.url.strip_prefix("http://").ok_or_else(|| anyhow!("--console takes an http:// URL"))?;
        let authority = authority.trim_end_matches('/');
        let address = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        let stream = TcpStream::connect(&address).await.with_context(|| {
            format!(
                "cannot reach the console at {}: is the server running? Name another with --console",
                self.url
            )
        })?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(connection);
        let body = if document.is_null() { Bytes::new() } else { Bytes::from(document.to_string()) };
        let mut request = Request::builder().method(method).uri(path).body(Full::new(body))?;
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::try_from(authority)?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let (Some(id), Some(secret)) = (&self.access_key_id, &self.access_key_secret) {
            let basic = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
            headers.insert(AUTHORIZATION, HeaderValue::try_from(format!("Basic {basic}"))?);
        }
        let response = sender.send_request(request).await.context("the console did not answer")?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MOST_ANSWER).collect().await;
        let body = body.map_err(|error| anyhow!("the console's answer broke off: {error}"))?.to_bytes();
        driver.abort();
        let answer: Value = serde_json::from_slice(&body).context("the console did not answer with JSON")?;
        if status.is_success() {
            return Ok(answer);
        }
        let message = answer.get("message").and_then(Value::as_str).unwrap_or("no reason given");
        if status == StatusCode::UNAUTHORIZED {
            bail!(
                "{message} Set OSSICLE_ROOT_ACCESS_KEY_ID and OSSICLE_ROOT_ACCESS_KEY_SECRET to the server's key."
            );
        }
        bail!("{message} ({status})")
    }
}
