//! Operations on buckets, and on several objects of one.

use super::built::Operation::{
    self, DeleteBucket, DeleteBucketCallbackPolicy, DeleteBucketCors, DeleteBucketLifecycle,
    DeleteBucketPublicAccessBlock, DeleteBucketTags, DeleteMultipleObjects, GetBucketAcl,
    GetBucketCallbackPolicy, GetBucketCors, GetBucketInfo, GetBucketLifecycle, GetBucketLocation,
    GetBucketPublicAccessBlock, GetBucketStat, GetBucketTags, GetBucketVersioning, HeadBucket,
    ListLiveChannel, ListMultipartUploads, ListObjectVersions, ListObjects, ListObjectsV2, PostObject,
    PutBucket, PutBucketAcl, PutBucketCallbackPolicy, PutBucketCors, PutBucketLifecycle,
    PutBucketPublicAccessBlock, PutBucketTags,
};
use super::row::Body::{Needed, Optional};
use super::row::When::{Comp, Has, HasBoth, Plain, Value};
use super::row::{Grant, Resource, Row, Verb, When};
use crate::inputs::{bucket, form, lifecycle, multipart};

const GET: &[Verb] = &[Verb::Get];
const PUT: &[Verb] = &[Verb::Put];
const POST: &[Verb] = &[Verb::Post];
const DELETE: &[Verb] = &[Verb::Delete];
const HEAD: &[Verb] = &[Verb::Head];

const CALLBACK_POLICY: &[When] = &[Comp("policy", "callback"), Value("comp", "callback")];

const fn built(
    operation: Operation,
    name: &'static str,
    verbs: &'static [Verb],
    when: &'static [When],
    action: &'static str,
) -> Row {
    Row::built(operation, name, Resource::Bucket, verbs, when, action)
}

const fn missing(
    name: &'static str,
    verbs: &'static [Verb],
    when: &'static [When],
    action: &'static str,
) -> Row {
    Row::missing(name, Resource::Bucket, verbs, when, action)
}

/// Of two rows that fit, the first counts, so that the narrower stands first.
pub(super) const ROWS: &[Row] = &[
    built(PutBucket, "PutBucket", PUT, &[Plain], "oss:PutBucket").with(Optional).taking(bucket::PUT_BUCKET),
    built(DeleteBucket, "DeleteBucket", DELETE, &[Plain], "oss:DeleteBucket").taking(bucket::NOTHING_BESIDES),
    built(HeadBucket, "HeadBucket", HEAD, &[Plain], "oss:GetBucketInfo")
        .granted_by(Grant::ReadBucket)
        .taking(bucket::NOTHING_BESIDES),
    built(ListObjectsV2, "ListObjectsV2", GET, &[Value("list-type", "2")], "oss:ListObjects")
        .granted_by(Grant::ReadBucket)
        .taking(bucket::LIST_OBJECTS_V2),
    built(ListObjects, "ListObjects", GET, &[Plain], "oss:ListObjects")
        .granted_by(Grant::ReadBucket)
        .taking(bucket::LIST_OBJECTS),
    built(ListObjectVersions, "ListObjectVersions", GET, &[Has("versions")], "oss:ListObjectVersions")
        .taking(bucket::LIST_OBJECT_VERSIONS),
    built(ListMultipartUploads, "ListMultipartUploads", GET, &[Has("uploads")], "oss:ListMultipartUploads")
        .taking(multipart::LIST_MULTIPART_UPLOADS),
    built(DeleteMultipleObjects, "DeleteMultipleObjects", POST, &[Has("delete")], "oss:DeleteObject")
        .on(Resource::Objects)
        .granted_by(Grant::Later)
        .with(Needed)
        .taking(bucket::DELETE_MULTIPLE_OBJECTS),
    built(PostObject, "PostObject", POST, &[Plain], "oss:PutObject")
        .on(Resource::Objects)
        .granted_by(Grant::Later)
        .with(Needed)
        .taking(form::POST_OBJECT),
    built(GetBucketInfo, "GetBucketInfo", GET, &[Has("bucketInfo")], "oss:GetBucketInfo")
        .taking(bucket::NOTHING_BESIDES),
    built(GetBucketLocation, "GetBucketLocation", GET, &[Has("location")], "oss:GetBucketLocation")
        .taking(bucket::NOTHING_BESIDES),
    built(GetBucketStat, "GetBucketStat", GET, &[Has("stat")], "oss:GetBucketStat")
        .taking(bucket::NOTHING_BESIDES),
    built(PutBucketAcl, "PutBucketAcl", PUT, &[Has("acl")], "oss:PutBucketAcl")
        .taking(bucket::PUT_BUCKET_ACL),
    built(GetBucketAcl, "GetBucketAcl", GET, &[Has("acl")], "oss:GetBucketAcl")
        .taking(bucket::NOTHING_BESIDES),
    built(PutBucketCors, "PutBucketCors", PUT, &[Has("cors")], "oss:PutBucketCors")
        .with(Needed)
        .taking(bucket::PUT_BUCKET_CORS),
    built(GetBucketCors, "GetBucketCors", GET, &[Has("cors")], "oss:GetBucketCors")
        .taking(bucket::NOTHING_BESIDES),
    built(DeleteBucketCors, "DeleteBucketCors", DELETE, &[Has("cors")], "oss:DeleteBucketCors")
        .taking(bucket::NOTHING_BESIDES),
    built(PutBucketLifecycle, "PutBucketLifecycle", PUT, &[Has("lifecycle")], "oss:PutBucketLifecycle")
        .with(Needed)
        .taking(lifecycle::PUT_BUCKET_LIFECYCLE),
    built(GetBucketLifecycle, "GetBucketLifecycle", GET, &[Has("lifecycle")], "oss:GetBucketLifecycle")
        .taking(bucket::NOTHING_BESIDES),
    built(
        DeleteBucketLifecycle,
        "DeleteBucketLifecycle",
        DELETE,
        &[Has("lifecycle")],
        "oss:DeleteBucketLifecycle",
    )
    .taking(bucket::NOTHING_BESIDES),
    built(PutBucketTags, "PutBucketTags", PUT, &[Has("tagging")], "oss:PutBucketTagging")
        .with(Optional)
        .taking(bucket::PUT_BUCKET_TAGS),
    built(GetBucketTags, "GetBucketTags", GET, &[Has("tagging")], "oss:GetBucketTagging")
        .taking(bucket::NOTHING_BESIDES),
    built(DeleteBucketTags, "DeleteBucketTags", DELETE, &[Has("tagging")], "oss:DeleteBucketTagging")
        .taking(bucket::DELETE_BUCKET_TAGS),
    built(
        PutBucketPublicAccessBlock,
        "PutBucketPublicAccessBlock",
        PUT,
        &[Has("publicAccessBlock")],
        "oss:PutBucketPublicAccessBlock",
    )
    .with(Optional)
    .taking(bucket::PUT_BUCKET_PUBLIC_ACCESS_BLOCK),
    built(
        GetBucketPublicAccessBlock,
        "GetBucketPublicAccessBlock",
        GET,
        &[Has("publicAccessBlock")],
        "oss:GetBucketPublicAccessBlock",
    )
    .taking(bucket::NOTHING_BESIDES),
    built(
        DeleteBucketPublicAccessBlock,
        "DeleteBucketPublicAccessBlock",
        DELETE,
        &[Has("publicAccessBlock")],
        "oss:DeleteBucketPublicAccessBlock",
    )
    .taking(bucket::NOTHING_BESIDES),
    built(GetBucketVersioning, "GetBucketVersioning", GET, &[Has("versioning")], "oss:GetBucketVersioning")
        .taking(bucket::NOTHING_BESIDES),
    built(ListLiveChannel, "ListLiveChannel", GET, &[Has("live")], "oss:ListLiveChannel")
        .taking(bucket::LIST_LIVE_CHANNEL),
    built(
        PutBucketCallbackPolicy,
        "PutBucketCallbackPolicy",
        PUT,
        CALLBACK_POLICY,
        "oss:PutBucketCallbackPolicy",
    )
    .with(Needed)
    .taking(bucket::PUT_BUCKET_CALLBACK_POLICY),
    built(
        GetBucketCallbackPolicy,
        "GetBucketCallbackPolicy",
        GET,
        CALLBACK_POLICY,
        "oss:GetBucketCallbackPolicy",
    )
    .taking(bucket::CALLBACK_POLICY),
    built(
        DeleteBucketCallbackPolicy,
        "DeleteBucketCallbackPolicy",
        DELETE,
        CALLBACK_POLICY,
        "oss:DeleteBucketCallbackPolicy",
    )
    .taking(bucket::CALLBACK_POLICY),
    missing("PutBucketVersioning", PUT, &[Has("versioning")], "oss:PutBucketVersioning"),
    missing("PutBucketPolicy", PUT, &[Has("policy")], "oss:PutBucketPolicy"),
    missing("GetBucketPolicy", GET, &[Has("policy")], "oss:GetBucketPolicy"),
    missing("DeleteBucketPolicy", DELETE, &[Has("policy")], "oss:DeleteBucketPolicy"),
    missing("GetBucketPolicyStatus", GET, &[Has("policyStatus")], "oss:GetBucketPolicyStatus"),
    missing("PutBucketEncryption", PUT, &[Has("encryption")], "oss:PutBucketEncryption"),
    missing("GetBucketEncryption", GET, &[Has("encryption")], "oss:GetBucketEncryption"),
    missing("DeleteBucketEncryption", DELETE, &[Has("encryption")], "oss:DeleteBucketEncryption"),
    missing("PutBucketWebsite", PUT, &[Has("website")], "oss:PutBucketWebsite"),
    missing("GetBucketWebsite", GET, &[Has("website")], "oss:GetBucketWebsite"),
    missing("DeleteBucketWebsite", DELETE, &[Has("website")], "oss:DeleteBucketWebsite"),
    missing("PutBucketReferer", PUT, &[Has("referer")], "oss:PutBucketReferer"),
    missing("GetBucketReferer", GET, &[Has("referer")], "oss:GetBucketReferer"),
    missing("PutBucketLogging", PUT, &[Has("logging")], "oss:PutBucketLogging"),
    missing("GetBucketLogging", GET, &[Has("logging")], "oss:GetBucketLogging"),
    missing("DeleteBucketLogging", DELETE, &[Has("logging")], "oss:DeleteBucketLogging"),
    missing(
        "PutUserDefinedLogFieldsConfig",
        PUT,
        &[Has("userDefinedLogFieldsConfig")],
        "oss:PutUserDefinedLogFieldsConfig",
    ),
    missing(
        "GetUserDefinedLogFieldsConfig",
        GET,
        &[Has("userDefinedLogFieldsConfig")],
        "oss:GetUserDefinedLogFieldsConfig",
    ),
    missing(
        "DeleteUserDefinedLogFieldsConfig",
        DELETE,
        &[Has("userDefinedLogFieldsConfig")],
        "oss:DeleteUserDefinedLogFieldsConfig",
    ),
    missing("GetBucketInventory", GET, &[HasBoth("inventory", "inventoryId")], "oss:GetBucketInventory"),
    missing("ListBucketInventory", GET, &[Has("inventory")], "oss:GetBucketInventory"),
    missing("PutBucketInventory", PUT, &[Has("inventory")], "oss:PutBucketInventory"),
    missing("DeleteBucketInventory", DELETE, &[Has("inventory")], "oss:DeleteBucketInventory"),
    missing("ExtendBucketWorm", POST, &[HasBoth("wormExtend", "wormId")], "oss:ExtendBucketWorm"),
    missing("InitiateBucketWorm", POST, &[Has("worm")], "oss:InitiateBucketWorm"),
    missing("CompleteBucketWorm", POST, &[Has("wormId")], "oss:CompleteBucketWorm"),
    missing("AbortBucketWorm", DELETE, &[Has("worm")], "oss:AbortBucketWorm"),
    missing("GetBucketWorm", GET, &[Has("worm")], "oss:GetBucketWorm"),
    missing(
        "PutBucketObjectWormConfiguration",
        PUT,
        &[Has("objectWorm")],
        "oss:PutBucketObjectWormConfiguration",
    ),
    missing(
        "GetBucketObjectWormConfiguration",
        GET,
        &[Has("objectWorm")],
        "oss:GetBucketObjectWormConfiguration",
    ),
    missing("PutBucketReplication", POST, &[Comp("replication", "add")], "oss:PutBucketReplication"),
    missing("DeleteBucketReplication", POST, &[Comp("replication", "delete")], "oss:DeleteBucketReplication"),
    missing("GetBucketReplication", GET, &[Has("replication")], "oss:GetBucketReplication"),
    missing(
        "GetBucketReplicationLocation",
        GET,
        &[Has("replicationLocation")],
        "oss:GetBucketReplicationLocation",
    ),
    missing(
        "GetBucketReplicationProgress",
        GET,
        &[Has("replicationProgress")],
        "oss:GetBucketReplicationProgress",
    ),
    missing("PutBucketRtc", PUT, &[Has("rtc")], "oss:PutBucketRTC"),
    missing("CreateCnameToken", POST, &[Comp("cname", "token")], "oss:CreateCnameToken"),
    missing("GetCnameToken", GET, &[Comp("cname", "token")], "oss:GetCnameToken"),
    missing("PutCname", POST, &[Comp("cname", "add")], "oss:PutCname"),
    missing("DeleteCname", POST, &[Comp("cname", "delete")], "oss:DeleteCname"),
    missing("ListCname", GET, &[Has("cname")], "oss:ListCname"),
    missing("OpenMetaQuery", POST, &[Comp("metaQuery", "add")], "oss:OpenMetaQuery"),
    missing("DoMetaQuery", POST, &[Comp("metaQuery", "query")], "oss:DoMetaQuery"),
    missing("CloseMetaQuery", POST, &[Comp("metaQuery", "delete")], "oss:CloseMetaQuery"),
    missing("GetMetaQueryStatus", GET, &[Has("metaQuery")], "oss:GetMetaQueryStatus"),
    missing("GetStyle", GET, &[HasBoth("style", "styleName")], "oss:GetStyle"),
    missing("ListStyle", GET, &[Has("style")], "oss:ListStyle"),
    missing("PutStyle", PUT, &[Has("style")], "oss:PutStyle"),
    missing("DeleteStyle", DELETE, &[Has("style")], "oss:DeleteStyle"),
    missing("PutBucketRequestPayment", PUT, &[Has("requestPayment")], "oss:PutBucketRequestPayment"),
    missing("GetBucketRequestPayment", GET, &[Has("requestPayment")], "oss:GetBucketRequestPayment"),
    missing(
        "PutBucketTransferAcceleration",
        PUT,
        &[Has("transferAcceleration")],
        "oss:PutBucketTransferAcceleration",
    ),
    missing(
        "GetBucketTransferAcceleration",
        GET,
        &[Has("transferAcceleration")],
        "oss:GetBucketTransferAcceleration",
    ),
    missing("PutBucketAccessMonitor", PUT, &[Has("accessmonitor")], "oss:PutBucketAccessMonitor"),
    missing("GetBucketAccessMonitor", GET, &[Has("accessmonitor")], "oss:GetBucketAccessMonitor"),
    missing(
        "PutBucketArchiveDirectRead",
        PUT,
        &[Has("bucketArchiveDirectRead")],
        "oss:PutBucketArchiveDirectRead",
    ),
    missing(
        "GetBucketArchiveDirectRead",
        GET,
        &[Has("bucketArchiveDirectRead")],
        "oss:GetBucketArchiveDirectRead",
    ),
    missing("PutBucketHttpsConfig", PUT, &[Has("httpsConfig")], "oss:PutBucketHttpsConfig"),
    missing("GetBucketHttpsConfig", GET, &[Has("httpsConfig")], "oss:GetBucketHttpsConfig"),
    missing("PutBucketResourceGroup", PUT, &[Has("resourceGroup")], "oss:PutBucketResourceGroup"),
    missing("GetBucketResourceGroup", GET, &[Has("resourceGroup")], "oss:GetBucketResourceGroup"),
    missing("PutBucketOverwriteConfig", PUT, &[Has("overwriteConfig")], "oss:PutBucketOverwriteConfig"),
    missing("GetBucketOverwriteConfig", GET, &[Has("overwriteConfig")], "oss:GetBucketOverwriteConfig"),
    missing(
        "DeleteBucketOverwriteConfig",
        DELETE,
        &[Has("overwriteConfig")],
        "oss:DeleteBucketOverwriteConfig",
    ),
    missing("PutBucketResponseHeader", PUT, &[Has("responseHeader")], "oss:PutBucketResponseHeader"),
    missing("GetBucketResponseHeader", GET, &[Has("responseHeader")], "oss:GetBucketResponseHeader"),
    missing("DeleteBucketResponseHeader", DELETE, &[Has("responseHeader")], "oss:DeleteBucketResponseHeader"),
    missing(
        "CreateBucketDataRedundancyTransition",
        POST,
        &[Has("redundancyTransition")],
        "oss:CreateBucketDataRedundancyTransition",
    ),
    missing(
        "GetBucketDataRedundancyTransition",
        GET,
        &[HasBoth("redundancyTransition", "x-oss-redundancy-transition-taskid")],
        "oss:GetBucketDataRedundancyTransition",
    ),
    missing(
        "ListBucketDataRedundancyTransition",
        GET,
        &[Has("redundancyTransition")],
        "oss:ListBucketDataRedundancyTransition",
    ),
    missing(
        "DeleteBucketDataRedundancyTransition",
        DELETE,
        &[Has("redundancyTransition")],
        "oss:DeleteBucketDataRedundancyTransition",
    ),
    missing("CreateAccessPoint", PUT, &[Has("accessPoint")], "oss:CreateAccessPoint"),
    missing("GetAccessPoint", GET, &[Has("accessPoint")], "oss:GetAccessPoint"),
    missing("DeleteAccessPoint", DELETE, &[Has("accessPoint")], "oss:DeleteAccessPoint"),
    missing("PutAccessPointPolicy", PUT, &[Has("accessPointPolicy")], "oss:PutAccessPointPolicy"),
    missing("GetAccessPointPolicy", GET, &[Has("accessPointPolicy")], "oss:GetAccessPointPolicy"),
    missing("DeleteAccessPointPolicy", DELETE, &[Has("accessPointPolicy")], "oss:DeleteAccessPointPolicy"),
    missing(
        "CreateAccessPointForObjectProcess",
        PUT,
        &[Has("accessPointForObjectProcess")],
        "oss:CreateAccessPointForObjectProcess",
    ),
    missing(
        "GetAccessPointForObjectProcess",
        GET,
        &[Has("accessPointForObjectProcess")],
        "oss:GetAccessPointForObjectProcess",
    ),
    missing(
        "DeleteAccessPointForObjectProcess",
        DELETE,
        &[Has("accessPointForObjectProcess")],
        "oss:DeleteAccessPointForObjectProcess",
    ),
    missing(
        "PutAccessPointConfigForObjectProcess",
        PUT,
        &[Has("accessPointConfigForObjectProcess")],
        "oss:PutAccessPointConfigForObjectProcess",
    ),
    missing(
        "GetAccessPointConfigForObjectProcess",
        GET,
        &[Has("accessPointConfigForObjectProcess")],
        "oss:GetAccessPointConfigForObjectProcess",
    ),
    missing(
        "PutAccessPointPolicyForObjectProcess",
        PUT,
        &[Has("accessPointPolicyForObjectProcess")],
        "oss:PutAccessPointPolicyForObjectProcess",
    ),
    missing(
        "GetAccessPointPolicyForObjectProcess",
        GET,
        &[Has("accessPointPolicyForObjectProcess")],
        "oss:GetAccessPointPolicyForObjectProcess",
    ),
    missing(
        "DeleteAccessPointPolicyForObjectProcess",
        DELETE,
        &[Has("accessPointPolicyForObjectProcess")],
        "oss:DeleteAccessPointPolicyForObjectProcess",
    ),
    missing("PutBucketQoSInfo", PUT, &[Has("qosInfo")], "oss:PutBucketQoSInfo"),
    missing("GetBucketQoSInfo", GET, &[Has("qosInfo")], "oss:GetBucketQoSInfo"),
    missing("DeleteBucketQoSInfo", DELETE, &[Has("qosInfo")], "oss:DeleteBucketQoSInfo"),
    missing("PutBucketRequesterQoSInfo", PUT, &[Has("requesterQosInfo")], "oss:PutBucketRequesterQoSInfo"),
    missing(
        "GetBucketRequesterQoSInfo",
        GET,
        &[HasBoth("requesterQosInfo", "qosRequester")],
        "oss:GetBucketRequesterQoSInfo",
    ),
    missing(
        "ListBucketRequesterQoSInfos",
        GET,
        &[Has("requesterQosInfo")],
        "oss:ListBucketRequesterQoSInfos",
    ),
    missing(
        "DeleteBucketRequesterQoSInfo",
        DELETE,
        &[Has("requesterQosInfo")],
        "oss:DeleteBucketRequesterQoSInfo",
    ),
];

/// Sub-resources of which this table knows no operation by name.
pub(super) const NAMELESS: &[&str] = &[
    "asyncFetch",
    "dataset",
    "processConfiguration",
    "qos",
    "qosRequester",
    "resourcePool",
    "resourcePoolInfo",
    "vod",
    "vpcip",
    "x-oss-async-process",
    "x-oss-process",
];
