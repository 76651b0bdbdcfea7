//! The forms that browsers send to PostObject.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ossicle_protocol::Timestamp;

use crate::request::{Request, now};
use crate::signing::{self, Key, REGION, root_key};

const BOUNDARY: &str = "9431149156168";

/// A form: fields in their order, then the file.
#[derive(Debug, Clone)]
pub struct Form {
    parts: Vec<Vec<u8>>,
}

/// A policy under construction.
#[derive(Debug, Clone)]
pub struct Policy {
    expiration: Timestamp,
    conditions: Vec<String>,
    key: Key,
    region: String,
    date: Timestamp,
}

impl Form {
    /// Returns a form without fields.
    pub fn new() -> Self {
        Self { parts: Vec::new() }
    }

    /// Adds a field.
    pub fn field(mut self, name: &str, value: &str) -> Self {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        self.parts.push([head.as_bytes(), value.as_bytes()].concat());
        self
    }

    /// Adds fields, such as those of a policy.
    pub fn fields(self, fields: Vec<(String, String)>) -> Self {
        fields.into_iter().fold(self, |form, (name, value)| form.field(&name, &value))
    }

    /// Adds the file, which comes last.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.typed_file(name, "text/plain", content)
    }

    /// Adds the file with a `Content-Type`.
    pub fn typed_file(mut self, name: &str, content_type: &str, content: impl AsRef<[u8]>) -> Self {
        let head = format!(
            "Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {content_type}\r\n\r\n"
        );
        self.parts.push([head.as_bytes(), content.as_ref()].concat());
        self
    }

    /// Adds a part as it is.
    pub fn raw(mut self, part: impl AsRef<[u8]>) -> Self {
        self.parts.push(part.as_ref().to_vec());
        self
    }

    /// Puts the form into a request, which carries no signature of its own.
    pub fn onto(self, request: Request) -> Request {
        request
            .anonymous()
            .header("Content-Type", &format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(self.bytes())
    }

    /// Writes the form out.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in &self.parts {
            bytes.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
            bytes.extend_from_slice(part);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        bytes
    }
}

impl Policy {
    /// Begins a policy for the next ten minutes.
    pub fn new() -> Self {
        let date = now();
        Self {
            expiration: Timestamp::from_unix_millis(date.unix_millis() + 600_000),
            conditions: Vec::new(),
            key: root_key(),
            region: REGION.to_owned(),
            date,
        }
    }

    /// Adds a condition, in JSON.
    pub fn condition(mut self, json: &str) -> Self {
        self.conditions.push(json.to_owned());
        self
    }

    /// Sets the time at which the policy ends.
    pub fn expiring(mut self, at: Timestamp) -> Self {
        self.expiration = at;
        self
    }

    /// Signs with another key.
    pub fn key(mut self, id: &str, secret: &str) -> Self {
        self.key = Key { id: id.to_owned(), secret: secret.to_owned() };
        self
    }

    /// Signs for another region.
    pub fn region(mut self, region: &str) -> Self {
        self.region = region.to_owned();
        self
    }

    fn base64(&self) -> String {
        let expiration = self.expiration.iso8601_millis();
        STANDARD.encode(format!(
            "{{\"expiration\":\"{expiration}\",\"conditions\":[{}]}}",
            self.conditions.join(",")
        ))
    }

    /// Returns the fields of a form signed with version 1.
    pub fn v1(&self) -> Vec<(String, String)> {
        let policy = self.base64();
        let signature = signing::v1_of(&self.key, policy.as_bytes());
        let fields = [("OSSAccessKeyId", self.key.id.clone()), ("policy", policy), ("Signature", signature)];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Returns the fields of a form signed with version 4.
    pub fn v4(&self) -> Vec<(String, String)> {
        let (policy, date) = (self.base64(), self.date.iso8601_basic());
        let signature = signing::v4_of(&self.key, &date, &self.region, policy.as_bytes());
        let credential = format!("{}/{}", self.key.id, signing::scope(&date, &self.region));
        let fields = [
            ("policy", policy),
            ("x-oss-signature-version", "OSS4-HMAC-SHA256".to_owned()),
            ("x-oss-credential", credential),
            ("x-oss-date", date),
            ("x-oss-signature", signature),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
