//! The errors of STS: tables of codes, in the words of Alibaba Cloud's RPC services.

use std::borrow::Cow;

use http::StatusCode;

use crate::echo::shortened;

/// The longest message: what it repeats of the request has a bound.
const MESSAGE_LIMIT: usize = 8 * 1024;

/// An error that STS answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    code: FaultCode,
    message: Cow<'static, str>,
}

impl Fault {
    /// Makes an error with the usual message of its code.
    #[must_use]
    pub fn new(code: FaultCode) -> Self {
        Self { code, message: Cow::Borrowed(code.message()) }
    }

    /// Makes an error with a message of its own, which is cut if it is too long.
    #[must_use]
    pub fn with_message(code: FaultCode, message: &str) -> Self {
        Self { code, message: Cow::Owned(shortened(message, MESSAGE_LIMIT).into_owned()) }
    }

    /// Returns the code.
    #[must_use]
    pub fn code(&self) -> FaultCode {
        self.code
    }

    /// Returns the status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status_and_code().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Returns the message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<FaultCode> for Fault {
    fn from(code: FaultCode) -> Self {
        Self::new(code)
    }
}

/// The code of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultCode {
    /// A parameter that every request has is missing.
    MissingParameter,
    /// AssumeRole without `RoleArn`.
    MissingRoleArn,
    /// AssumeRole without `RoleSessionName`.
    MissingRoleSessionName,
    /// A temporary key without its token.
    MissingSecurityToken,
    /// A parameter that cannot be read.
    InvalidParameter,
    /// A `RoleArn` that is none.
    InvalidRoleArn,
    /// A `RoleSessionName` that is too long or has other characters.
    InvalidRoleSessionName,
    /// A `DurationSeconds` outside what the role allows.
    InvalidDurationSeconds,
    /// A `Policy` that is none.
    InvalidPolicyGrammar,
    /// A `Policy` that is too long.
    InvalidPolicySize,
    /// An `ExternalId` that is too long or has other characters.
    InvalidExternalId,
    /// Another version of the API.
    InvalidVersion,
    /// An action that there is not.
    InvalidAction,
    /// A method other than GET and POST.
    UnsupportedMethod,
    /// A signature of another kind.
    InvalidSignatureMethod,
    /// A signature that does not cover what it must.
    IncompleteSignature,
    /// A signature that does not fit.
    SignatureDoesNotMatch,
    /// A nonce that was used before.
    SignatureNonceUsed,
    /// A time outside the allowed difference.
    TimestampExpired,
    /// A time that cannot be read.
    TimestampFormat,
    /// An access key that there is not.
    AccessKeyNotFound,
    /// An access key that is disabled.
    AccessKeyInactive,
    /// A security token that is none, or belongs to no role any more.
    SecurityTokenMalformed,
    /// A security token of another key.
    SecurityTokenMismatch,
    /// A security token whose time is over.
    SecurityTokenExpired,
    /// A role that there is not.
    RoleNotFound,
    /// The caller may not do this.
    NoPermission,
    /// A body that is too long.
    BodyTooLarge,
    /// Too many requests.
    Throttling,
    /// Something went wrong here.
    InternalError,
}

impl FaultCode {
    /// Returns the code as it stands in the answer.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.status_and_code().1
    }

    const fn status_and_code(self) -> (u16, &'static str) {
        match self {
            Self::MissingParameter => (400, "MissingParameter"),
            Self::MissingRoleArn => (400, "MissingRoleArn"),
            Self::MissingRoleSessionName => (400, "MissingRoleSessionName"),
            Self::MissingSecurityToken => (400, "MissingSecurityToken"),
            Self::InvalidParameter => (400, "InvalidParameter"),
            Self::InvalidRoleArn => (400, "InvalidParameter.RoleArn"),
            Self::InvalidRoleSessionName => (400, "InvalidParameter.RoleSessionName"),
            Self::InvalidDurationSeconds => (400, "InvalidParameter.DurationSeconds"),
            Self::InvalidPolicyGrammar => (400, "InvalidParameter.PolicyGrammar"),
            Self::InvalidPolicySize => (400, "InvalidParameter.PolicySize"),
            Self::InvalidExternalId => (400, "InvalidParameter.ExternalId"),
            Self::InvalidVersion => (400, "InvalidVersion"),
            Self::InvalidAction => (404, "InvalidAction.NotFound"),
            Self::UnsupportedMethod => (405, "UnsupportedHTTPMethod"),
            Self::InvalidSignatureMethod => (400, "InvalidSignatureMethod"),
            Self::IncompleteSignature => (400, "IncompleteSignature"),
            Self::SignatureDoesNotMatch => (400, "SignatureDoesNotMatch"),
            Self::SignatureNonceUsed => (400, "SignatureNonceUsed"),
            Self::TimestampExpired => (400, "InvalidTimeStamp.Expired"),
            Self::TimestampFormat => (400, "InvalidTimeStamp.Format"),
            Self::AccessKeyNotFound => (404, "InvalidAccessKeyId.NotFound"),
            Self::AccessKeyInactive => (403, "InvalidAccessKeyId.Inactive"),
            Self::SecurityTokenMalformed => (400, "InvalidSecurityToken.Malformed"),
            Self::SecurityTokenMismatch => (400, "InvalidSecurityToken.MismatchWithAccessKey"),
            Self::SecurityTokenExpired => (400, "InvalidSecurityToken.Expired"),
            Self::RoleNotFound => (404, "EntityNotExist.Role"),
            Self::NoPermission => (403, "NoPermission"),
            Self::BodyTooLarge => (413, "RequestEntityTooLarge"),
            Self::Throttling => (429, "Throttling.User"),
            Self::InternalError => (500, "InternalError"),
        }
    }

    /// Returns the usual message.
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::MissingParameter => "A mandatory parameter is not supplied.",
            Self::MissingRoleArn => "RoleArn is mandatory for this action.",
            Self::MissingRoleSessionName => "RoleSessionName is mandatory for this action.",
            Self::MissingSecurityToken => "SecurityToken is mandatory for this action.",
            Self::InvalidParameter => "A parameter is not valid.",
            Self::InvalidRoleArn => "The parameter RoleArn is wrongly formed.",
            Self::InvalidRoleSessionName => "The parameter RoleSessionName is wrongly formed.",
            Self::InvalidDurationSeconds => "The parameter DurationSeconds is wrongly formed.",
            Self::InvalidPolicyGrammar => "The parameter Policy has not passed grammar check.",
            Self::InvalidPolicySize => "The parameter Policy is longer than 2048 characters.",
            Self::InvalidExternalId => "The parameter ExternalId is wrongly formed.",
            Self::InvalidVersion => "Specified parameter Version is not valid.",
            Self::InvalidAction => "Specified api is not found, please check your url and method.",
            Self::UnsupportedMethod => "This http method is not supported.",
            Self::InvalidSignatureMethod => "Specified signature method is not supported.",
            Self::IncompleteSignature => "The request signature does not conform to Aliyun standards.",
            Self::SignatureDoesNotMatch => "Specified signature is not matched with our calculation.",
            Self::SignatureNonceUsed => "Specified signature nonce was used already.",
            Self::TimestampExpired => "Specified time stamp or date value is expired.",
            Self::TimestampFormat => "Specified time stamp or date value is not well formatted.",
            Self::AccessKeyNotFound => "Specified access key is not found.",
            Self::AccessKeyInactive => "Specified access key is disabled.",
            Self::SecurityTokenMalformed => "Specified SecurityToken is malformed.",
            Self::SecurityTokenMismatch => "Specified SecurityToken mismatch with the AccessKey.",
            Self::SecurityTokenExpired => "Specified SecurityToken is expired.",
            Self::RoleNotFound => "The specified Role not exists.",
            Self::NoPermission => {
                "You are not authorized to do this action. You should be authorized by RAM."
            }
            Self::BodyTooLarge => "The body of the request is too large.",
            Self::Throttling => "Request was denied due to user flow control.",
            Self::InternalError => "The request processing has failed due to some unknown error.",
        }
    }
}
