//! The first upload: a client asks for a callback over HTTP, and all that happens is printed.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use ossicle_protocol::sign::Signer;
use ossicle_protocol::{BucketName, ObjectKey, Query, SecretKey, Target};
use serde_json::json;
use tokio::net::TcpStream;

use super::application_server::{ApplicationServer, Received};
use super::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, BUCKET, Places};
use crate::app;
use crate::terminal;

const KEY: &str = "hello.txt";
const CONTENT: &str = "Hello from Ossicle.\n";

/// The time that the whole first upload may take; a callback alone has five seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Uploads an object, and prints what was asked, what the application server got, and what the client got. An error says
/// what of it did not work.
pub(super) async fn show(places: &Places, application: &ApplicationServer) -> anyhow::Result<()> {
    let mut callbacks = application.watch();
    let upload = Upload::new(places)?;
    terminal::print(&format!("{}{}", introduction(places), upload.describe()))?;
    let answer = tokio::time::timeout(PATIENCE, upload.send(places))
        .await
        .context("the upload took too long")?
        .context("the upload failed")?;
    let received = callbacks.try_recv().ok();
    terminal::print(&describe_callback(received.as_ref()))?;
    terminal::print(&answer.describe())?;
    match received {
        None => bail!("the application server got no callback"),
        Some(Received { verdict: Err(reason), .. }) => {
            bail!("the callback's signature did not verify: {reason}")
        }
        Some(_) if answer.status != 200 => bail!("the client got status {} instead of 200", answer.status),
        Some(_) => Ok(terminal::print("Everything works: uploaded, called back, verified, answered.\n")?),
    }
}

fn introduction(places: &Places) -> String {
    let Places { endpoint, console, sts, callback_url, region } = places;
    format!(
        "Ossicle is ready.\n\n  \
         store               {endpoint}   (region {region}, bucket {BUCKET})\n  \
         access key id       {ACCESS_KEY_ID}\n  \
         access key secret   {ACCESS_KEY_SECRET}\n  \
         console             {console}\n  \
         STS                 {sts}\n  \
         application server  {callback_url}\n\n"
    )
}

/// A signed PutObject with a callback.
struct Upload {
    headers: HeaderMap,
    callback: serde_json::Value,
    variables: serde_json::Value,
}

/// The answer that the client got.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Upload {
    fn new(places: &Places) -> anyhow::Result<Self> {
        let callback = json!({
            "callbackUrl": places.callback_url,
            "callbackBody": "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&note=${x:note}",
            "callbackBodyType": "application/x-www-form-urlencoded",
        });
        let variables = json!({ "x:note": "my first callback" });
        let mut headers = HeaderMap::new();
        let host = places.endpoint.split("://").nth(1).unwrap_or_default();
        headers.insert(HOST, HeaderValue::try_from(host)?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        headers.insert("x-oss-callback", HeaderValue::try_from(STANDARD.encode(callback.to_string()))?);
        headers.insert("x-oss-callback-var", HeaderValue::try_from(STANDARD.encode(variables.to_string()))?);
        let signer = Signer::new(ACCESS_KEY_ID, SecretKey::new(ACCESS_KEY_SECRET), places.region.as_str());
        let target = Target::Object(BucketName::parse(BUCKET)?, ObjectKey::parse(KEY)?);
        signer.sign_v4_header(&Method::PUT, &target, &Query::default(), &mut headers, &[], app::now())?;
        Ok(Self { headers, callback, variables })
    }

    fn describe(&self) -> String {
        let mut text = String::from("1. A client uploads and asks for a callback\n\n");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  PUT /{BUCKET}/{KEY} HTTP/1.1");
        push_headers(&mut text, &self.headers);
        let _ = writeln!(text, "\n  {}", CONTENT.trim_end());
        let _ = writeln!(text, "\n  x-oss-callback is base64 of      {}", self.callback);
        let _ = writeln!(text, "  x-oss-callback-var is base64 of  {}\n", self.variables);
        text
    }

    async fn send(&self, places: &Places) -> anyhow::Result<Answer> {
        let address = places.endpoint.split("://").nth(1).unwrap_or_default();
        let stream = TcpStream::connect(address).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(connection);
        let mut request =
            http::Request::put(format!("/{BUCKET}/{KEY}")).body(Full::new(Bytes::from(CONTENT)))?;
        *request.headers_mut() = self.headers.clone();
        let response = sender.send_request(request).await?;
        let mut head = String::new();
        let status = response.status();
        let _ = writeln!(head, "  HTTP/1.1 {status}");
        push_headers(&mut head, response.headers());
        let body = response.into_body().collect().await?.to_bytes();
        driver.abort();
        Ok(Answer { status: status.as_u16(), head, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

impl Answer {
    fn describe(&self) -> String {
        format!(
            "3. The client gets the application server's answer\n\n{}\n  {}\n\n",
            self.head,
            self.body.trim_end()
        )
    }
}

fn describe_callback(received: Option<&Received>) -> String {
    let mut text = String::from("2. The store calls the application server\n\n");
    let Some(received) = received else {
        text.push_str("  Nothing came.\n\n");
        return text;
    };
    for line in received.head.lines() {
        let _ = writeln!(text, "  {line}");
    }
    let _ = writeln!(text, "\n  {}\n", received.body);
    let _ = match &received.verdict {
        Ok(()) => writeln!(text, "  The signature verifies with the key at x-oss-pub-key-url.\n"),
        Err(reason) => writeln!(text, "  The signature does not verify: {reason}\n"),
    };
    text
}

fn push_headers(text: &mut String, headers: &HeaderMap) {
    for (name, value) in headers {
        let _ = writeln!(text, "  {name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
}
