//! The error codes. The table of what each of them is answered with is in `row`.

mod row;

use http::StatusCode;

/// What kind of error is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The caller may not do this.
    AccessDenied,
    /// No CORS rule allows a preflight.
    AccessForbidden,
    /// What was restored is frozen again, or never was restored.
    ArchiveRestoreFileStale,
    /// The object is still being restored.
    ArchiveRestoreNotFinished,
    /// The request is not well-formed HTTP.
    BadRequest,
    /// The bucket exists with other properties or another owner.
    BucketAlreadyExists,
    /// No callback policy is set on the bucket.
    BucketCallbackPolicyNotExist,
    /// The bucket still holds objects or uploads.
    BucketNotEmpty,
    /// The object is stored, but its upload callback failed.
    CallbackFailed,
    /// A body is longer than allowed.
    EntityTooLarge,
    /// A body or part is shorter than allowed.
    EntityTooSmall,
    /// A form field is longer than allowed.
    FieldItemTooLong,
    /// The object exists and overwriting was forbidden.
    FileAlreadyExists,
    /// A part is missing.
    FilePartNotExist,
    /// A form holds no file or several.
    IncorrectNumberOfFilesInPOSTRequest,
    /// The server failed; details are in its log only.
    InternalError,
    /// The access key is unknown.
    InvalidAccessKeyId,
    /// A parameter has a value that is not allowed.
    InvalidArgument,
    /// The bucket name breaks the naming rules.
    InvalidBucketName,
    /// The body does not have the announced CRC-64.
    InvalidCRC64,
    /// The object is kept by a retention policy.
    FileImmutable,
    /// The body does not have the announced MD5.
    InvalidDigest,
    /// The encryption algorithm is unknown.
    InvalidEncryptionAlgorithmError,
    /// The bucket cannot be where the request wants it.
    InvalidLocationConstraint,
    /// The object key breaks the naming rules.
    InvalidObjectName,
    /// The object must be restored first.
    InvalidObjectState,
    /// A listed part is missing or has another ETag.
    InvalidPart,
    /// Listed parts are not in ascending order.
    InvalidPartOrder,
    /// A form's policy is malformed.
    InvalidPolicyDocument,
    /// The range lies outside the object.
    InvalidRange,
    /// The request cannot be served as it is.
    InvalidRequest,
    /// The security token is malformed.
    InvalidSecurityToken,
    /// A tag is not what tags may be.
    InvalidTag,
    /// A symbolic link points to a symbolic link.
    InvalidTargetType,
    /// The request target cannot be read.
    InvalidURI,
    /// A key is too long for this place.
    KeyTooLongError,
    /// The key management service has no such key, or there is no service.
    KmsServiceNotEnabled,
    /// A form cannot be read.
    MalformedPOSTRequest,
    /// An XML body cannot be read.
    MalformedXML,
    /// The fields before the file are too long.
    MaxPOSTPreDataLengthExceededError,
    /// The method has no meaning here.
    MethodNotAllowed,
    /// A required parameter is missing.
    MissingArgument,
    /// The length of the body is required and missing.
    MissingContentLength,
    /// There is no such bucket.
    NoSuchBucket,
    /// No rules against overwriting are set on the bucket.
    NoSuchBucketOverwriteConfig,
    /// No policy is set on the bucket.
    NoSuchBucketPolicy,
    /// No CORS rules are set on the bucket.
    NoSuchCORSConfiguration,
    /// There is no such object.
    NoSuchKey,
    /// The bucket has no retention policy, or none of that id.
    NoSuchWORMConfiguration,
    /// The bucket has a retention policy.
    WORMConfigurationAlreadyExists,
    /// The retention policy of the bucket is locked.
    WORMConfigurationLocked,
    /// The retention policy cannot be so.
    InvalidWORMConfiguration,
    /// No lifecycle rules are set on the bucket.
    NoSuchLifecycle,
    /// No encryption rule is set on the bucket.
    NoSuchServerSideEncryptionRule,
    /// There is no such multipart upload.
    NoSuchUpload,
    /// The bucket has no style of that name.
    NoSuchStyle,
    /// Transfer acceleration was never set on the bucket.
    NoSuchTransferAccelerationConfiguration,
    /// There is no such version of the object.
    NoSuchVersion,
    /// No website is configured on the bucket.
    NoSuchWebsiteConfiguration,
    /// OSS has this, this server does not (yet).
    NotImplemented,
    /// The object has not changed.
    NotModified,
    /// The object is no symbolic link.
    NotSymlink,
    /// The object was not made by appending.
    ObjectNotAppendable,
    /// The resource does not support the operation.
    OperationNotSupported,
    /// The part was uploaded before, and parts of this upload cannot be replaced.
    PartAlreadyExist,
    /// Parts that must come in order do not.
    PartNotSequential,
    /// An append does not start where the object ends.
    PositionNotEqualToLength,
    /// A condition does not hold.
    PreconditionFailed,
    /// The request's head is too large.
    RequestHeaderFieldsTooLarge,
    /// A form upload is not a form.
    RequestIsNotMultiPartContent,
    /// The client's clock is too far off.
    RequestTimeTooSkewed,
    /// The body did not arrive in time.
    RequestTimeout,
    /// The resource group does not exist.
    ResourceGroupIdPreCheckError,
    /// The object is being restored already.
    RestoreAlreadyInProgress,
    /// Path style is not allowed here.
    SecondLevelDomainForbidden,
    /// The time of temporary credentials is over.
    SecurityTokenExpired,
    /// The server cannot take this now; trying again helps.
    ServiceUnavailable,
    /// The signature is wrong.
    SignatureDoesNotMatch,
    /// A symbolic link points nowhere.
    SymlinkTargetNotExist,
    /// The account may have no more buckets.
    TooManyBuckets,
}

impl ErrorCode {
    /// Returns the code as it stands in the `Code` element.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// Returns the status of an answer with this code.
    #[must_use]
    pub fn status(self) -> StatusCode {
        self.row().status
    }
}
