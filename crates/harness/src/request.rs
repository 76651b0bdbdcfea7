//! A request that is written out byte by byte and signed unless a test says otherwise.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use ossicle_protocol::Timestamp;

use crate::signing::{self, Key, REGION, Signed, root_key};
use crate::wire::{Answer, Wire};

/// How a request says who sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// No signature.
    Anonymous,
    /// A signature of version 1 in the header.
    HeaderV1,
    /// A signature of version 4 in the header.
    HeaderV4,
    /// A signature of version 1 in the query.
    UrlV1,
    /// A signature of version 4 in the query.
    UrlV4,
}

/// A request under construction.
#[derive(Debug, Clone)]
pub struct Request {
    address: SocketAddr,
    method: String,
    target: String,
    host: String,
    /// `/bucket` where the host names the bucket.
    bucket_of_host: String,
    /// What the signature covers where the target spells it in another way.
    resource: Option<String>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    framed: bool,
    auth: Auth,
    key: Key,
    region: String,
    now: Timestamp,
    expires_s: i64,
}

/// Returns the time now.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_unix_millis(i64::try_from(since.as_millis()).unwrap())
}

impl Request {
    /// Begins a request. `target` is written as it is: path and query, encoded by the test.
    pub fn new(address: SocketAddr, method: &str, target: &str) -> Self {
        Self {
            address,
            method: method.to_owned(),
            target: target.to_owned(),
            host: address.to_string(),
            bucket_of_host: String::new(),
            resource: None,
            headers: Vec::new(),
            body: Vec::new(),
            framed: true,
            auth: Auth::HeaderV4,
            key: root_key(),
            region: REGION.to_owned(),
            now: now(),
            expires_s: 600,
        }
    }

    /// Adds a query parameter, encoded here.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(&signing::encode(name, false));
        if !value.is_empty() {
            self.target.push('=');
            self.target.push_str(&signing::encode(value, false));
        }
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// Leaves `Content-Length` to the test, which frames the body by itself.
    pub fn unframed(mut self) -> Self {
        self.framed = false;
        self
    }

    /// Sends another `Host`, one that names no bucket.
    pub fn host(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    /// Sends another `Host`, one that names `bucket`; the path then is the key alone.
    pub fn host_of(mut self, bucket: &str, host: &str) -> Self {
        self.bucket_of_host = format!("/{bucket}");
        self.host(host)
    }

    /// Signs for this resource.
    pub fn resource(mut self, resource: &str) -> Self {
        self.resource = Some(resource.to_owned());
        self
    }

    /// Signs in this way.
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    /// Sends no signature.
    pub fn anonymous(self) -> Self {
        self.auth(Auth::Anonymous)
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

    /// Signs as if at another time.
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// Sets for how long a signed URL holds.
    pub fn expires(mut self, seconds: i64) -> Self {
        self.expires_s = seconds;
        self
    }

    /// Returns the address that it would be sent to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends on a connection of its own, and checks what every answer must have.
    #[track_caller]
    pub fn send(self) -> Answer {
        let mut wire = Wire::open(self.address);
        self.send_on(&mut wire)
    }

    /// Sends it on a connection that may have been used before.
    #[track_caller]
    pub fn send_on(self, wire: &mut Wire) -> Answer {
        // A refused body may be answered before all of it was sent.
        let _ = wire.try_send(&self.to_bytes());
        let answer =
            wire.answer_to(&self.method).expect("the server closed the connection without an answer");
        check_usual(&answer);
        answer
    }

    /// Writes out the whole request.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.head().into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Writes out the head, signed, with its empty line.
    pub fn head(&self) -> String {
        let (target, headers) = self.signed();
        let mut head = format!("{} {target} HTTP/1.1\r\nHost: {}\r\n", self.method, self.host);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let bodiless =
            self.body.is_empty() && matches!(self.method.as_str(), "GET" | "HEAD" | "DELETE" | "OPTIONS");
        if self.framed && !bodiless {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head + "\r\n"
    }

    /// Returns the URL that a presigned request goes to.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.host, self.signed().0)
    }

    fn signed(&self) -> (String, Vec<(String, String)>) {
        let (mut target, mut headers) = (self.target.clone(), self.headers.clone());
        let add = |target: &mut String, name: &str, value: &str| {
            target.push(if target.contains('?') { '&' } else { '?' });
            target.push_str(&format!("{name}={}", signing::encode(value, false)));
        };
        let iso = self.now.iso8601_basic();
        match self.auth {
            Auth::Anonymous => {}
            Auth::HeaderV1 => {
                let date = self.now.http_date();
                headers.push(("Date".to_owned(), date.clone()));
                let signature = self.covered(&target, &headers, |signed| signed.v1(&self.key, &date));
                headers.push(("Authorization".to_owned(), format!("OSS {}:{signature}", self.key.id)));
            }
            Auth::HeaderV4 => {
                headers.push(("x-oss-date".to_owned(), iso.clone()));
                headers.push(("x-oss-content-sha256".to_owned(), "UNSIGNED-PAYLOAD".to_owned()));
                let signature =
                    self.covered(&target, &headers, |signed| signed.v4(&self.key, &iso, &self.region, &[]));
                let scope = signing::scope(&iso, &self.region);
                let value =
                    format!("OSS4-HMAC-SHA256 Credential={}/{scope},Signature={signature}", self.key.id);
                headers.push(("Authorization".to_owned(), value));
            }
            Auth::UrlV1 => {
                let expires = (self.now.unix_seconds() + self.expires_s).to_string();
                let signature = self.covered(&target, &headers, |signed| signed.v1(&self.key, &expires));
                add(&mut target, "OSSAccessKeyId", &self.key.id);
                add(&mut target, "Expires", &expires);
                add(&mut target, "Signature", &signature);
            }
            Auth::UrlV4 => {
                add(&mut target, "x-oss-signature-version", "OSS4-HMAC-SHA256");
                let scope = signing::scope(&iso, &self.region);
                add(&mut target, "x-oss-credential", &format!("{}/{scope}", self.key.id));
                add(&mut target, "x-oss-date", &iso);
                add(&mut target, "x-oss-expires", &self.expires_s.to_string());
                let signature =
                    self.covered(&target, &headers, |signed| signed.v4(&self.key, &iso, &self.region, &[]));
                add(&mut target, "x-oss-signature", &signature);
            }
        }
        (target, headers)
    }

    fn covered<T>(
        &self,
        target: &str,
        headers: &[(String, String)],
        sign: impl FnOnce(&Signed<'_>) -> T,
    ) -> T {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query: Vec<(String, String)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (signing::decode(name), signing::decode(value)))
            .collect();
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
        let read = || format!("{}{}", self.bucket_of_host, signing::decode(path));
        let mut resource = self.resource.clone().unwrap_or_else(read);
        if resource.matches('/').count() == 1 && resource != "/" {
            resource.push('/');
        }
        sign(&Signed { method: &self.method, resource: &resource, query: &query, headers: &headers })
    }
}

/// Checks what every answer has, whatever was asked.
#[track_caller]
pub fn check_usual(answer: &Answer) {
    let id = answer.spelled("x-oss-request-id");
    let is_id = id.len() == 24 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
    assert!(is_id, "{answer:?}");
    assert!(answer.spelled("x-oss-server-time").parse::<u64>().is_ok(), "{answer:?}");
    assert!(answer.spelled("Date").ends_with(" GMT") && answer.must("Date").len() == 29, "{answer:?}");
    for (name, _) in &answer.headers {
        assert!(is_spelled_as_oss_does(name), "{name} is spelled wrongly: {answer:?}");
    }
}

/// Returns whether a name is spelled as OSS does: `x-oss-*` in lower case, standard names as their standards
/// write them.
fn is_spelled_as_oss_does(name: &str) -> bool {
    if name.to_ascii_lowercase().starts_with("x-oss-") {
        return name.bytes().all(|byte| !byte.is_ascii_uppercase());
    }
    let word = |word: &str| match word {
        "MD5" | "ETag" => true,
        _ => {
            let mut bytes = word.bytes();
            bytes.next().is_some_and(|first| first.is_ascii_uppercase())
                && bytes.all(|b| b.is_ascii_lowercase())
        }
    };
    name.split('-').all(word)
}
