//! Operations on the service.

use super::built::Operation;
use super::row::When::{Has, Plain};
use super::row::{Resource, Row, Verb, When};
use crate::inputs::service;

const GET: &[Verb] = &[Verb::Get];
const PUT: &[Verb] = &[Verb::Put];
const DELETE: &[Verb] = &[Verb::Delete];

const fn missing(
    name: &'static str,
    verbs: &'static [Verb],
    when: &'static [When],
    action: &'static str,
) -> Row {
    Row::missing(name, Resource::Account, verbs, when, action)
}

/// Of two rows that fit, the first counts.
pub(super) const ROWS: &[Row] = &[
    Row::built(Operation::ListBuckets, "ListBuckets", Resource::Account, GET, &[Plain], "oss:ListBuckets")
        .taking(service::LIST_BUCKETS),
    missing("DescribeRegions", GET, &[Has("regions")], "oss:DescribeRegions"),
    missing("ListAccessPoints", GET, &[Has("accessPoint")], "oss:ListAccessPoints"),
    missing(
        "ListAccessPointsForObjectProcess",
        GET,
        &[Has("accessPointForObjectProcess")],
        "oss:ListAccessPointsForObjectProcess",
    ),
    missing("ListCloudBoxes", GET, &[Has("cloudboxes")], "oss:ListCloudBoxes"),
    missing(
        "ListUserDataRedundancyTransition",
        GET,
        &[Has("redundancyTransition")],
        "oss:ListUserDataRedundancyTransition",
    ),
    missing("GetPublicAccessBlock", GET, &[Has("publicAccessBlock")], "oss:GetPublicAccessBlock"),
    missing("PutPublicAccessBlock", PUT, &[Has("publicAccessBlock")], "oss:PutPublicAccessBlock"),
    missing("DeletePublicAccessBlock", DELETE, &[Has("publicAccessBlock")], "oss:DeletePublicAccessBlock"),
    missing("ListResourcePools", GET, &[Has("resourcePool")], "oss:ListResourcePools"),
    missing("GetResourcePoolInfo", GET, &[Has("resourcePoolInfo")], "oss:GetResourcePoolInfo"),
    missing("ListResourcePoolBuckets", GET, &[Has("resourcePoolBuckets")], "oss:ListResourcePoolBuckets"),
    missing("GetUserQoSInfo", GET, &[Has("qosInfo"), Has("userQos")], "oss:GetUserQoSInfo"),
];

/// Sub-resources of which this table knows no operation by name.
pub(super) const NAMELESS: &[&str] = &["bucketGroup", "udf"];
