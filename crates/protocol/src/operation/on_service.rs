//! Operations on the service.

use super::built::Operation;
use super::row::When::{Has, Plain};
use super::row::{Body, Resource, Row, Verb, When};
use crate::inputs::{bucket, service};

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
    Row::built(
        Operation::PutPublicAccessBlock,
        "PutPublicAccessBlock",
        Resource::Account,
        PUT,
        &[Has("publicAccessBlock")],
        "oss:PutPublicAccessBlock",
    )
    .with(Body::Optional)
    .taking(bucket::PUT_BUCKET_PUBLIC_ACCESS_BLOCK),
    Row::built(
        Operation::GetPublicAccessBlock,
        "GetPublicAccessBlock",
        Resource::Account,
        GET,
        &[Has("publicAccessBlock")],
        "oss:GetPublicAccessBlock",
    )
    .taking(bucket::NOTHING_BESIDES),
    Row::built(
        Operation::DeletePublicAccessBlock,
        "DeletePublicAccessBlock",
        Resource::Account,
        DELETE,
        &[Has("publicAccessBlock")],
        "oss:DeletePublicAccessBlock",
    )
    .taking(bucket::NOTHING_BESIDES),
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
    missing("ListResourcePools", GET, &[Has("resourcePool")], "oss:ListResourcePools"),
    missing("GetResourcePoolInfo", GET, &[Has("resourcePoolInfo")], "oss:GetResourcePoolInfo"),
    missing("ListResourcePoolBuckets", GET, &[Has("resourcePoolBuckets")], "oss:ListResourcePoolBuckets"),
    missing("GetUserQoSInfo", GET, &[Has("qosInfo"), Has("userQos")], "oss:GetUserQoSInfo"),
];

/// Sub-resources of which this table knows no operation by name.
pub(super) const NAMELESS: &[&str] = &["bucketGroup", "udf"];
