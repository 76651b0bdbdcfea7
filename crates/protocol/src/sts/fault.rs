//! The errors of STS: one table of codes, in the words of Alibaba Cloud's RPC services.

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
        Self { code, message: Cow::Borrowed(code.row().message) }
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
        StatusCode::from_u16(self.code.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
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

struct Row {
    code: &'static str,
    status: u16,
    message: &'static str,
}

impl Row {
    const fn new(status: u16, code: &'static str, message: &'static str) -> Self {
        Self { code, status, message }
    }
}

impl FaultCode {
    /// Returns the code as it stands in the answer.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().code
    }

    /// Returns the usual message.
    pub(super) fn message(self) -> &'static str {
        self.row().message
    }

    #[expect(clippy::too_many_lines, reason = "a table, one row for each code")]
    const fn row(self) -> Row {
        match self {
            Self::MissingParameter => {
                Row::new(400, "MissingParameter", "A mandatory parameter is not supplied.")
            }
            Self::MissingRoleArn => Row::new(400, "MissingRoleArn", "RoleArn is mandatory for this action."),
            Self::MissingRoleSessionName => {
                Row::new(400, "MissingRoleSessionName", "RoleSessionName is mandatory for this action.")
            }
            Self::MissingSecurityToken => {
                Row::new(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.")
            }
            Self::InvalidParameter => Row::new(400, "InvalidParameter", "A parameter is not valid."),
            Self::InvalidRoleArn => {
                Row::new(400, "InvalidParameter.RoleArn", "The parameter RoleArn is wrongly formed.")
            }
            Self::InvalidRoleSessionName => Row::new(
                400,
                "InvalidParameter.RoleSessionName",
                "The parameter RoleSessionName is wrongly formed.",
            ),
            Self::InvalidDurationSeconds => Row::new(
                400,
                "InvalidParameter.DurationSeconds",
                "The parameter DurationSeconds is wrongly formed.",
            ),
            Self::InvalidPolicyGrammar => Row::new(
                400,
                "InvalidParameter.PolicyGrammar",
                "The parameter Policy has not passed grammar check.",
            ),
            Self::InvalidPolicySize => Row::new(
                400,
                "InvalidParameter.PolicySize",
                "The parameter Policy is longer than 2048 characters.",
            ),
            Self::InvalidExternalId => {
                Row::new(400, "InvalidParameter.ExternalId", "The parameter ExternalId is wrongly formed.")
            }
            Self::InvalidVersion => {
                Row::new(400, "InvalidVersion", "Specified parameter Version is not valid.")
            }
            Self::InvalidAction => Row::new(
                404,
                "InvalidAction.NotFound",
                "Specified api is not found, please check your url and method.",
            ),
            Self::UnsupportedMethod => {
                Row::new(405, "UnsupportedHTTPMethod", "This http method is not supported.")
            }
            Self::InvalidSignatureMethod => {
                Row::new(400, "InvalidSignatureMethod", "Specified signature method is not supported.")
            }
            Self::IncompleteSignature => Row::new(
                400,
                "IncompleteSignature",
                "The request signature does not conform to Aliyun standards.",
            ),
            Self::SignatureDoesNotMatch => Row::new(
                400,
                "SignatureDoesNotMatch",
                "Specified signature is not matched with our calculation.",
            ),
            Self::SignatureNonceUsed => {
                Row::new(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
            }
            Self::TimestampExpired => {
                Row::new(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
            }
            Self::TimestampFormat => Row::new(
                400,
                "InvalidTimeStamp.Format",
                "Specified time stamp or date value is not well formatted.",
            ),
            Self::AccessKeyNotFound => {
                Row::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
            }
            Self::AccessKeyInactive => {
                Row::new(403, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
            }
            Self::SecurityTokenMalformed => {
                Row::new(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
            }
            Self::SecurityTokenMismatch => Row::new(
                400,
                "InvalidSecurityToken.MismatchWithAccessKey",
                "Specified SecurityToken mismatch with the AccessKey.",
            ),
            Self::SecurityTokenExpired => {
                Row::new(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
            }
            Self::RoleNotFound => Row::new(404, "EntityNotExist.Role", "The specified Role not exists."),
            Self::NoPermission => Row::new(
                403,
                "NoPermission",
                "You are not authorized to do this action. You should be authorized by RAM.",
            ),
            Self::BodyTooLarge => {
                Row::new(413, "RequestEntityTooLarge", "The body of the request is too large.")
            }
            Self::Throttling => {
                Row::new(429, "Throttling.User", "Request was denied due to user flow control.")
            }
            Self::InternalError => {
                Row::new(500, "InternalError", "The request processing has failed due to some unknown error.")
            }
        }
    }
}
