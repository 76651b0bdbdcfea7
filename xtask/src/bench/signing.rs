//! Signed request heads: OSS V1 for Ossicle, AWS signature V4 with an unsigned payload for the peers. Keys and dates are
//! kept as long as they stay the same, so that signing costs the client little.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha1::Sha1;
use sha2::{Digest, Sha256};

const REGION: &str = "us-east-1";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// How a server wants its requests signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Oss,
    S3,
}

impl Dialect {
    /// Returns the path of a bucket itself.
    pub(crate) fn bucket_path(self, bucket: &str) -> String {
        match self {
            Dialect::Oss => format!("/{bucket}/"),
            Dialect::S3 => format!("/{bucket}"),
        }
    }
}

/// What a request asks for. Path and query are encoded already, the query's parameters in sorted order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'static str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) body: usize,
    /// The value of `x-oss-callback`, for servers that know callbacks.
    pub(crate) callback: Option<&'a str>,
}

/// Signs requests to one server with one key.
pub(crate) struct Signer {
    pub(crate) dialect: Dialect,
    host: String,
    id: &'static str,
    secret: &'static str,
    second: i64,
    http_date: String,
    basic_date: String,
    /// Of the S3 dialect; changes with the day.
    day_key: Vec<u8>,
}

impl Signer {
    /// Returns a signer for requests to `host`.
    pub(crate) fn new(dialect: Dialect, host: String, id: &'static str, secret: &'static str) -> Signer {
        let empty = String::new();
        Signer {
            dialect,
            host,
            id,
            secret,
            second: i64::MIN,
            http_date: empty.clone(),
            basic_date: empty,
            day_key: Vec::new(),
        }
    }

    /// Writes out the head of the request, signed as of now.
    pub(crate) fn head(&mut self, request: &Request<'_>) -> Vec<u8> {
        self.refresh(Timestamp::now());
        match self.dialect {
            Dialect::Oss => self.oss(request),
            Dialect::S3 => self.s3(request, UNSIGNED),
        }
    }

    fn refresh(&mut self, now: Timestamp) {
        if now.as_second() == self.second {
            return;
        }
        self.second = now.as_second();
        self.http_date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let day = now.strftime("%Y%m%d").to_string();
        if !self.basic_date.starts_with(&day) {
            let secret = format!("AWS4{}", self.secret);
            self.day_key = [day.as_str(), REGION, "s3", "aws4_request"]
                .iter()
                .fold(secret.into_bytes(), |key, part| hmac_sha256(&key, part.as_bytes()));
        }
        self.basic_date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    }

    fn oss(&self, request: &Request<'_>) -> Vec<u8> {
        let Request { method, path, query, body, callback } = request;
        let date = &self.http_date;
        let callback_line = callback.map(|value| format!("x-oss-callback:{value}\n")).unwrap_or_default();
        let to_sign = format!("{method}\n\n\n{date}\n{callback_line}{path}");
        let mut mac = hmac_of::<Hmac<Sha1>>(self.secret.as_bytes());
        mac.update(to_sign.as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let mark = if query.is_empty() { "" } else { "?" };
        let callback_header =
            callback.map(|value| format!("x-oss-callback: {value}\r\n")).unwrap_or_default();
        format!(
            "{method} {path}{mark}{query} HTTP/1.1\r\nHost: {}\r\nDate: {date}\r\n{callback_header}\
             Content-Length: {body}\r\nAuthorization: OSS {}:{signature}\r\n\r\n",
            self.host, self.id
        )
        .into_bytes()
    }

    fn s3(&self, request: &Request<'_>, payload: &str) -> Vec<u8> {
        let Request { method, path, query, body, .. } = request;
        let (date, host) = (&self.basic_date, &self.host);
        let day = date.split('T').next().unwrap_or_default();
        let names = "host;x-amz-content-sha256;x-amz-date";
        let canonical = format!(
            "{method}\n{path}\n{query}\nhost:{host}\nx-amz-content-sha256:{payload}\nx-amz-date:{date}\n\n{names}\n{payload}"
        );
        let scope = format!("{day}/{REGION}/s3/aws4_request");
        let to_sign =
            format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
        let signature = hex(&hmac_sha256(&self.day_key, to_sign.as_bytes()));
        let mark = if query.is_empty() { "" } else { "?" };
        format!(
            "{method} {path}{mark}{query} HTTP/1.1\r\nHost: {host}\r\nx-amz-content-sha256: {payload}\r\nx-amz-date: {date}\r\n\
             Content-Length: {body}\r\nAuthorization: AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, \
             Signature={signature}\r\n\r\n",
            self.id
        )
        .into_bytes()
    }
}

fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = hmac_of::<Hmac<Sha256>>(key);
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn hmac_of<M: Mac + KeyInit>(key: &[u8]) -> M {
    <M as KeyInit>::new_from_slice(key).expect("a key of any length")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(dialect: Dialect, host: &str, id: &'static str, secret: &'static str, now: &str) -> Signer {
        let mut signer = Signer::new(dialect, host.to_owned(), id, secret);
        signer.refresh(now.parse().unwrap());
        signer
    }

    /// Amazon's published example "GET Bucket (List Objects)" of signature V4 in a header, which hashes the empty body.
    #[test]
    fn s3_v4() {
        let (id, secret) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let signer =
            signer(Dialect::S3, "examplebucket.s3.amazonaws.com", id, secret, "2013-05-24T00:00:00Z");
        let request =
            Request { method: "GET", path: "/", query: "max-keys=2&prefix=J", body: 0, callback: None };
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let head = String::from_utf8(signer.s3(&request, empty)).unwrap();
        let signature = "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7\r\n";
        assert!(head.contains(signature), "{head}");
    }

    /// Signed by hand: `printf 'GET\n\n\nDATE\n/b/k' | openssl dgst -sha1 -hmac sk -binary | base64`.
    #[test]
    fn oss_v1() {
        let request = Request { method: "GET", path: "/b/k", query: "", body: 0, callback: None };
        let signer = signer(Dialect::Oss, "h", "ak", "sk", "2022-12-28T10:27:41Z");
        let head = String::from_utf8(signer.oss(&request)).unwrap();
        assert!(
            head.starts_with("GET /b/k HTTP/1.1\r\nHost: h\r\nDate: Wed, 28 Dec 2022 10:27:41 GMT\r\n"),
            "{head}"
        );
        assert!(head.contains("Authorization: OSS ak:HEkEfr/GU8LdqYOwB+enewDDgbA=\r\n"), "{head}");
    }

    #[test]
    fn the_callback_is_signed_and_the_query_is_sent() {
        let plain = Request { method: "PUT", path: "/b/k", query: "", body: 3, callback: None };
        let with = Request { query: "a=1", callback: Some("e30="), ..plain };
        let signer = signer(Dialect::Oss, "h", "ak", "sk", "2022-12-28T10:27:41Z");
        let sign = |request| String::from_utf8(signer.oss(request)).unwrap();
        let authorization =
            |head: &str| head.lines().find(|line| line.starts_with("Authorization")).unwrap().to_owned();
        assert_ne!(authorization(&sign(&plain)), authorization(&sign(&with)));
        assert!(sign(&with).starts_with("PUT /b/k?a=1 HTTP/1.1\r\n"));
        assert!(sign(&with).contains("\r\nx-oss-callback: e30=\r\n"));
    }
}
