//! From failures to answers. Whatever keeps a request from being done is a [`Failure`], which `?` makes of the errors of the
//! store, of bodies and of the protocol. Here alone they become OSS errors: causes go to the log, clients get the code and the
//! request id.

use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue};
use ossicle_protocol::{Error, ErrorCode, NotRouted};
use ossicle_store as store;

use crate::http::body::BodyError;
use crate::http::framing::Misframed;
use crate::http::reply::Reply;
use crate::observe::request_id::RequestId;

/// How many seconds later a request that the server cannot do now may come again.
pub(crate) const RETRY_AFTER_S: u64 = 1;

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The client is told exactly this.
    Oss(Error),
    /// The store did not do its part.
    Store(store::Error),
    /// The body cannot be read.
    Body(BodyError),
    /// Something inside this server broke that is no client's doing.
    Internal {
        /// What was tried.
        what: &'static str,
        /// Why it did not work, for the log alone.
        cause: String,
    },
}

impl Failure {
    /// Makes a failure of something inside this server that broke.
    pub(crate) fn internal(what: &'static str, cause: &dyn std::error::Error) -> Self {
        Self::Internal { what, cause: cause.to_string() }
    }

    /// Returns the error in OSS's words. The cause of a 5xx is logged here, as the answer does not carry it.
    pub(crate) fn into_oss(self) -> Error {
        match self {
            Self::Oss(error) => error,
            Self::Store(error) => of_store(error),
            Self::Body(error) => of_body(&error),
            Self::Internal { what, cause } => {
                tracing::error!(error = cause, "{what}");
                Error::new(ErrorCode::InternalError)
            }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Oss(error)
    }
}

impl From<NotRouted> for Failure {
    fn from(refused: NotRouted) -> Self {
        Self::Oss(refused.error)
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Self::Oss(Error::new(code))
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl From<Misframed> for Failure {
    fn from(fault: Misframed) -> Self {
        let code = match fault {
            Misframed::NoHost | Misframed::SeveralHosts => ErrorCode::InvalidRequest,
            Misframed::Encoded => ErrorCode::NotImplemented,
        };
        Self::Oss(Error::new(code).with_message(fault.message()))
    }
}

/// Returns what a broken body means to an OSS client. What is read whole is a document, but for the operation that says
/// otherwise.
fn of_body(error: &BodyError) -> Error {
    match error {
        BodyError::TooSlow => Error::new(ErrorCode::RequestTimeout),
        BodyError::EndedEarly | BodyError::Malformed => {
            Error::new(ErrorCode::BadRequest).with_message(error.to_string())
        }
        BodyError::TooLong { .. } => {
            Error::new(ErrorCode::MalformedXML).with_detail("ErrorDetail", error.to_string())
        }
    }
}

/// Returns what a store error means to an OSS client.
fn of_store(error: store::Error) -> Error {
    let simple = Error::new;
    match error {
        store::Error::NoSuchBucket => simple(ErrorCode::NoSuchBucket),
        store::Error::BucketNotEmpty => simple(ErrorCode::BucketNotEmpty),
        // The words of OSS (Java SDK, DeleteBucketTest); its detail code for this case is not published.
        store::Error::BucketHasUploads => simple(ErrorCode::BucketNotEmpty)
            .with_message("The bucket has Multipart Uploads. Please delete them first.")
            .with_ec(""),
        store::Error::NoSuchObject => simple(ErrorCode::NoSuchKey),
        store::Error::NoSuchVersion => simple(ErrorCode::NoSuchVersion),
        store::Error::IsDeleteMarker => simple(ErrorCode::MethodNotAllowed),
        store::Error::NoSuchUpload => simple(ErrorCode::NoSuchUpload),
        store::Error::ObjectExists => simple(ErrorCode::FileAlreadyExists),
        store::Error::Retained => simple(ErrorCode::FileImmutable),
        store::Error::Retention(refusal) => simple(match refusal {
            store::RetentionRefusal::Exists => ErrorCode::WORMConfigurationAlreadyExists,
            store::RetentionRefusal::Missing => ErrorCode::NoSuchWORMConfiguration,
            store::RetentionRefusal::Locked => ErrorCode::WORMConfigurationLocked,
            store::RetentionRefusal::NotExtended => ErrorCode::InvalidWORMConfiguration,
        }),
        store::Error::PreconditionFailed => simple(ErrorCode::PreconditionFailed),
        store::Error::InvalidPart { number, etag } => simple(ErrorCode::InvalidPart)
            .with_detail("PartNumber", number.to_string())
            .with_detail("PartEtag", etag),
        store::Error::InvalidPartOrder => simple(ErrorCode::InvalidPartOrder),
        store::Error::PartTooSmall { number, etag, size } => simple(ErrorCode::EntityTooSmall)
            .with_ec("0042-00000213")
            .with_detail("PartNumber", number.to_string())
            .with_detail("PartEtag", etag)
            .with_detail("ProposedSize", size.to_string()),
        store::Error::NotAppendable => simple(ErrorCode::ObjectNotAppendable),
        store::Error::PositionMismatch { length } => {
            simple(ErrorCode::PositionNotEqualToLength).with_detail("NextAppendPosition", length.to_string())
        }
        store::Error::TooLarge { size } => {
            simple(ErrorCode::EntityTooLarge).with_detail("ProposedSize", size.to_string())
        }
        store::Error::PartNotSequential => simple(ErrorCode::PartNotSequential),
        store::Error::PartExists { number, etag } => simple(ErrorCode::PartAlreadyExist)
            .with_detail("PartNumber", number.to_string())
            .with_detail("PartEtag", etag),
        store::Error::Crc64Mismatch { actual } => {
            simple(ErrorCode::InvalidCRC64).with_detail("ServerCRC64", actual.to_string())
        }
        store::Error::InvalidName { reason } => simple(ErrorCode::InvalidObjectName).with_message(reason),
        // In the words of the manual KMS is not activated, which is the case for this key.
        store::Error::NoSuchEncryptionKey { id, is_kms: true } => simple(ErrorCode::KmsServiceNotEnabled)
            .with_message(format!("The KMS key {id} is not among the keys of this server (kms.keys).")),
        // The account went while the request was on its way.
        store::Error::NoSuchIdentity(_) => simple(ErrorCode::AccessDenied),
        error => broken(&error),
    }
}

fn broken(error: &store::Error) -> Error {
    if error.is_retryable() {
        tracing::error!(%error, "the store cannot do this now");
        let message = match error {
            store::Error::DiskFull => {
                "The server's disk is full. Uploads are taken again as soon as there is space, which deletions make."
            }
            store::Error::ReadOnly => "The server's disk does not accept writes.",
            store::Error::Unavailable { .. } => {
                "The server cannot reach its database or its content now. It goes on as soon as it can."
            }
            // The words of OSS, which are true of a server with too much to do.
            store::Error::Busy => return Error::new(ErrorCode::ServiceUnavailable),
            _ => "The server does not accept writes until it is started again.",
        };
        return Error::new(ErrorCode::ServiceUnavailable).with_message(message);
    }
    tracing::error!(%error, "the store failed");
    Error::new(ErrorCode::InternalError)
}

/// Writes one line for the operator. That a client asks for what is not built is no failure of the server.
pub(crate) fn log(error: &Error, request_id: RequestId, operation: &str) {
    let (code, ec, message) = (error.code().as_str(), error.ec(), error.message());
    if error.status().is_server_error() && error.code() != ErrorCode::NotImplemented {
        tracing::error!(%request_id, operation, code, ec, reason = message, "request failed");
    } else {
        tracing::debug!(%request_id, operation, code, ec, reason = message, "request refused");
    }
}

/// Makes the answer to a failed request. An answer to HEAD has no body, so the document travels in `x-oss-err`.
pub(crate) fn reply(error: &Error, is_head: bool, request_id: RequestId, host_id: &str) -> Reply {
    const EC: HeaderName = HeaderName::from_static("x-oss-ec");
    let mut reply = Reply::new(error.status());
    if !error.ec().is_empty() {
        reply = reply.with_header(EC, error.ec());
    }
    for (name, value) in error.details() {
        if name == "NextAppendPosition" {
            reply = reply.with_named("x-oss-next-append-position", value);
        }
    }
    for (name, value) in error.headers() {
        reply = reply.with_named(name, value);
    }
    if error.status() == http::StatusCode::NOT_MODIFIED {
        return reply;
    }
    if error.status() == http::StatusCode::SERVICE_UNAVAILABLE {
        reply = reply.with_header(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
    }
    if is_head {
        use base64::Engine as _;
        let document = error.to_short_xml(&request_id.to_string(), host_id);
        return reply.with_named("x-oss-err", &base64::engine::general_purpose::STANDARD.encode(document));
    }
    reply.with_body("application/xml", error.to_xml(&request_id.to_string(), host_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_cannot_write_says_why() {
        let check = |error: store::Error, status: u16, words: &str| {
            let error = Failure::from(error).into_oss();
            assert_eq!(error.status().as_u16(), status, "{error}");
            assert!(error.message().contains(words), "{error}");
        };
        check(store::Error::DiskFull, 503, "disk is full");
        check(store::Error::ReadOnly, 503, "disk does not accept writes");
        check(store::Error::Poisoned { cause: "a secret path".to_owned() }, 503, "started again");
        check(store::Error::Closed, 503, "started again");
        check(store::Error::Unavailable { what: "a secret address".to_owned() }, 503, "cannot reach");
        check(store::Error::Busy, 503, "reduce your request rate");
        check(store::Error::Corrupt { what: "a secret path".to_owned() }, 500, "internal error");
    }
}
