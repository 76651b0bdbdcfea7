//! The outcome of a delivery and the record of each attempt.

use std::net::SocketAddr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::url::CallbackUrl;

/// The result of a delivery and how it came about.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Delivery {
    /// Every attempt, one for each URL that was tried.
    pub attempts: Vec<Attempt>,
    /// The application server's answer, or why there is none.
    pub outcome: Result<Bytes, Failure>,
}

/// A callback that failed, in the words the uploader gets with status 203.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{message} ({ec})")]
#[non_exhaustive]
pub struct Failure {
    /// The message.
    pub message: String,
    /// The error code, such as `0007-00000203`.
    pub ec: &'static str,
}

/// One attempt at one URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attempt {
    /// The URL, as the uploader wrote it.
    pub url: String,
    /// The address that was connected to, or last tried.
    pub address: Option<SocketAddr>,
    /// Request line and headers, as sent.
    pub request_head: String,
    /// The request's body.
    #[serde(with = "readable_bytes")]
    pub request_body: Vec<u8>,
    /// Status line and headers of the answer, when there was one.
    pub response_head: Option<String>,
    /// The answer's body, as far as it is kept.
    #[serde(with = "readable_bytes")]
    pub response_body: Vec<u8>,
    /// True if the answer was longer than what is kept of it.
    pub response_truncated: bool,
    /// The time that each step took.
    pub timings: Timings,
    /// True if the request went over a connection kept from an earlier one.
    pub reused_connection: bool,
    /// True if the application server accepted the callback.
    pub succeeded: bool,
    /// `delivered`, or the message of the failure.
    pub verdict: String,
    /// Mistakes and doubts, in words.
    pub findings: Vec<Finding>,
}

impl Attempt {
    pub(super) fn begin(url: &CallbackUrl, request_head: String, request_body: &[u8]) -> Self {
        Self {
            url: url.as_str().to_owned(),
            address: None,
            request_head,
            request_body: request_body.to_vec(),
            response_head: None,
            response_body: Vec::new(),
            response_truncated: false,
            timings: Timings::default(),
            reused_connection: false,
            succeeded: false,
            verdict: String::new(),
            findings: Vec::new(),
        }
    }

    pub(super) fn keep_body(&mut self, body: &[u8], limit: usize) {
        self.response_body = body.get(..limit).unwrap_or(body).to_vec();
        self.response_truncated = body.len() > limit;
    }
}

/// Microseconds from the start of an attempt to each step; `None` for steps that were not reached or not
/// needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    /// Resolving the name.
    pub resolve: Option<u64>,
    /// Connecting, the TLS handshake included.
    pub connect: Option<u64>,
    /// From sending to the first byte of the answer.
    pub first_byte: Option<u64>,
    /// The whole attempt.
    pub total: u64,
}

/// Bytes as a string where they are UTF-8, otherwise as base64 in an object, so that a journal stays readable.
pub(super) mod readable_bytes {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Form<'a> {
        Text(std::borrow::Cow<'a, str>),
        Binary { base64: String },
    }

    pub(in crate::delivery) fn serialize<S: Serializer>(
        bytes: &[u8],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Form::Text(text.into()).serialize(serializer),
            Err(_) => Form::Binary { base64: STANDARD.encode(bytes) }.serialize(serializer),
        }
    }

    pub(in crate::delivery) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        match Form::deserialize(deserializer)? {
            Form::Text(text) => Ok(text.into_owned().into_bytes()),
            Form::Binary { base64 } => STANDARD.decode(base64).map_err(D::Error::custom),
        }
    }
}
