//! Everything that can go wrong with a callback, and the words that the uploader and the operator get for it.

use std::net::SocketAddr;
use std::time::Duration;

use super::record::Failure;
use crate::finding::{Finding, FindingKind};
use crate::guard::Refused;

const STATUS: &str = "0007-00000203";
const LATE: &str = "0007-00000202";

/// The reason for which an attempt failed.
#[derive(Debug)]
pub(super) enum AttemptError {
    /// The name did not resolve.
    Unresolved {
        host: String,
        reason: String,
    },
    /// Every address of the host is one that callbacks may not reach.
    Refused {
        host: String,
        refused: Refused,
    },
    /// No address accepted a connection.
    Unreachable {
        reason: String,
    },
    /// The TLS handshake or the certificate check failed.
    Tls {
        reason: String,
        name_matters: bool,
    },
    /// The connection ended before or within the answer.
    Closed {
        reason: &'static str,
    },
    /// Something other than HTTP came back.
    NotHttp {
        reason: &'static str,
    },
    /// The time was over.
    Late {
        address: Option<SocketAddr>,
        cost: Duration,
        timeout: Duration,
    },
    /// A status other than 200.
    Status {
        status: u16,
        location: Option<String>,
    },
    MissingLength {
        chunked: bool,
    },
    InvalidLength,
    TooLong {
        limit: u64,
    },
    NotJson {
        error: JsonError,
    },
}

/// The reason for which an answer is not JSON.
#[derive(Debug)]
pub(super) enum JsonError {
    Empty,
    ByteOrderMark,
    Syntax(String),
}

impl AttemptError {
    /// Returns what the uploader is told.
    pub(super) fn failure(&self) -> Failure {
        let (message, ec) = match self {
            Self::Unresolved { .. }
            | Self::Unreachable { .. }
            | Self::Closed { .. }
            | Self::NotHttp { .. } => ("Error status : 502.".to_owned(), STATUS),
            Self::Late { address: None, .. } => ("Error status : 502.".to_owned(), STATUS),
            Self::Refused { .. } | Self::Tls { .. } => (
                "Error status : -1.OSS can not connect to your callbackUrl, please check it.".to_owned(),
                STATUS,
            ),
            Self::Late { address: Some(address), cost, timeout } => {
                let (cost, timeout) = (cost.as_millis(), timeout.as_millis());
                let times = format!("cost:{cost}ms, timeout:{timeout}ms (err -4, errno0).");
                (format!("Error status : -1 {address} reply timeout, {times}"), LATE)
            }
            Self::Status { status, .. } => (format!("Error status : {status}."), STATUS),
            Self::MissingLength { .. } => {
                ("Error status : 400.User server missing content-length.".to_owned(), STATUS)
            }
            Self::InvalidLength => {
                ("Error status : 400.User server return invalid content-length value.".to_owned(), STATUS)
            }
            Self::TooLong { .. } => {
                ("Error status : 400.User server return too long content-length value.".to_owned(), STATUS)
            }
            Self::NotJson { .. } => ("Response body is not valid json format.".to_owned(), "0007-00000205"),
        };
        Failure { message, ec }
    }

    /// Returns what the record of the delivery says.
    pub(super) fn finding(&self) -> Finding {
        Finding::new(self.kind(), self.sentence())
    }

    fn kind(&self) -> FindingKind {
        match self {
            Self::Unresolved { .. } => FindingKind::NameNotResolved,
            Self::Refused { .. } => FindingKind::AddressRefused,
            Self::Unreachable { .. } => FindingKind::ConnectFailed,
            Self::Tls { name_matters: true, .. } => FindingKind::NeedsSni,
            Self::Tls { name_matters: false, .. } => FindingKind::TlsFailed,
            Self::Closed { .. } => FindingKind::ClosedEarly,
            Self::NotHttp { .. } => FindingKind::NotHttp,
            Self::Late { .. } => FindingKind::Late,
            Self::Status { location: Some(_), .. } => FindingKind::Redirect,
            Self::Status { location: None, .. } => FindingKind::Status,
            Self::MissingLength { chunked: true } => FindingKind::Chunked,
            Self::MissingLength { chunked: false } => FindingKind::NoContentLength,
            Self::InvalidLength => FindingKind::BadContentLength,
            Self::TooLong { .. } => FindingKind::TooLong,
            Self::NotJson { error: JsonError::Empty } => FindingKind::EmptyBody,
            Self::NotJson { error: JsonError::ByteOrderMark } => FindingKind::ByteOrderMark,
            Self::NotJson { error: JsonError::Syntax(_) } => FindingKind::AnswerNotJson,
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Unresolved { host, reason } => format!("The name {host} does not resolve: {reason}."),
            Self::Refused { host, refused } => format!("{host} leads to an address that is refused: {refused}."),
            Self::Unreachable { reason } => format!("No connection to the application server: {reason}."),
            Self::Tls { reason, name_matters: true } => format!(
                "TLS failed without the server name ({reason}); the certificate probably needs SNI: set callbackSNI \
                 to true."
            ),
            Self::Tls { reason, name_matters: false } => {
                format!("TLS with the application server failed: {reason}.")
            }
            Self::Closed { reason } => format!("The application server {reason}."),
            Self::NotHttp { reason } => format!("The answer is not HTTP: {reason}."),
            Self::Late { cost, timeout, .. } => {
                let (cost, timeout) = (cost.as_secs_f64(), timeout.as_secs_f64());
                format!("The callback took {cost:.1} s of the {timeout:.1} s there are.")
            }
            Self::Status { status, location: Some(location) } => format!(
                "The application server answered {status} and redirects to {location}; callbacks follow no redirect: \
                 use the final URL as callbackUrl."
            ),
            Self::Status { status, location: None } => {
                format!("The application server answered with status {status} instead of 200.")
            }
            Self::MissingLength { chunked: true } => {
                "The answer is chunked; a callback needs a Content-Length: send the body in one piece.".to_owned()
            }
            Self::MissingLength { chunked: false } => {
                "The answer has no Content-Length, which a callback needs.".to_owned()
            }
            Self::InvalidLength => {
                "The Content-Length of the answer is not a number, or another header contradicts it.".to_owned()
            }
            Self::TooLong { limit } => format!("The answer is longer than the {limit} bytes that are allowed."),
            Self::NotJson { error: JsonError::Empty } => {
                "The answer is empty; a callback needs a JSON body, such as {}.".to_owned()
            }
            Self::NotJson { error: JsonError::ByteOrderMark } => {
                "The answer starts with a UTF-8 byte order mark, which is not JSON: save the script without it."
                    .to_owned()
            }
            Self::NotJson { error: JsonError::Syntax(reason) } => format!("The answer is not JSON: {reason}."),
        }
    }
}
