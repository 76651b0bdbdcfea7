//! Which operation a request asks for, and why it asks for none that is built.

use http::{HeaderMap, Method};

use super::Operation;
use super::index::{Entry, INDEX, Subresource};
use super::row::{Level, Row, Verb};
use crate::{Error, ErrorCode, Query, Target};

/// Why a request asks for nothing that is built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotRouted {
    /// The operation that it asks for, in OSS's words, where OSS has one.
    pub operation: Option<&'static str>,
    /// What is answered.
    pub error: Error,
}

impl From<NotRouted> for Error {
    fn from(refused: NotRouted) -> Self {
        refused.error
    }
}

/// Finds the operation a request asks for. Query parameters OSS does not know are ignored, as OSS ignores
/// them. Sub-resources never fall through to a plain operation, `DELETE /bucket?acl` must not delete the bucket, and of
/// several one that is not built does not get lost.
///
/// # Errors
/// `NotImplemented` for what OSS has and this server has not, with the name of the missing thing, so that nothing seems to
/// succeed that was not done; `MethodNotAllowed` for a method that has no meaning on the target; `InvalidObjectName` for
/// writing to a key that cannot exist.
pub fn route(
    method: &Method,
    target: &Target,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Operation, NotRouted> {
    if method == Method::OPTIONS {
        return Ok(Operation::Preflight);
    }
    let level = Level::of(target);
    let named: Vec<Subresource> =
        query.iter().filter_map(|(name, _)| INDEX.subresource(level, name)).collect();
    let rows = Verb::of(method).map(|verb| INDEX.rows(level, verb)).unwrap_or_default();
    let mut fitting = rows.iter().filter(|entry| entry.row.fits(query, headers, !named.is_empty()));
    let entry = fitting.next();
    let is_lost = |one: &&Subresource| !one.is_built && !entry.is_some_and(|found| found.row.is_of(one.name));
    if let Some(Subresource { name, .. }) = named.iter().find(is_lost) {
        return Err(not_implemented(fitting.map(|entry| entry.row).find(|row| row.is_of(name)), name));
    }
    let Entry { row, operation } = *entry.ok_or_else(|| method_not_allowed(method, level))?;
    let operation = operation.ok_or_else(|| not_implemented(Some(row), row.subresource().unwrap_or("")))?;
    match refuse_key(operation, target) {
        Ok(()) => Ok(operation),
        Err(error) => Err(NotRouted { operation: Some(operation.name()), error }),
    }
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

fn not_implemented(row: Option<&Row>, subresource: &'static str) -> NotRouted {
    NotRouted { operation: row.map(|row| row.name), error: missing(subresource) }
}

fn missing(subresource: &'static str) -> Error {
    Error::new(ErrorCode::NotImplemented)
        .with_message(format!("The sub-resource {subresource} is not implemented."))
        .with_detail("SubResource", subresource)
}

fn method_not_allowed(method: &Method, level: Level) -> NotRouted {
    let error = Error::new(ErrorCode::MethodNotAllowed)
        .with_detail("Method", method.as_str())
        .with_detail("ResourceType", level.name());
    NotRouted { operation: None, error }
}

#[cfg(test)]
mod tests {
    use super::{NotRouted, route};
    use crate::operation::{Grant, Level, MISSING, Operation, Resource};
    use crate::{Addressing, ErrorCode, Query};
    use http::{HeaderMap, HeaderName, HeaderValue, Method};

    fn ask(
        method: &str,
        url: &str,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Operation, NotRouted> {
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
        check("PUT", "/bkt/a?symlink", "PutSymlink");
        check("GET", "/bkt/a?tagging&versionId=null", "GetObjectTagging");
        check("DELETE", "/bkt/a?tagging", "DeleteObjectTagging");
        check("PUT", "/bkt?cors", "PutBucketCors");
        check("GET", "/bkt?cors", "GetBucketCors");
        check("DELETE", "/bkt?cors", "DeleteBucketCors");
        check("PUT", "/bkt?lifecycle=", "PutBucketLifecycle");
        check("GET", "/bkt?lifecycle", "GetBucketLifecycle");
        check("DELETE", "/bkt?lifecycle", "DeleteBucketLifecycle");
        check("PUT", "/?publicAccessBlock", "PutPublicAccessBlock");
        check("GET", "/?publicAccessBlock", "GetPublicAccessBlock");
        check("DELETE", "/?publicAccessBlock", "DeletePublicAccessBlock");
        check("PUT", "/bkt?publicAccessBlock", "PutBucketPublicAccessBlock");
        check("GET", "/bkt?publicAccessBlock", "GetBucketPublicAccessBlock");
        check("DELETE", "/bkt?publicAccessBlock", "DeleteBucketPublicAccessBlock");
        check("PUT", "/bkt?policy=&comp=callback", "PutBucketCallbackPolicy");
        check("GET", "/bkt?comp=callback&policy", "GetBucketCallbackPolicy");
        check("DELETE", "/bkt?policy&comp=callback", "DeleteBucketCallbackPolicy");
        check("PUT", "/bkt?policy", "PutBucketPolicy");
        check("GET", "/bkt?policy=", "GetBucketPolicy");
        check("DELETE", "/bkt?policy", "DeleteBucketPolicy");
        check("GET", "/bkt?policyStatus", "GetBucketPolicyStatus");
        check("GET", "/bkt?versions&prefix=a", "ListObjectVersions");
        check("PUT", "/bkt?versioning", "PutBucketVersioning");
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
    fn a_request_with_the_least_that_an_operation_needs_asks_for_it() {
        for operation in Operation::ALL {
            let pattern = operation.pattern();
            let url = match pattern.level {
                Level::Service => "/",
                Level::Bucket => "/bkt",
                Level::Object => "/bkt/a",
            };
            let target = Addressing::default().resolve(None, url).unwrap().target;
            let headers: HeaderMap = pattern
                .header
                .map(|name| (HeaderName::from_static(name), HeaderValue::from_static("x")))
                .into_iter()
                .collect();
            let query = Query::from_pairs(pattern.query);
            assert_eq!(route(&pattern.method, &target, &query, &headers), Ok(operation));
        }
    }

    #[test]
    fn what_is_built_is_not_among_what_is_missing() {
        let missing: Vec<&str> = MISSING.iter().map(|row| row.name).collect();
        for (at, name) in missing.iter().enumerate() {
            let built = Operation::ALL.iter().any(|operation| operation.name() == *name);
            assert!(!built && missing.iter().take(at).all(|earlier| earlier != name), "{name}");
        }
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_and_an_action() {
        for (at, operation) in Operation::ALL.into_iter().enumerate() {
            assert!(Operation::ALL.iter().skip(at + 1).all(|other| other.name() != operation.name()));
            assert!(operation.access().action.starts_with("oss:"), "{}", operation.name());
        }
        let access = Operation::PutBucketTags.access();
        let expected = ("oss:PutBucketTagging", Resource::Bucket, Grant::Nobody);
        assert_eq!((access.action, access.resource, access.grant), expected);
    }

    #[test]
    fn what_is_not_built_is_known_by_its_name() {
        let check = |method: &str, url: &str, name: Option<&str>| {
            let refused = ask(method, url, &[]).unwrap_err();
            assert_eq!(refused.operation, name, "{method} {url}");
        };
        check("POST", "/bkt?cname&comp=add", Some("PutCname"));
        check("POST", "/bkt?comp=delete&replication", Some("DeleteBucketReplication"));
        check("GET", "/bkt?requesterQosInfo", Some("ListBucketRequesterQoSInfos"));
        check("GET", "/bkt?requesterQosInfo&qosRequester=a", Some("GetBucketRequesterQoSInfo"));
        check("GET", "/?regions", Some("DescribeRegions"));
        check("PUT", "/bkt/a?retention", Some("PutObjectRetention"));
        check("GET", "/bkt/a?live&comp=stat", Some("GetLiveChannelStat"));
        // No operation of OSS, or none that is known.
        check("DELETE", "/bkt?policyStatus", None);
        check("GET", "/?udf", None);
        check("DELETE", "/bkt?acl", None);
        // What is not built does not get lost beside what is.
        check("PUT", "/bkt?acl&qosInfo", Some("PutBucketQoSInfo"));
        check("GET", "/bkt?comp=callback&policy&replication", Some("GetBucketReplication"));
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
            let error = ask(method, url, &[]).unwrap_err().error;
            assert_eq!(error.code(), code, "{method} {url}");
            assert!(error.details().any(|(_, value)| value == named), "{method} {url} {error:?}");
        };
        check("GET", "/?regions", ErrorCode::NotImplemented, "regions");
        check("GET", "/?resourcePool", ErrorCode::NotImplemented, "resourcePool");
        check("POST", "/?publicAccessBlock", ErrorCode::MethodNotAllowed, "POST");
        check("POST", "/bkt?versioning", ErrorCode::MethodNotAllowed, "POST");
        check("DELETE", "/bkt?versions", ErrorCode::MethodNotAllowed, "DELETE");
        check("PUT", "/bkt?live", ErrorCode::MethodNotAllowed, "PUT");
        check("PUT", "/bkt?logging", ErrorCode::NotImplemented, "logging");
        check("POST", "/bkt?website", ErrorCode::MethodNotAllowed, "POST");
        check("PUT", "/bkt?qosInfo=", ErrorCode::NotImplemented, "qosInfo");
        check("POST", "/bkt?lifecycle", ErrorCode::MethodNotAllowed, "POST");
        check("POST", "/bkt?cname&comp=add", ErrorCode::NotImplemented, "cname");
        check("PUT", "/bkt/a?retention", ErrorCode::NotImplemented, "retention");
        check("PUT", "/bkt/a?retention", ErrorCode::NotImplemented, "retention");
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
                let error = ask(method, &format!("/bkt/{key}{query}"), &[]).unwrap_err().error;
                assert_eq!((error.code(), error.ec()), (ErrorCode::InvalidObjectName, "0016-00000005"));
            }
        }
    }
}
