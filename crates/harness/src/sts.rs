//! Requests to the Security Token Service, signed here in both of its ways.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ossicle_protocol::Timestamp;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::request::now;
use crate::signing::{Key, encode, root_key};
use crate::wire::{Answer, Wire};

/// How a request is signed and where its parameters stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// HMAC-SHA1, all in the query.
    Get,
    /// HMAC-SHA1, all in a form.
    Form,
    /// ACS3-HMAC-SHA256, parameters in the query.
    Acs3,
    /// ACS3-HMAC-SHA256, parameters in a form.
    Acs3Form,
}

impl Style {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Get, Self::Form, Self::Acs3, Self::Acs3Form];

    fn is_acs3(self) -> bool {
        matches!(self, Self::Acs3 | Self::Acs3Form)
    }

    fn has_form(self) -> bool {
        matches!(self, Self::Form | Self::Acs3Form)
    }
}

/// A request under construction.
#[derive(Debug, Clone)]
pub struct StsRequest {
    address: SocketAddr,
    host: String,
    action: String,
    parameters: Vec<(String, String)>,
    style: Style,
    key: Key,
    token: Option<String>,
    now: Timestamp,
    nonce: String,
}

impl StsRequest {
    /// Begins a request for an action, signed by the root key, whose answer is to be JSON.
    pub fn new(address: SocketAddr, action: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let nonce = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self {
            address,
            host: address.to_string(),
            action: action.to_owned(),
            parameters: vec![("Format".to_owned(), "JSON".to_owned())],
            style: Style::Form,
            key: root_key(),
            token: None,
            now: now(),
            nonce,
        }
    }

    /// Sets a parameter.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.parameters.retain(|(other, _)| other != name);
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Signs in this way.
    pub fn style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// Sends it to another server.
    pub fn to(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Sends another `Host`.
    pub fn host(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    /// Signs with another key.
    pub fn key(mut self, id: &str, secret: &str) -> Self {
        self.key = Key { id: id.to_owned(), secret: secret.to_owned() };
        self
    }

    /// Sends the token of a temporary key.
    pub fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Signs as if at another time.
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// Sends it on a connection of its own.
    #[track_caller]
    pub fn send(&self) -> Answer {
        let mut wire = Wire::open(self.address);
        wire.send(self.to_bytes());
        wire.answer()
    }

    /// Writes out the whole request.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut parameters = self.parameters.clone();
        let mut headers = vec![("host".to_owned(), self.host.clone())];
        if !self.style.is_acs3() {
            self.sign_parameters(&mut parameters);
        }
        let written = write(&parameters);
        let (query, body) =
            if self.style.has_form() { (String::new(), written) } else { (written, String::new()) };
        if self.style.has_form() {
            headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
        }
        if self.style.is_acs3() {
            self.sign_headers(&mut headers, &parameters, &body);
        }
        let target = if query.is_empty() { "/".to_owned() } else { format!("/?{query}") };
        let mut text = format!("{} {target} HTTP/1.1\r\n", self.method());
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        text.into_bytes()
    }

    fn method(&self) -> &'static str {
        if self.style == Style::Get { "GET" } else { "POST" }
    }

    fn time(&self) -> String {
        self.now.iso8601_seconds()
    }

    fn sign_parameters(&self, parameters: &mut Vec<(String, String)>) {
        let mut add = |name: &str, value: &str| parameters.push((name.to_owned(), value.to_owned()));
        add("Action", &self.action);
        add("Version", "2015-04-01");
        add("AccessKeyId", &self.key.id);
        add("SignatureMethod", "HMAC-SHA1");
        add("SignatureVersion", "1.0");
        add("SignatureNonce", &self.nonce);
        add("Timestamp", &self.time());
        if let Some(token) = &self.token {
            add("SecurityToken", token);
        }
        let mut sorted = parameters.clone();
        sorted.sort();
        let text = format!("{}&%2F&{}", self.method(), encode(&write(&sorted), false));
        let mut mac = Hmac::<Sha1>::new_from_slice(format!("{}&", self.key.secret).as_bytes()).unwrap();
        mac.update(text.as_bytes());
        parameters.push(("Signature".to_owned(), STANDARD.encode(mac.finalize().into_bytes())));
    }

    fn sign_headers(&self, headers: &mut Vec<(String, String)>, parameters: &[(String, String)], body: &str) {
        let digest = hex(&Sha256::digest(body.as_bytes()));
        let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
        add("x-acs-action", &self.action);
        add("x-acs-version", "2015-04-01");
        add("x-acs-date", &self.time());
        add("x-acs-signature-nonce", &self.nonce);
        add("x-acs-content-sha256", &digest);
        if let Some(token) = &self.token {
            add("x-acs-security-token", token);
        }
        let mut sorted = headers.clone();
        sorted.sort();
        let lines: String = sorted.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let names: Vec<&str> = sorted.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(";");
        let mut query = if self.style.has_form() { Vec::new() } else { parameters.to_vec() };
        query.sort();
        let canonical = format!("POST\n/\n{}\n{lines}\n{names}\n{digest}", write(&query));
        let text = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical.as_bytes())));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.secret.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        let value = format!(
            "ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}",
            self.key.id
        );
        headers.push(("authorization".to_owned(), value));
    }
}

fn write(parameters: &[(String, String)]) -> String {
    let pairs: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name, false), encode(value, false)))
        .collect();
    pairs.join("&")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
