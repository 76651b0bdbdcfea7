//! The row of each error code: its name, status, default message and default detail code ("EC").

use http::StatusCode;

use super::ErrorCode;

impl ErrorCode {
    #[expect(clippy::too_many_lines, reason = "one row per code, kept in one exhaustive table")]
    pub(crate) fn row(self) -> Row {
        match self {
            Self::AccessDenied => {
                Row::new("AccessDenied", StatusCode::FORBIDDEN, "AccessDenied", "0003-00000001")
            }
            Self::AccessForbidden => Row::new(
                "AccessForbidden",
                StatusCode::FORBIDDEN,
                // The spelling is OSS's.
                "CORSResponse: This CORS request is not allowed. This is usually because the evalution of \
                 Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers \
                 are not whitelisted by the resource's CORS spec.",
                "",
            ),
            Self::ArchiveRestoreFileStale => Row::new(
                "ArchiveRestoreFileStale",
                StatusCode::CONFLICT,
                "The archive file or restore info stale",
                "0016-00000718",
            ),
            Self::ArchiveRestoreNotFinished => Row::new(
                "ArchiveRestoreNotFinished",
                StatusCode::CONFLICT,
                "The archive file's restore is not finished.",
                "0016-00000719",
            ),
            Self::BadRequest => {
                Row::new("BadRequest", StatusCode::BAD_REQUEST, "The request is malformed.", "")
            }
            Self::BucketAlreadyExists => Row::new(
                "BucketAlreadyExists",
                StatusCode::CONFLICT,
                "The requested bucket name is not available. The bucket namespace is shared by all users of \
                 the system. Please select a different name and try again.",
                "0015-00000104",
            ),
            Self::BucketCallbackPolicyNotExist => Row::new(
                "BucketCallbackPolicyNotExist",
                StatusCode::NOT_FOUND,
                "The bucket callback policy does not exist.",
                "",
            ),
            Self::BucketNotEmpty => Row::new(
                "BucketNotEmpty",
                StatusCode::CONFLICT,
                "The bucket has objects. Please delete them first.",
                "0015-00000301",
            ),
            Self::CallbackFailed => Row::new(
                "CallbackFailed",
                StatusCode::NON_AUTHORITATIVE_INFORMATION,
                "Error status : 502.",
                "0007-00000203",
            ),
            Self::EntityTooLarge => Row::new(
                "EntityTooLarge",
                StatusCode::BAD_REQUEST,
                "Your proposed upload exceeds the maximum allowed size.",
                "",
            ),
            Self::EntityTooSmall => Row::new(
                "EntityTooSmall",
                StatusCode::BAD_REQUEST,
                "Your proposed upload smaller than the minimum allowed size.",
                "",
            ),
            Self::FieldItemTooLong => {
                Row::new("FieldItemTooLong", StatusCode::BAD_REQUEST, "Your form field is too long.", "")
            }
            Self::FileAlreadyExists => Row::new(
                "FileAlreadyExists",
                StatusCode::CONFLICT,
                "The object you specified already exists and can not be overwritten.",
                "",
            ),
            Self::FilePartNotExist => Row::new(
                "FilePartNotExist",
                StatusCode::BAD_REQUEST,
                "One of the specified parts could not be found.",
                "",
            ),
            Self::IncorrectNumberOfFilesInPOSTRequest => Row::new(
                "IncorrectNumberOfFilesInPOSTRequest",
                StatusCode::BAD_REQUEST,
                "POST requires exactly one file upload per request.",
                "",
            ),
            Self::InternalError => Row::new(
                "InternalError",
                StatusCode::INTERNAL_SERVER_ERROR,
                "We encountered an internal error. Please try again.",
                "",
            ),
            Self::InvalidAccessKeyId => Row::new(
                "InvalidAccessKeyId",
                StatusCode::FORBIDDEN,
                "The OSS Access Key Id you provided does not exist in our records.",
                "0002-00000902",
            ),
            Self::InvalidArgument => {
                Row::new("InvalidArgument", StatusCode::BAD_REQUEST, "Invalid Argument.", "")
            }
            Self::InvalidBucketName => Row::new(
                "InvalidBucketName",
                StatusCode::BAD_REQUEST,
                "The specified bucket is not valid.",
                "",
            ),
            Self::InvalidCRC64 => {
                Row::new("InvalidCRC64", StatusCode::BAD_REQUEST, "The CRC64 you specified was invalid.", "")
            }
            Self::InvalidDigest => Row::new(
                "InvalidDigest",
                StatusCode::BAD_REQUEST,
                "The Content-MD5 you specified was invalid.",
                "",
            ),
            Self::InvalidEncryptionAlgorithmError => Row::new(
                "InvalidEncryptionAlgorithmError",
                StatusCode::BAD_REQUEST,
                "The encryption algorithm you specified is not valid.",
                "",
            ),
            Self::InvalidLocationConstraint => Row::new(
                "InvalidLocationConstraint",
                StatusCode::BAD_REQUEST,
                "The specified location-constraint is not valid",
                "",
            ),
            Self::InvalidObjectName => Row::new(
                "InvalidObjectName",
                StatusCode::BAD_REQUEST,
                "The specified object is not valid.",
                "0016-00000002",
            ),
            Self::InvalidObjectState => Row::new(
                "InvalidObjectState",
                StatusCode::FORBIDDEN,
                "The operation is not valid for the object's state",
                "0016-00000404",
            ),
            Self::InvalidPart => Row::new(
                "InvalidPart",
                StatusCode::BAD_REQUEST,
                "One or more of the specified parts could not be found or the specified entity tag might \
                 not have matched the part's entity tag.",
                "",
            ),
            Self::InvalidPartOrder => Row::new(
                "InvalidPartOrder",
                StatusCode::BAD_REQUEST,
                "The list of parts was not in ascending order. The parts list must be specified in order by \
                 part number.",
                "0042-00000209",
            ),
            Self::InvalidPolicyDocument => {
                Row::new("InvalidPolicyDocument", StatusCode::BAD_REQUEST, "Invalid Policy.", "")
            }
            Self::InvalidRange => Row::new(
                "InvalidRange",
                StatusCode::RANGE_NOT_SATISFIABLE,
                "The requested range cannot be satisfied.",
                "",
            ),
            Self::InvalidRequest => {
                Row::new("InvalidRequest", StatusCode::BAD_REQUEST, "Invalid Request.", "")
            }
            Self::InvalidSecurityToken => Row::new(
                "InvalidSecurityToken",
                StatusCode::FORBIDDEN,
                "The security token you provided is invalid.",
                "0002-00000006",
            ),
            Self::InvalidTag => {
                Row::new("InvalidTag", StatusCode::BAD_REQUEST, "The tag you provided is not valid.", "")
            }
            Self::InvalidTargetType => Row::new(
                "InvalidTargetType",
                StatusCode::BAD_REQUEST,
                "The symbolic's target file type is invalid.",
                "",
            ),
            Self::KmsServiceNotEnabled => {
                Row::new("KmsServiceNotEnabled", StatusCode::FORBIDDEN, "The KMS service is not enabled.", "")
            }
            Self::FileImmutable => {
                Row::new("FileImmutable", StatusCode::CONFLICT, "The file is immutable.", "")
            }
            Self::NoSuchWORMConfiguration => Row::new(
                "NoSuchWORMConfiguration",
                StatusCode::NOT_FOUND,
                "The WORM Configuration does not exist.",
                "",
            ),
            Self::WORMConfigurationAlreadyExists => Row::new(
                "WORMConfigurationAlreadyExists",
                StatusCode::CONFLICT,
                "The WORM Configuration already exists.",
                "",
            ),
            Self::WORMConfigurationLocked => Row::new(
                "WORMConfigurationLocked",
                StatusCode::FORBIDDEN,
                "The WORM Configuration is locked.",
                "",
            ),
            Self::InvalidWORMConfiguration => Row::new(
                "InvalidWORMConfiguration",
                StatusCode::BAD_REQUEST,
                "Invalid WORM Configuration.",
                "",
            ),
            Self::InvalidURI => {
                Row::new("InvalidURI", StatusCode::BAD_REQUEST, "Couldn't parse the specified URI.", "")
            }
            Self::KeyTooLongError => {
                Row::new("KeyTooLongError", StatusCode::BAD_REQUEST, "Your key is too long.", "")
            }
            Self::MalformedPOSTRequest => Row::new(
                "MalformedPOSTRequest",
                StatusCode::BAD_REQUEST,
                "The body of your POST request is not well-formed multipart/form-data.",
                "",
            ),
            Self::MalformedXML => Row::new(
                "MalformedXML",
                StatusCode::BAD_REQUEST,
                "The XML you provided was not well-formed or did not validate against our published schema.",
                "0015-00000231",
            ),
            Self::MaxPOSTPreDataLengthExceededError => Row::new(
                "MaxPOSTPreDataLengthExceededError",
                StatusCode::BAD_REQUEST,
                "Your POST request fields preceding the upload file were too large.",
                "",
            ),
            Self::MethodNotAllowed => Row::new(
                "MethodNotAllowed",
                StatusCode::METHOD_NOT_ALLOWED,
                "The specified method is not allowed against this resource.",
                "",
            ),
            Self::MissingArgument => {
                Row::new("MissingArgument", StatusCode::BAD_REQUEST, "Missing Some Required Arguments.", "")
            }
            Self::MissingContentLength => Row::new(
                "MissingContentLength",
                StatusCode::LENGTH_REQUIRED,
                "You must provide the Content-Length HTTP header.",
                "0017-00000101",
            ),
            Self::NoSuchBucket => Row::new(
                "NoSuchBucket",
                StatusCode::NOT_FOUND,
                "The specified bucket does not exist.",
                "0015-00000101",
            ),
            Self::NoSuchBucketOverwriteConfig => Row::new(
                "NoSuchBucketOverwriteConfig",
                StatusCode::NOT_FOUND,
                "The bucket overwrite configuration does not exist.",
                "",
            ),
            Self::NoSuchBucketPolicy => Row::new(
                "NoSuchBucketPolicy",
                StatusCode::NOT_FOUND,
                "The specified policy does not exist.",
                "",
            ),
            Self::NoSuchCORSConfiguration => Row::new(
                "NoSuchCORSConfiguration",
                StatusCode::NOT_FOUND,
                "The CORS Configuration does not exist.",
                "0034-00000001",
            ),
            Self::NoSuchKey => Row::new(
                "NoSuchKey",
                StatusCode::NOT_FOUND,
                "The specified key does not exist.",
                "0026-00000001",
            ),
            Self::NoSuchLifecycle => {
                Row::new("NoSuchLifecycle", StatusCode::NOT_FOUND, "No Row found in Lifecycle Table.", "")
            }
            Self::NoSuchServerSideEncryptionRule => Row::new(
                "NoSuchServerSideEncryptionRule",
                StatusCode::NOT_FOUND,
                "The server side encryption configuration was not found.",
                "",
            ),
            Self::NoSuchUpload => Row::new(
                "NoSuchUpload",
                StatusCode::NOT_FOUND,
                "The specified upload does not exist. The upload ID may be invalid, or the upload may have \
                 been aborted or completed.",
                "0042-00000002",
            ),
            Self::NoSuchStyle => {
                Row::new("NoSuchStyle", StatusCode::NOT_FOUND, "The specified style does not exist.", "")
            }
            Self::NoSuchTransferAccelerationConfiguration => Row::new(
                "NoSuchTransferAccelerationConfiguration",
                StatusCode::NOT_FOUND,
                "The specified bucket does not have a transfer acceleration configuration.",
                "",
            ),
            Self::NoSuchVersion => {
                Row::new("NoSuchVersion", StatusCode::NOT_FOUND, "The specified version does not exist.", "")
            }
            Self::NoSuchWebsiteConfiguration => Row::new(
                "NoSuchWebsiteConfiguration",
                StatusCode::NOT_FOUND,
                "The specified bucket does not have a website configuration.",
                "",
            ),
            Self::NotImplemented => Row::new(
                "NotImplemented",
                StatusCode::NOT_IMPLEMENTED,
                "A header you provided implies functionality that is not implemented.",
                "",
            ),
            Self::NotModified => Row::new("NotModified", StatusCode::NOT_MODIFIED, "Not Modified", ""),
            Self::NotSymlink => {
                Row::new("NotSymlink", StatusCode::BAD_REQUEST, "The object is not symlink", "0043-00000101")
            }
            Self::ObjectNotAppendable => {
                Row::new("ObjectNotAppendable", StatusCode::CONFLICT, "The object is not appendable", "")
            }
            Self::OperationNotSupported => Row::new(
                "OperationNotSupported",
                StatusCode::BAD_REQUEST,
                "The operation is not supported for this resource",
                "",
            ),
            Self::PartAlreadyExist => Row::new(
                "PartAlreadyExist",
                StatusCode::CONFLICT,
                "For sequential multipart upload, you can't overwrite uploaded parts.",
                "",
            ),
            Self::PartNotSequential => Row::new(
                "PartNotSequential",
                StatusCode::BAD_REQUEST,
                "For sequential multipart upload, you must upload or complete parts with sequential part \
                 number.",
                "",
            ),
            Self::PositionNotEqualToLength => Row::new(
                "PositionNotEqualToLength",
                StatusCode::CONFLICT,
                "Position is not equal to file length",
                "",
            ),
            Self::PreconditionFailed => Row::new(
                "PreconditionFailed",
                StatusCode::PRECONDITION_FAILED,
                "At least one of the pre-conditions you specified did not hold.",
                "",
            ),
            Self::RequestHeaderFieldsTooLarge => Row::new(
                "RequestHeaderFieldsTooLarge",
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "Your request headers exceed the maximum allowed size.",
                "",
            ),
            Self::RequestIsNotMultiPartContent => Row::new(
                "RequestIsNotMultiPartContent",
                StatusCode::BAD_REQUEST,
                "Bucket POST must be of the enclosure-type multipart/form-data.",
                "",
            ),
            Self::RequestTimeTooSkewed => Row::new(
                "RequestTimeTooSkewed",
                StatusCode::FORBIDDEN,
                "The difference between the request time and the current time is too large.",
                "0002-00000504",
            ),
            Self::RequestTimeout => Row::new(
                "RequestTimeout",
                StatusCode::BAD_REQUEST,
                "Your socket connection to the server was not read from or written to within the timeout \
                 period.",
                "",
            ),
            Self::ResourceGroupIdPreCheckError => Row::new(
                "ResourceGroupIdPreCheckError",
                StatusCode::BAD_REQUEST,
                "The resource group id precheck error",
                "0039-00000003",
            ),
            Self::RestoreAlreadyInProgress => Row::new(
                "RestoreAlreadyInProgress",
                StatusCode::CONFLICT,
                "The restore operation is in progress.",
                "0016-00000701",
            ),
            Self::SecondLevelDomainForbidden => Row::new(
                "SecondLevelDomainForbidden",
                StatusCode::FORBIDDEN,
                "The bucket you are attempting to access must be addressed using OSS third level domain.",
                "",
            ),
            Self::SecurityTokenExpired => Row::new(
                "SecurityTokenExpired",
                StatusCode::FORBIDDEN,
                "The security token you provided has expired.",
                "0002-00000007",
            ),
            Self::ServiceUnavailable => Row::new(
                "ServiceUnavailable",
                StatusCode::SERVICE_UNAVAILABLE,
                "Please reduce your request rate.",
                "",
            ),
            Self::SignatureDoesNotMatch => Row::new(
                "SignatureDoesNotMatch",
                StatusCode::FORBIDDEN,
                "The request signature we calculated does not match the signature you provided. Check your \
                 key and signing method.",
                "0002-00000040",
            ),
            Self::SymlinkTargetNotExist => Row::new(
                "SymlinkTargetNotExist",
                StatusCode::NOT_FOUND,
                "The symlink target object does not exist",
                "",
            ),
            Self::TooManyBuckets => Row::new(
                "TooManyBuckets",
                StatusCode::BAD_REQUEST,
                "You have attempted to create more buckets than allowed.",
                "",
            ),
        }
    }
}

/// One line of the table of errors.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) status: StatusCode,
    pub(crate) message: &'static str,
    pub(crate) ec: &'static str,
}

impl Row {
    const fn new(name: &'static str, status: StatusCode, message: &'static str, ec: &'static str) -> Self {
        Self { name, status, message, ec }
    }
}
