//! The bytes of a callback on the wire.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest, Md5};

use super::message::Message;
use crate::url::CallbackUrl;

/// Writes request line and headers, the blank line included. Header names have the spelling that OSS uses: some
/// application servers look them up case-sensitively.
pub(super) fn head(message: &Message, url: &CallbackUrl, signature: &str) -> String {
    let mut head = String::with_capacity(1024);
    let _ = write!(head, "POST {} HTTP/1.1\r\n", url.request_target());
    let mut header = |name: &str, value: &str| {
        let _ = write!(head, "{name}: {}\r\n", OneLine(value));
    };
    header("Host", message.host.as_deref().unwrap_or(url.authority()));
    header("Content-Type", message.content_type.as_str());
    header("Content-Length", &message.body.len().to_string());
    header("Content-MD5", &BASE64.encode(Md5::digest(&message.body)));
    header("User-Agent", "aliyun-oss-callback");
    header("Date", &message.date);
    header("Authorization", signature);
    header("x-oss-pub-key-url", &BASE64.encode(&message.public_key_url));
    header("x-oss-bucket", &message.bucket);
    header("x-oss-request-id", &message.request_id);
    header("x-oss-requester", &message.requester);
    header("x-oss-owner", &message.owner);
    header("x-oss-signature-version", "1.0");
    header("x-oss-tag", "CALLBACK");
    if let Some(id) = &message.delivery_id {
        header("x-ossicle-delivery-id", id);
        header("x-ossicle-attempt", &message.attempt.to_string());
    }
    for (name, value) in &message.additional_headers {
        header(name, value);
    }
    head.push_str("\r\n");
    head
}

/// A header value that cannot end its line: a message may come out of a journal, so it is not trusted to be as
/// clean as what the parameters let in.
struct OneLine<'a>(&'a str);

impl std::fmt::Display for OneLine<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in self.0.split(['\r', '\n', '\0']) {
            formatter.write_str(part)?;
        }
        Ok(())
    }
}
