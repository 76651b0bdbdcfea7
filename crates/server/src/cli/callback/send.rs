//! `ossicle callback send`: makes up an upload, and calls an application server about it as the store would.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use clap::{Args, ValueEnum};
use md5::Digest as _;
use ossicle_callback::{
    AddressGuard, Attempt, BodyType, CallbackParameters, ClientConfig, CustomVariables, Delivery,
    DeliveryClient, Finding, Message, Requested, SigningKey, Variables, parse_callback_json,
};
use ossicle_protocol::{ETag, media_type_for};
use serde_json::json;

use super::{Exit, Format, print};
use crate::app;
use crate::callback::image;
use crate::callback::keys::folder;

/// Arguments of `ossicle callback send`.
#[derive(Debug, Args)]
pub(super) struct Send {
    /// The callbackUrl: one to five URLs joined by ';'.
    #[arg(long)]
    url: String,
    /// The callbackBody: a template such as 'bucket=${bucket}&size=${size}&user=${x:user}'.
    #[arg(long)]
    body: String,
    /// How variables are written into the template.
    #[arg(long, value_enum, default_value_t)]
    body_type: BodyTypeName,
    /// A custom variable, as x:name=value; may be given several times.
    #[arg(long = "var", value_name = "x:NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// The file that was "uploaded"; without one the object is empty.
    #[arg(long, value_name = "FILE")]
    object: Option<PathBuf>,
    /// The object's key; default: the file's name.
    #[arg(long)]
    key: Option<String>,
    /// The bucket's name.
    #[arg(long, default_value = "demo")]
    bucket: String,
    /// The callbackHost: the value of the Host header.
    #[arg(long)]
    host: Option<String>,
    /// The callbackSNI: tell a TLS server the name.
    #[arg(long)]
    sni: bool,
    /// A header of additionalHeaders, as 'Name: value'; may be given several times.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// Sign with the key of this data folder instead of one made for the occasion.
    #[arg(long, value_name = "DIR", requires = "public_key_url")]
    data_dir: Option<PathBuf>,
    /// The URL of the public key that the application server is told; default: served from here while this runs.
    #[arg(long, value_name = "URL")]
    public_key_url: Option<String>,
    /// Time for each URL.
    #[arg(long, value_name = "MS", default_value_t = 5000)]
    timeout_ms: u64,
    /// PEM file with further certificate authorities.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Text for people, or JSON for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum BodyTypeName {
    /// application/x-www-form-urlencoded
    #[default]
    Form,
    /// application/json
    Json,
}

/// The key that signs and where the application server finds its public half.
struct Key {
    signing: SigningKey,
    url: String,
}

impl Send {
    pub(super) async fn run(self) -> Result<(), Exit> {
        let parameters = self.parameters().map_err(Exit::unusable)?;
        let (body, findings) = self.render(&parameters).map_err(Exit::unusable)?;
        let key = self.signing_key().await.map_err(Exit::unusable)?;
        let message = self.message(&parameters, body, &key).map_err(Exit::unusable)?;
        let mut config = ClientConfig::default();
        config.guard = AddressGuard::allow_all();
        config.timeout = Duration::from_millis(self.timeout_ms);
        config.ca_file.clone_from(&self.ca_file);
        let client = DeliveryClient::new(config).map_err(Exit::unusable)?;
        let delivery = client.deliver(&message).await;
        print(&self.describe(&delivery, &findings))?;
        delivery.outcome.map(drop).map_err(Exit::failed)
    }

    /// Reads the parameters with the same checks as a client's.
    fn parameters(&self) -> anyhow::Result<CallbackParameters> {
        let body_type = match self.body_type {
            BodyTypeName::Form => BodyType::Form,
            BodyTypeName::Json => BodyType::Json,
        };
        let headers: serde_json::Map<String, serde_json::Value> =
            self.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let mut callback = json!({
            "callbackUrl": self.url,
            "callbackBody": self.body,
            "callbackBodyType": body_type.as_str(),
            "callbackSNI": self.sni,
            "additionalHeaders": headers,
        });
        if let (Some(host), Some(fields)) = (&self.host, callback.as_object_mut()) {
            fields.insert("callbackHost".to_owned(), host.as_str().into());
        }
        match parse_callback_json(callback.to_string().as_bytes()) {
            Ok(Some(Requested::Callback(parameters))) => Ok(parameters),
            Ok(_) => Err(anyhow!(
                "--url is empty: name the application server, such as http://127.0.0.1:8080/callback"
            )),
            Err(error) => Err(anyhow!("{} (EC {}, {})", error.message, error.ec, error.argument_name)),
        }
    }

    fn render(&self, parameters: &CallbackParameters) -> anyhow::Result<(Vec<u8>, Vec<Finding>)> {
        let content = match &self.object {
            Some(path) => {
                std::fs::read(path).with_context(|| format!("cannot read --object {}", path.display()))?
            }
            None => Vec::new(),
        };
        let name = self.object.as_ref().and_then(|path| path.file_name()).and_then(|name| name.to_str());
        let key = self.key.as_deref().or(name).unwrap_or("example.txt");
        let md5: [u8; 16] = md5::Md5::digest(&content).into();
        let mut custom = CustomVariables::default();
        for (name, value) in &self.variables {
            custom.insert(name, value);
        }
        let etag = ETag::of_content(md5);
        let variables = Variables {
            bucket: &self.bucket,
            object: key,
            etag: etag.as_str(),
            size: content.len() as u64,
            mime_type: media_type_for(key),
            image: image::in_memory(&content),
            crc64: crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Xz, &content),
            content_md5: Some(&base64::engine::general_purpose::STANDARD.encode(md5)),
            vpc_id: "",
            client_ip: "127.0.0.1",
            request_id: &request_id(),
            operation: "PutObject",
        };
        let rendered = parameters.render(&variables, &custom)?;
        Ok((rendered.body, rendered.findings))
    }

    async fn signing_key(&self) -> anyhow::Result<Key> {
        if let (Some(data_dir), Some(url)) = (&self.data_dir, &self.public_key_url) {
            let signing =
                folder::open(&data_dir.join("keys"))?.into_newest().context("the data folder has no key")?;
            return Ok(Key { signing, url: url.clone() });
        }
        let signing = SigningKey::generate_rsa_2048()?;
        let served = serve(signing.public_pem()?).await?;
        Ok(Key { signing, url: self.public_key_url.clone().unwrap_or(served) })
    }

    fn message(&self, parameters: &CallbackParameters, body: Vec<u8>, key: &Key) -> anyhow::Result<Message> {
        let signatures = parameters.urls().iter().map(|url| key.signing.sign(url.request_target(), &body));
        let request_id = request_id();
        Ok(Message {
            urls: parameters.urls().to_vec(),
            host: parameters.host().map(str::to_owned),
            sni: parameters.sni(),
            content_type: parameters.body_type(),
            additional_headers: parameters.additional_headers().to_vec(),
            signatures: signatures.collect::<Result<_, _>>()?,
            body,
            public_key_url: key.url.clone(),
            bucket: self.bucket.clone(),
            request_id: request_id.clone(),
            requester: "ossicle-callback-send".to_owned(),
            owner: "ossicle-callback-send".to_owned(),
            date: app::now().http_date(),
            delivery_id: Some(request_id),
            attempt: 1,
        })
    }

    fn describe(&self, delivery: &Delivery, findings: &[Finding]) -> String {
        if self.format == Format::Json {
            let outcome = delivery.outcome.as_ref().err();
            let shown = json!({ "attempts": delivery.attempts, "findings": findings, "failure": outcome });
            return format!("{shown}\n");
        }
        let mut text = String::new();
        for attempt in &delivery.attempts {
            describe_attempt(&mut text, attempt);
        }
        for finding in findings {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "note: {finding}");
        }
        text
    }
}

/// Describes one attempt: what was sent, what came back, how long it took, and what to make of it.
pub(super) fn describe_attempt(text: &mut String, attempt: &Attempt) {
    let sent = String::from_utf8_lossy(&attempt.request_body);
    let _ = writeln!(text, "{}\n\n{sent}\n", attempt.request_head.trim_end());
    if let Some(head) = &attempt.response_head {
        let came = String::from_utf8_lossy(&attempt.response_body);
        let _ = writeln!(text, "{}\n\n{came}\n", head.trim_end());
    }
    let milliseconds = attempt.timings.total as f64 / 1000.0;
    let _ = writeln!(text, "{} after {milliseconds:.1} ms", attempt.verdict);
    for finding in &attempt.findings {
        let _ = writeln!(text, "note: {finding}");
    }
}

/// Serves the public key from a free port for as long as this process lives.
async fn serve(pem: String) -> anyhow::Result<String> {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.context("cannot serve the public key")?;
    let url = format!("http://{}/callback_pub_key_v1.pem", socket.local_addr()?);
    let pem: Arc<str> = pem.into();
    let router = Router::new().route("/callback_pub_key_v1.pem", get(async move || pem.to_string()));
    tokio::spawn(async move { axum::serve(socket, router).await });
    Ok(url)
}

fn request_id() -> String {
    format!("{:024X}", rand::random::<u128>() >> 32)
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if name.starts_with("x:") => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a variable is written x:name=value".to_owned()),
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("a header is written 'Name: value'".to_owned()),
    }
}
