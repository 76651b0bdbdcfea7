//! The query parameters that V1 signatures cover: the union of the lists in the official SDKs, and the few
//! that some of them send without signing.

use http::Method;

use crate::operation::is_selector;

/// Every name that some SDK signs, sorted by bytes.
const SIGNED: &[&str] = &[
    "accessPoint",
    "accessPointConfigForObjectProcess",
    "accessPointForObjectProcess",
    "accessPointPolicy",
    "accessPointPolicyForObjectProcess",
    "accessmonitor",
    "acl",
    "append",
    "asyncFetch",
    "bucketArchiveDirectRead",
    "bucketInfo",
    "callback",
    "callback-var",
    "cleanRestoredObject",
    "cloudboxes",
    "cname",
    "comp",
    "continuation-token",
    "cors",
    "delete",
    "encryption",
    "endTime",
    "group",
    "httpsConfig",
    "img",
    "inventory",
    "inventoryId",
    "legalHold",
    "lifecycle",
    "link",
    "live",
    "location",
    "logging",
    "metaQuery",
    "objectInfo",
    "objectMeta",
    "objectWorm",
    "overwriteConfig",
    "partNumber",
    "policy",
    "policyStatus",
    "position",
    "processConfiguration",
    "publicAccessBlock",
    "qos",
    "qosInfo",
    "qosRequester",
    "redundancyTransition",
    "referer",
    "regionList",
    "replication",
    "replicationLocation",
    "replicationProgress",
    "requestPayment",
    "requesterQosInfo",
    "resourceGroup",
    "resourcePool",
    "resourcePoolBuckets",
    "resourcePoolInfo",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "responseHeader",
    "restore",
    "retention",
    "rtc",
    "seal",
    "security-token",
    "sequential",
    "startTime",
    "stat",
    "status",
    "style",
    "styleName",
    "symlink",
    "tagging",
    "transferAcceleration",
    "udf",
    "udfApplication",
    "udfApplicationLog",
    "udfId",
    "udfImage",
    "udfImageDesc",
    "udfName",
    "uploadId",
    "uploads",
    "userDefinedLogFieldsConfig",
    "versionId",
    "versioning",
    "versions",
    "vip",
    "vod",
    "vpcip",
    "website",
    "withHashContext",
    "worm",
    "wormExtend",
    "wormId",
    "x-oss-ac-forward-allow",
    "x-oss-ac-source-ip",
    "x-oss-ac-subnet-mask",
    "x-oss-ac-vpc-id",
    "x-oss-access-point-name",
    "x-oss-async-process",
    "x-oss-callback",
    "x-oss-callback-var",
    "x-oss-delete",
    "x-oss-dir",
    "x-oss-enable-md5",
    "x-oss-enable-sha1",
    "x-oss-enable-sha256",
    "x-oss-hash-ctx",
    "x-oss-md5-ctx",
    "x-oss-process",
    "x-oss-redundancy-transition-taskid",
    "x-oss-rename",
    "x-oss-request-payer",
    "x-oss-security-token",
    "x-oss-sign-origin-only",
    "x-oss-target-redundancy-type",
    "x-oss-traffic-limit",
    "x-oss-write-get-object-response",
];

/// Which parameters a client may have taken into its V1 signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// The union of the SDKs' lists.
    Listed,
    /// The same and whatever begins with `x-oss-`, as the second Go SDK does it.
    ListedAndOss,
    /// The list without what some SDK sends unsigned. A parameter that need not be signed can be added to a
    /// signed URL by anyone who has it, so only those are left out that give such a person nothing.
    Least,
}

impl Choice {
    pub(super) const ALL: [Self; 3] = [Self::Listed, Self::ListedAndOss, Self::Least];

    pub(super) fn covers(self, name: &str, method: &Method) -> bool {
        match self {
            Self::Listed => is_listed(name),
            Self::ListedAndOss => is_listed(name) || name.starts_with("x-oss-"),
            Self::Least => is_listed(name) && !is_harmless(name, method),
        }
    }
}

/// Returns whether some choice covers the name.
pub(super) fn could_be_signed(name: &str) -> bool {
    is_listed(name) || name.starts_with("x-oss-")
}

/// Returns whether some SDK lists the name, or it chooses an operation: if that were not covered, it could be added to a
/// signed URL.
fn is_listed(name: &str) -> bool {
    SIGNED.binary_search(&name).is_ok() || is_selector(name)
}

fn is_harmless(name: &str, method: &Method) -> bool {
    match name {
        // Node.js sends the place in a listing as an ordinary parameter.
        "continuation-token" => true,
        // The mobile and C SDKs do not know these; they limit the caller or change who pays.
        "x-oss-traffic-limit" | "x-oss-request-payer" => true,
        // The second Python SDK signs no `x-oss-*` parameter; for reading, this one only changes the
        // picture's size.
        "x-oss-process" => *method == Method::GET || *method == Method::HEAD,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Choice, SIGNED};
    use crate::Operation;
    use http::Method;

    #[test]
    fn the_list_is_sorted() {
        assert!(SIGNED.is_sorted());
    }

    #[test]
    fn what_chooses_an_operation_is_always_covered() {
        for operation in Operation::ALL {
            for (name, _) in operation.pattern().query {
                for choice in Choice::ALL {
                    let free = ["list-type"].contains(&name);
                    assert!(free || choice.covers(name, &Method::PUT), "{name} {choice:?}");
                }
            }
        }
    }

    #[test]
    fn what_can_lead_elsewhere_is_always_covered() {
        for name in ["callback", "callback-var", "x-oss-callback", "acl", "versionId", "security-token"] {
            for choice in Choice::ALL {
                assert!(choice.covers(name, &Method::PUT), "{name} {choice:?}");
            }
        }
        assert!(Choice::Least.covers("x-oss-process", &Method::POST));
        assert!(!Choice::Least.covers("x-oss-process", &Method::GET));
    }
}
