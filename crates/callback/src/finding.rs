//! Findings, in words, for the user of a callback: those of the template and of a delivery.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of findings; the kebab-case name is stable and meant for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FindingKind {
    /// A string variable of a JSON template stands inside quotes already.
    QuotedVariable,
    /// The braces of the template were percent-encoded, so nothing was replaced.
    EncodedBraces,
    /// The JSON type was asked for but the body sent is not JSON.
    BodyNotJson,
    /// A custom variable of the template was not given.
    UndefinedVariable,
    /// The name leads to an address that callbacks may not reach.
    AddressRefused,
    /// The name did not resolve.
    NameNotResolved,
    /// Nobody listens there, or the network says no.
    ConnectFailed,
    /// The TLS handshake or the certificate check failed.
    TlsFailed,
    /// The TLS failure looks as if the server needs to be told the name.
    NeedsSni,
    /// The application server redirects; callbacks follow no redirect.
    Redirect,
    /// The answer has no Content-Length.
    NoContentLength,
    /// The answer is chunked, which has no Content-Length.
    Chunked,
    /// The Content-Length is not a number, or two of them disagree.
    BadContentLength,
    /// The answer is longer than allowed.
    TooLong,
    /// The answer starts with a byte order mark.
    ByteOrderMark,
    /// The answer has no body.
    EmptyBody,
    /// The answer is not JSON.
    AnswerNotJson,
    /// The status is not 200.
    Status,
    /// The exchange took too long.
    Late,
    /// The exchange succeeded but took most of the time there is.
    Slow,
    /// The connection ended before the answer was whole.
    ClosedEarly,
    /// The answer is not HTTP.
    NotHttp,
    /// A kept connection had gone stale and the request was sent again on a new one.
    Resent,
    /// Too many callbacks were in flight.
    TooMany,
    /// A kind that this version does not know, read from a newer record.
    #[serde(other)]
    Other,
}

/// One observation about a callback: its kind for programs, a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// The kind.
    pub kind: FindingKind,
    /// A sentence that says what was seen and what to do about it.
    pub sentence: String,
}

impl Finding {
    /// Creates a finding of `kind`.
    #[must_use]
    pub fn new(kind: FindingKind, sentence: impl Into<String>) -> Self {
        Self { kind, sentence: sentence.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence)
    }
}
