//! Which operation a request asks for: one table of what is built and one of what OSS has and this server has
//! not. Whether the request is allowed and well-formed otherwise is not decided here.

use http::{HeaderMap, Method};

use crate::{Error, ErrorCode, Query, Target};

/// An operation, in OSS's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `GET /`
    ListBuckets,
    /// `PUT /bucket`
    PutBucket,
    /// `DELETE /bucket`
    DeleteBucket,
    /// `HEAD /bucket`
    HeadBucket,
    /// `GET /bucket?bucketInfo`
    GetBucketInfo,
    /// `GET /bucket?location`
    GetBucketLocation,
    /// `GET /bucket?acl`
    GetBucketAcl,
    /// `PUT /bucket?acl`
    PutBucketAcl,
    /// `GET /bucket?stat`
    GetBucketStat,
    /// `PUT /bucket?cors`
    PutBucketCors,
    /// `GET /bucket?cors`
    GetBucketCors,
    /// `DELETE /bucket?cors`
    DeleteBucketCors,
    /// `PUT /bucket?policy&comp=callback`
    PutBucketCallbackPolicy,
    /// `GET /bucket?policy&comp=callback`
    GetBucketCallbackPolicy,
    /// `DELETE /bucket?policy&comp=callback`
    DeleteBucketCallbackPolicy,
    /// `PUT /bucket?publicAccessBlock`
    PutBucketPublicAccessBlock,
    /// `GET /bucket?publicAccessBlock`
    GetBucketPublicAccessBlock,
    /// `DELETE /bucket?publicAccessBlock`
    DeleteBucketPublicAccessBlock,
    /// `PUT /bucket?tagging`
    PutBucketTags,
    /// `GET /bucket?tagging`
    GetBucketTags,
    /// `DELETE /bucket?tagging`
    DeleteBucketTags,
    /// `OPTIONS`, a browser's question before it sends the real request
    Preflight,
    /// `GET /bucket`
    ListObjects,
    /// `GET /bucket?list-type=2`
    ListObjectsV2,
    /// `GET /bucket?versions`
    ListObjectVersions,
    /// `GET /bucket?versioning`
    GetBucketVersioning,
    /// `GET /bucket?live`
    ListLiveChannel,
    /// `GET /bucket?uploads`
    ListMultipartUploads,
    /// `POST /bucket` with a form
    PostObject,
    /// `POST /bucket?delete`
    DeleteMultipleObjects,
    /// `PUT /bucket/key`
    PutObject,
    /// `PUT /bucket/key` with `x-oss-copy-source`
    CopyObject,
    /// `POST /bucket/key?append&position=N`
    AppendObject,
    /// `GET /bucket/key`
    GetObject,
    /// `HEAD /bucket/key`
    HeadObject,
    /// `HEAD /bucket/key?objectMeta`
    GetObjectMeta,
    /// `DELETE /bucket/key`
    DeleteObject,
    /// `GET /bucket/key?acl`
    GetObjectAcl,
    /// `PUT /bucket/key?acl`
    PutObjectAcl,
    /// `PUT /bucket/key?tagging`
    PutObjectTagging,
    /// `GET /bucket/key?tagging`
    GetObjectTagging,
    /// `DELETE /bucket/key?tagging`
    DeleteObjectTagging,
    /// `POST /bucket/key?uploads`
    InitiateMultipartUpload,
    /// `PUT /bucket/key?partNumber=N&uploadId=ID`
    UploadPart,
    /// The same with `x-oss-copy-source`
    UploadPartCopy,
    /// `POST /bucket/key?uploadId=ID`
    CompleteMultipartUpload,
    /// `DELETE /bucket/key?uploadId=ID`
    AbortMultipartUpload,
    /// `GET /bucket/key?uploadId=ID`
    ListParts,
    /// `POST /bucket/key?x-oss-process`
    ProcessObject,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 49] = [
        Self::ListBuckets,
        Self::PutBucket,
        Self::DeleteBucket,
        Self::HeadBucket,
        Self::GetBucketInfo,
        Self::GetBucketLocation,
        Self::GetBucketAcl,
        Self::PutBucketAcl,
        Self::GetBucketStat,
        Self::PutBucketCors,
        Self::GetBucketCors,
        Self::DeleteBucketCors,
        Self::PutBucketCallbackPolicy,
        Self::GetBucketCallbackPolicy,
        Self::DeleteBucketCallbackPolicy,
        Self::PutBucketPublicAccessBlock,
        Self::GetBucketPublicAccessBlock,
        Self::DeleteBucketPublicAccessBlock,
        Self::PutBucketTags,
        Self::GetBucketTags,
        Self::DeleteBucketTags,
        Self::Preflight,
        Self::ListObjects,
        Self::ListObjectsV2,
        Self::ListObjectVersions,
        Self::GetBucketVersioning,
        Self::ListLiveChannel,
        Self::ListMultipartUploads,
        Self::PostObject,
        Self::DeleteMultipleObjects,
        Self::PutObject,
        Self::CopyObject,
        Self::AppendObject,
        Self::GetObject,
        Self::HeadObject,
        Self::GetObjectMeta,
        Self::DeleteObject,
        Self::GetObjectAcl,
        Self::PutObjectAcl,
        Self::PutObjectTagging,
        Self::GetObjectTagging,
        Self::DeleteObjectTagging,
        Self::InitiateMultipartUpload,
        Self::UploadPart,
        Self::UploadPartCopy,
        Self::CompleteMultipartUpload,
        Self::AbortMultipartUpload,
        Self::ListParts,
        Self::ProcessObject,
    ];

    /// Returns the name as OSS's manual and logs write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ListBuckets => "ListBuckets",
            Self::PutBucket => "PutBucket",
            Self::DeleteBucket => "DeleteBucket",
            Self::HeadBucket => "HeadBucket",
            Self::GetBucketInfo => "GetBucketInfo",
            Self::GetBucketLocation => "GetBucketLocation",
            Self::GetBucketAcl => "GetBucketAcl",
            Self::PutBucketAcl => "PutBucketAcl",
            Self::GetBucketStat => "GetBucketStat",
            Self::PutBucketCors => "PutBucketCors",
            Self::GetBucketCors => "GetBucketCors",
            Self::DeleteBucketCors => "DeleteBucketCors",
            Self::PutBucketCallbackPolicy => "PutBucketCallbackPolicy",
            Self::GetBucketCallbackPolicy => "GetBucketCallbackPolicy",
            Self::DeleteBucketCallbackPolicy => "DeleteBucketCallbackPolicy",
            Self::PutBucketPublicAccessBlock => "PutBucketPublicAccessBlock",
            Self::GetBucketPublicAccessBlock => "GetBucketPublicAccessBlock",
            Self::DeleteBucketPublicAccessBlock => "DeleteBucketPublicAccessBlock",
            Self::PutBucketTags => "PutBucketTags",
            Self::GetBucketTags => "GetBucketTags",
            Self::DeleteBucketTags => "DeleteBucketTags",
            Self::Preflight => "OptionObject",
            Self::ListObjects => "ListObjects",
            Self::ListObjectsV2 => "ListObjectsV2",
            Self::ListObjectVersions => "ListObjectVersions",
            Self::GetBucketVersioning => "GetBucketVersioning",
            Self::ListLiveChannel => "ListLiveChannel",
            Self::ListMultipartUploads => "ListMultipartUploads",
            Self::PostObject => "PostObject",
            Self::DeleteMultipleObjects => "DeleteMultipleObjects",
            Self::PutObject => "PutObject",
            Self::CopyObject => "CopyObject",
            Self::AppendObject => "AppendObject",
            Self::GetObject => "GetObject",
            Self::HeadObject => "HeadObject",
            Self::GetObjectMeta => "GetObjectMeta",
            Self::DeleteObject => "DeleteObject",
            Self::GetObjectAcl => "GetObjectACL",
            Self::PutObjectAcl => "PutObjectACL",
            Self::PutObjectTagging => "PutObjectTagging",
            Self::GetObjectTagging => "GetObjectTagging",
            Self::DeleteObjectTagging => "DeleteObjectTagging",
            Self::InitiateMultipartUpload => "InitiateMultipartUpload",
            Self::UploadPart => "UploadPart",
            Self::UploadPartCopy => "UploadPartCopy",
            Self::CompleteMultipartUpload => "CompleteMultipartUpload",
            Self::AbortMultipartUpload => "AbortMultipartUpload",
            Self::ListParts => "ListParts",
            Self::ProcessObject => "PostProcess",
        }
    }
}

/// Returns every operation that [`route`] can find, each once.
pub fn routed() -> impl Iterator<Item = Operation> {
    let first = |at: usize, operation| !ROUTES.iter().take(at).any(|earlier| earlier.operation == operation);
    let rows = ROUTES.iter().map(|row| row.operation).enumerate();
    rows.filter(move |(at, operation)| first(*at, *operation)).map(|(_, operation)| operation)
}

/// Finds the operation a request asks for. Query parameters OSS does not know are ignored, as OSS ignores
/// them.
///
/// # Errors
/// `NotImplemented` for what OSS has and this server has not, with the name of the missing thing, so
/// that nothing seems to succeed that was not done; `MethodNotAllowed` for a method that has no meaning on
/// the target; `InvalidObjectName` for writing to a key that cannot exist.
pub fn route(
    method: &Method,
    target: &Target,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Operation, Error> {
    if method == Method::OPTIONS {
        return Ok(Operation::Preflight);
    }
    let level = Level::of(target);
    if let Some(subresource) = missing_subresource(level, method, query) {
        return Err(missing(subresource));
    }
    let row = ROUTES.iter().find(|row| row.level == level && row.matches(method, query, headers));
    let operation = row.map(|row| row.operation).ok_or_else(|| method_not_allowed(method, level))?;
    refuse_key(operation, target)?;
    Ok(operation)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Service,
    Bucket,
    Object,
}

impl Level {
    fn of(target: &Target) -> Self {
        match target {
            Target::Service => Self::Service,
            Target::Bucket(_) => Self::Bucket,
            Target::Object(..) => Self::Object,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Service => "Service",
            Self::Bucket => "Bucket",
            Self::Object => "Object",
        }
    }
}

/// One way to ask for an operation.
struct Route {
    level: Level,
    method: Method,
    when: When,
    operation: Operation,
}

/// What must be there besides method and level.
enum When {
    /// Nothing: but then no sub-resource that has routes of its own on this level either.
    Plain,
    /// A query parameter, with any value.
    Has(&'static str),
    /// A query parameter with this value.
    Is(&'static str, &'static str),
    /// Either query parameter, and the header.
    EitherWithHeader([&'static str; 2], &'static str),
    /// The header, under the conditions of `Plain`.
    PlainWithHeader(&'static str),
}

impl Route {
    const fn new(level: Level, method: Method, when: When, operation: Operation) -> Self {
        Self { level, method, when, operation }
    }

    fn matches(&self, method: &Method, query: &Query, headers: &HeaderMap) -> bool {
        if self.method != *method {
            return false;
        }
        match &self.when {
            When::Plain => self.is_plain(query),
            When::Has(name) => query.contains(name),
            When::Is(name, value) => query.get(name) == Some(value),
            When::EitherWithHeader(names, header) => {
                names.iter().any(|name| query.contains(name)) && has_header(headers, header)
            }
            When::PlainWithHeader(header) => self.is_plain(query) && has_header(headers, header),
        }
    }

    fn is_plain(&self, query: &Query) -> bool {
        !SELECTORS.iter().any(|(level, name)| *level == self.level && query.contains(name))
    }
}

const COPY_SOURCE: &str = "x-oss-copy-source";
const CALLBACK_POLICY: When = When::Is("comp", "callback");
const PUBLIC_ACCESS_BLOCK: When = When::Has("publicAccessBlock");
const PART_WITH_SOURCE: When = When::EitherWithHeader(["uploadId", "partNumber"], COPY_SOURCE);

/// What is built. The first row that fits wins, so the narrower of two rows stands first.
#[rustfmt::skip]
const ROUTES: &[Route] = &[
    Route::new(Level::Service, Method::GET, When::Plain, Operation::ListBuckets),

    Route::new(Level::Bucket, Method::PUT, CALLBACK_POLICY, Operation::PutBucketCallbackPolicy),
    Route::new(Level::Bucket, Method::GET, CALLBACK_POLICY, Operation::GetBucketCallbackPolicy),
    Route::new(Level::Bucket, Method::DELETE, CALLBACK_POLICY, Operation::DeleteBucketCallbackPolicy),
    Route::new(Level::Bucket, Method::PUT, PUBLIC_ACCESS_BLOCK, Operation::PutBucketPublicAccessBlock),
    Route::new(Level::Bucket, Method::GET, PUBLIC_ACCESS_BLOCK, Operation::GetBucketPublicAccessBlock),
    Route::new(Level::Bucket, Method::DELETE, PUBLIC_ACCESS_BLOCK, Operation::DeleteBucketPublicAccessBlock),
    Route::new(Level::Bucket, Method::PUT, When::Has("acl"), Operation::PutBucketAcl),
    Route::new(Level::Bucket, Method::GET, When::Has("acl"), Operation::GetBucketAcl),
    Route::new(Level::Bucket, Method::PUT, When::Has("cors"), Operation::PutBucketCors),
    Route::new(Level::Bucket, Method::GET, When::Has("cors"), Operation::GetBucketCors),
    Route::new(Level::Bucket, Method::DELETE, When::Has("cors"), Operation::DeleteBucketCors),
    Route::new(Level::Bucket, Method::PUT, When::Has("tagging"), Operation::PutBucketTags),
    Route::new(Level::Bucket, Method::GET, When::Has("tagging"), Operation::GetBucketTags),
    Route::new(Level::Bucket, Method::DELETE, When::Has("tagging"), Operation::DeleteBucketTags),
    Route::new(Level::Bucket, Method::GET, When::Has("bucketInfo"), Operation::GetBucketInfo),
    Route::new(Level::Bucket, Method::GET, When::Has("location"), Operation::GetBucketLocation),
    Route::new(Level::Bucket, Method::GET, When::Has("stat"), Operation::GetBucketStat),
    Route::new(Level::Bucket, Method::GET, When::Has("versions"), Operation::ListObjectVersions),
    Route::new(Level::Bucket, Method::GET, When::Has("versioning"), Operation::GetBucketVersioning),
    Route::new(Level::Bucket, Method::GET, When::Has("live"), Operation::ListLiveChannel),
    Route::new(Level::Bucket, Method::GET, When::Has("uploads"), Operation::ListMultipartUploads),
    Route::new(Level::Bucket, Method::POST, When::Has("delete"), Operation::DeleteMultipleObjects),
    Route::new(Level::Bucket, Method::GET, When::Is("list-type", "2"), Operation::ListObjectsV2),
    Route::new(Level::Bucket, Method::GET, When::Plain, Operation::ListObjects),
    Route::new(Level::Bucket, Method::PUT, When::Plain, Operation::PutBucket),
    Route::new(Level::Bucket, Method::DELETE, When::Plain, Operation::DeleteBucket),
    Route::new(Level::Bucket, Method::HEAD, When::Plain, Operation::HeadBucket),
    Route::new(Level::Bucket, Method::POST, When::Plain, Operation::PostObject),

    Route::new(Level::Object, Method::PUT, PART_WITH_SOURCE, Operation::UploadPartCopy),
    Route::new(Level::Object, Method::PUT, When::Has("uploadId"), Operation::UploadPart),
    Route::new(Level::Object, Method::PUT, When::Has("partNumber"), Operation::UploadPart),
    Route::new(Level::Object, Method::POST, When::Has("uploads"), Operation::InitiateMultipartUpload),
    Route::new(Level::Object, Method::POST, When::Has("uploadId"), Operation::CompleteMultipartUpload),
    Route::new(Level::Object, Method::DELETE, When::Has("uploadId"), Operation::AbortMultipartUpload),
    Route::new(Level::Object, Method::GET, When::Has("uploadId"), Operation::ListParts),
    Route::new(Level::Object, Method::POST, When::Has("append"), Operation::AppendObject),
    Route::new(Level::Object, Method::POST, When::Has("x-oss-process"), Operation::ProcessObject),
    Route::new(Level::Object, Method::PUT, When::Has("acl"), Operation::PutObjectAcl),
    Route::new(Level::Object, Method::GET, When::Has("acl"), Operation::GetObjectAcl),
    Route::new(Level::Object, Method::PUT, When::Has("tagging"), Operation::PutObjectTagging),
    Route::new(Level::Object, Method::GET, When::Has("tagging"), Operation::GetObjectTagging),
    Route::new(Level::Object, Method::DELETE, When::Has("tagging"), Operation::DeleteObjectTagging),
    Route::new(Level::Object, Method::HEAD, When::Has("objectMeta"), Operation::GetObjectMeta),
    Route::new(Level::Object, Method::GET, When::Has("objectMeta"), Operation::GetObjectMeta),
    Route::new(Level::Object, Method::PUT, When::PlainWithHeader(COPY_SOURCE), Operation::CopyObject),
    Route::new(Level::Object, Method::PUT, When::Plain, Operation::PutObject),
    Route::new(Level::Object, Method::GET, When::Plain, Operation::GetObject),
    Route::new(Level::Object, Method::HEAD, When::Plain, Operation::HeadObject),
    Route::new(Level::Object, Method::DELETE, When::Plain, Operation::DeleteObject),
];

/// Parameters that select an operation and so never fall through to a plain one: `DELETE /bucket?acl` must
/// not delete the bucket.
const SELECTORS: &[(Level, &str)] = &[
    (Level::Bucket, "acl"),
    (Level::Bucket, "cors"),
    (Level::Bucket, "bucketInfo"),
    (Level::Bucket, "location"),
    (Level::Bucket, "stat"),
    (Level::Bucket, "live"),
    (Level::Bucket, "versioning"),
    (Level::Bucket, "versions"),
    (Level::Bucket, "uploads"),
    (Level::Bucket, "delete"),
    (Level::Bucket, "publicAccessBlock"),
    (Level::Bucket, "comp"),
    (Level::Bucket, "tagging"),
    (Level::Object, "acl"),
    (Level::Object, "append"),
    (Level::Object, "objectMeta"),
    (Level::Object, "uploads"),
    (Level::Object, "uploadId"),
    (Level::Object, "tagging"),
];

/// What OSS has on the service and this server has not.
const MISSING_ON_SERVICE: &[&str] = &[
    "accessPoint",
    "bucketGroup",
    "cloudboxes",
    "publicAccessBlock",
    "qosInfo",
    "regions",
    "resourcePool",
    "resourcePoolBuckets",
    "resourcePoolInfo",
    "udf",
    "userQos",
];

/// What OSS has on buckets and this server has not.
const MISSING_ON_BUCKET: &[&str] = &[
    "accessPoint",
    "accessPointConfigForObjectProcess",
    "accessPointForObjectProcess",
    "accessPointPolicy",
    "accessPointPolicyForObjectProcess",
    "accessmonitor",
    "asyncFetch",
    "bucketArchiveDirectRead",
    "cname",
    "dataset",
    "encryption",
    "httpsConfig",
    "inventory",
    "lifecycle",
    "logging",
    "metaQuery",
    "objectWorm",
    "overwriteConfig",
    "policy",
    "policyStatus",
    "processConfiguration",
    "qos",
    "qosInfo",
    "qosRequester",
    "redundancyTransition",
    "referer",
    "replication",
    "replicationLocation",
    "replicationProgress",
    "requestPayment",
    "requesterQosInfo",
    "resourceGroup",
    "resourcePool",
    "resourcePoolInfo",
    "responseHeader",
    "rtc",
    "style",
    "transferAcceleration",
    "userDefinedLogFieldsConfig",
    "vod",
    "vpcip",
    "website",
    "worm",
    "wormExtend",
    "wormId",
    "x-oss-async-process",
    "x-oss-process",
];

/// What OSS lets one set on buckets and this server only tells.
const READ_ONLY_ON_BUCKET: &[&str] = &["versioning"];

/// What OSS has on objects and this server has not.
const MISSING_ON_OBJECT: &[&str] = &[
    "asyncFetch",
    "cleanRestoredObject",
    "legalHold",
    "live",
    "restore",
    "retention",
    "seal",
    "symlink",
    "vod",
    "x-oss-async-process",
    "x-oss-delete",
    "x-oss-dir",
    "x-oss-rename",
    "x-oss-write-get-object-response",
];

fn missing_subresource(level: Level, method: &Method, query: &Query) -> Option<&'static str> {
    let callback_policy = level == Level::Bucket && query.get("comp") == Some("callback");
    if callback_policy {
        return None;
    }
    let names = match level {
        Level::Service => MISSING_ON_SERVICE,
        Level::Bucket => MISSING_ON_BUCKET,
        Level::Object => MISSING_ON_OBJECT,
    };
    let read_only: &[&str] =
        if level == Level::Bucket && *method == Method::PUT { READ_ONLY_ON_BUCKET } else { &[] };
    names.iter().chain(read_only).find(|name| query.contains(name)).copied()
}

/// Returns whether a header is there; clients send empty ones for what they do not set.
fn has_header(headers: &HeaderMap, name: &str) -> bool {
    headers.get(name).is_some_and(|value| !value.is_empty())
}

/// Refuses to begin or add to an object of a key that cannot exist. Whoever only looks for one is told that it is missing.
fn refuse_key(operation: Operation, target: &Target) -> Result<(), Error> {
    use Operation::{
        AppendObject, CopyObject, InitiateMultipartUpload, PutObject, UploadPart, UploadPartCopy,
    };
    let adds = matches!(
        operation,
        PutObject | CopyObject | AppendObject | InitiateMultipartUpload | UploadPart | UploadPartCopy
    );
    match target.key().filter(|_| adds) {
        Some(key) => key.check_storable(),
        None => Ok(()),
    }
}

fn missing(subresource: &'static str) -> Error {
    if subresource == "seal" {
        // OSS's own words where it does not offer this, which the Go SDK's suite takes for an answer.
        return Error::new(ErrorCode::OperationNotSupported)
            .with_ec("0016-00000513")
            .with_message("SealAppendable is not supported.");
    }
    Error::new(ErrorCode::NotImplemented)
        .with_message(format!("The sub-resource {subresource} is not implemented."))
        .with_detail("SubResource", subresource)
}

fn method_not_allowed(method: &Method, level: Level) -> Error {
    Error::new(ErrorCode::MethodNotAllowed)
        .with_detail("Method", method.as_str())
        .with_detail("ResourceType", level.name())
}

#[cfg(test)]
mod tests {
    use super::{Operation, ROUTES, route};
    use crate::{Addressing, Error, ErrorCode, Query};
    use http::{HeaderMap, HeaderName, HeaderValue, Method};

    fn ask(method: &str, url: &str, headers: &[(&'static str, &'static str)]) -> Result<Operation, Error> {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let target = Addressing::default().resolve(None, path).unwrap().target;
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        route(
            &Method::from_bytes(method.as_bytes()).unwrap(),
            &target,
            &Query::parse(query).unwrap(),
            &headers,
        )
    }

    #[test]
    fn operations() {
        let check = |method: &str, url: &str, name: &str| {
            assert_eq!(ask(method, url, &[]).unwrap().name(), name, "{method} {url}");
        };
        check("GET", "/", "ListBuckets");
        check("GET", "/?prefix=a&max-keys=1&regionList", "ListBuckets");
        check("PUT", "/bkt", "PutBucket");
        check("DELETE", "/bkt/", "DeleteBucket");
        check("HEAD", "/bkt", "HeadBucket");
        check("GET", "/bkt", "ListObjects");
        check("GET", "/bkt?prefix=a&unheard-of=1", "ListObjects");
        check("GET", "/bkt?list-type=2&continuation-token=x", "ListObjectsV2");
        check("GET", "/bkt?bucketInfo", "GetBucketInfo");
        check("GET", "/bkt?location=", "GetBucketLocation");
        check("GET", "/bkt?stat", "GetBucketStat");
        check("GET", "/bkt?acl", "GetBucketAcl");
        check("PUT", "/bkt?acl", "PutBucketAcl");
        check("PUT", "/bkt?tagging", "PutBucketTags");
        check("DELETE", "/bkt?tagging=", "DeleteBucketTags");
        check("PUT", "/bkt/a?tagging", "PutObjectTagging");
        check("GET", "/bkt/a?tagging&versionId=null", "GetObjectTagging");
        check("DELETE", "/bkt/a?tagging", "DeleteObjectTagging");
        check("PUT", "/bkt?cors", "PutBucketCors");
        check("GET", "/bkt?cors", "GetBucketCors");
        check("DELETE", "/bkt?cors", "DeleteBucketCors");
        check("PUT", "/bkt?publicAccessBlock", "PutBucketPublicAccessBlock");
        check("GET", "/bkt?publicAccessBlock", "GetBucketPublicAccessBlock");
        check("DELETE", "/bkt?publicAccessBlock", "DeleteBucketPublicAccessBlock");
        check("PUT", "/bkt?policy=&comp=callback", "PutBucketCallbackPolicy");
        check("GET", "/bkt?comp=callback&policy", "GetBucketCallbackPolicy");
        check("DELETE", "/bkt?policy&comp=callback", "DeleteBucketCallbackPolicy");
        check("GET", "/bkt?versions&prefix=a", "ListObjectVersions");
        check("GET", "/bkt?versioning", "GetBucketVersioning");
        check("GET", "/bkt?live&max-keys=1", "ListLiveChannel");
        check("GET", "/bkt?uploads", "ListMultipartUploads");
        check("POST", "/bkt?delete", "DeleteMultipleObjects");
        check("POST", "/bkt", "PostObject");
        check("OPTIONS", "/bkt/a", "OptionObject");
        check("PUT", "/bkt/a", "PutObject");
        check("PUT", "/bkt/a?callback=e30%3D", "PutObject");
        check("PUT", "/bkt/a?partNumber=1&uploadId=X", "UploadPart");
        check("POST", "/bkt/a?uploads", "InitiateMultipartUpload");
        check("POST", "/bkt/a?uploads&sequential", "InitiateMultipartUpload");
        check("POST", "/bkt/a?uploadId=X&callback=e30%3D", "CompleteMultipartUpload");
        check("DELETE", "/bkt/a?uploadId=X", "AbortMultipartUpload");
        check("GET", "/bkt/a?uploadId=X", "ListParts");
        check("POST", "/bkt/a?append&position=0", "AppendObject");
        check("POST", "/bkt/a?x-oss-process", "PostProcess");
        check("GET", "/bkt/a?response-content-type=text%2Fplain", "GetObject");
        check("GET", "/bkt/a?versionId=null", "GetObject");
        check("GET", "/bkt/a?acl", "GetObjectACL");
        check("PUT", "/bkt/a?acl", "PutObjectACL");
        check("HEAD", "/bkt/a", "HeadObject");
        check("HEAD", "/bkt/a?objectMeta", "GetObjectMeta");
        check("DELETE", "/bkt/a", "DeleteObject");
    }

    #[test]
    fn every_operation_is_in_the_list_of_all() {
        for route in ROUTES {
            let times = Operation::ALL.iter().filter(|operation| **operation == route.operation).count();
            assert_eq!(times, 1, "{}", route.operation.name());
        }
    }

    #[test]
    fn headers_that_choose() {
        let copy: &[(&str, &str)] = &[("x-oss-copy-source", "/bkt/b")];
        assert_eq!(ask("PUT", "/bkt/a", copy).unwrap(), Operation::CopyObject);
        assert_eq!(ask("PUT", "/bkt/a?partNumber=1&uploadId=X", copy).unwrap(), Operation::UploadPartCopy);
        assert_eq!(ask("PUT", "/bkt/a?acl", copy).unwrap(), Operation::PutObjectAcl);
        // An empty header is no header.
        let empty: &[(&str, &str)] = &[("x-oss-copy-source", ""), ("x-oss-tagging", ""), ("if-match", "")];
        assert_eq!(ask("PUT", "/bkt/a", empty).unwrap(), Operation::PutObject);
        assert_eq!(ask("PUT", "/bkt/a?partNumber=1&uploadId=X", empty).unwrap(), Operation::UploadPart);
    }

    #[test]
    fn refusals() {
        let check = |method: &str, url: &str, code: ErrorCode, named: &str| {
            let error = ask(method, url, &[]).unwrap_err();
            assert_eq!(error.code(), code, "{method} {url}");
            assert!(error.details().any(|(_, value)| value == named), "{method} {url} {error:?}");
        };
        check("GET", "/?regions", ErrorCode::NotImplemented, "regions");
        check("PUT", "/?publicAccessBlock", ErrorCode::NotImplemented, "publicAccessBlock");
        check("PUT", "/bkt?versioning", ErrorCode::NotImplemented, "versioning");
        check("DELETE", "/bkt?versions", ErrorCode::MethodNotAllowed, "DELETE");
        check("PUT", "/bkt?live", ErrorCode::MethodNotAllowed, "PUT");
        check("PUT", "/bkt?policy", ErrorCode::NotImplemented, "policy");
        check("PUT", "/bkt?lifecycle=", ErrorCode::NotImplemented, "lifecycle");
        check("POST", "/bkt?cname&comp=add", ErrorCode::NotImplemented, "cname");
        check("PUT", "/bkt/a?symlink", ErrorCode::NotImplemented, "symlink");
        check("POST", "/bkt/a?restore", ErrorCode::NotImplemented, "restore");
        check("PUT", "/", ErrorCode::MethodNotAllowed, "PUT");
        check("PATCH", "/bkt/a", ErrorCode::MethodNotAllowed, "PATCH");
        check("DELETE", "/bkt?acl", ErrorCode::MethodNotAllowed, "DELETE");
        check("PUT", "/bkt?delete", ErrorCode::MethodNotAllowed, "PUT");
        check("DELETE", "/bkt?comp=status", ErrorCode::MethodNotAllowed, "DELETE");
        check("POST", "/bkt/a", ErrorCode::MethodNotAllowed, "Object");
        check("DELETE", "/bkt/a?acl", ErrorCode::MethodNotAllowed, "DELETE");
        check("PUT", "/bkt/a?append", ErrorCode::MethodNotAllowed, "PUT");
    }

    #[test]
    fn keys_that_cannot_exist_are_missing_where_they_are_read() {
        for key in ["%2Fa", "/a", "%5Ca"] {
            for (method, query) in
                [("GET", ""), ("HEAD", ""), ("DELETE", ""), ("GET", "?acl"), ("HEAD", "?objectMeta")]
            {
                assert!(ask(method, &format!("/bkt/{key}{query}"), &[]).is_ok(), "{method} {key} {query}");
            }
            for (method, query) in [
                ("PUT", ""),
                ("POST", "?append&position=0"),
                ("POST", "?uploads"),
                ("PUT", "?partNumber=1&uploadId=X"),
            ] {
                let error = ask(method, &format!("/bkt/{key}{query}"), &[]).unwrap_err();
                assert_eq!((error.code(), error.ec()), (ErrorCode::InvalidObjectName, "0016-00000005"));
            }
        }
    }
}
