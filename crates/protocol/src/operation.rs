//! The operations: one table of all that OSS has, and the documents of configurations beside it.
//!
//! A row says by what a request is recognised, what policies call the right to it, what body it takes and what becomes of its
//! inputs. What has no [`Operation`] is not built, and is refused by the name that OSS has for it. Whether a request is
//! allowed and well-formed otherwise is not decided here.

mod index;
mod route;
mod row;

/// The documents of configurations, one file each: what is set, asked for and taken away as a whole.
pub mod configurations {
    mod access_monitor_configuration;
    mod archive_direct_read_configuration;
    mod bucket_callback_policy;
    mod bucket_resource_group_configuration;
    mod cors_configuration;
    mod https_configuration;
    mod lifecycle_configuration;
    mod overwrite_configuration;
    mod public_access_block_configuration;
    mod referer_configuration;
    mod request_payment_configuration;
    mod response_header_configuration;
    mod server_side_encryption_rule;
    mod style_list;
    mod transfer_acceleration_configuration;
    mod versioning_configuration;
    mod website_configuration;
    pub(crate) mod worm_configuration;

    pub use self::access_monitor_configuration::AccessMonitorConfiguration;
    pub use self::archive_direct_read_configuration::ArchiveDirectReadConfiguration;
    pub use self::bucket_callback_policy::{BucketCallbackPolicy, CallbackPolicyItem};
    pub use self::bucket_resource_group_configuration::BucketResourceGroupConfiguration;
    pub use self::https_configuration::HttpsConfiguration;
    pub use self::overwrite_configuration::OverwriteConfiguration;
    pub use self::public_access_block_configuration::PublicAccessBlockConfiguration;
    pub use self::request_payment_configuration::{Payer, RequestPaymentConfiguration};
    pub use self::response_header_configuration::ResponseHeaderConfiguration;
    pub use self::server_side_encryption_rule::ServerSideEncryptionRule;
    pub use self::style_list::{MAX_STYLE_BODY, Style, StyleList};
    pub use self::transfer_acceleration_configuration::TransferAccelerationConfiguration;
    pub use self::versioning_configuration::{VersioningConfiguration, VersioningStatus};
    pub use self::website_configuration::{
        ErrorDocument, IndexDocument, Redirect, RoutingRule, WebsiteConfiguration, WithoutSlash,
    };
    pub use self::worm_configuration::WormConfiguration;
}

pub(crate) use self::index::is_selector;
pub use self::route::{NotRouted, route};
pub use self::row::{Access, Body, Grant, Level, Pattern, Resource};

use self::configurations::worm_configuration;
use self::configurations::{
    AccessMonitorConfiguration, ArchiveDirectReadConfiguration, BucketCallbackPolicy,
    BucketResourceGroupConfiguration, HttpsConfiguration, OverwriteConfiguration,
    PublicAccessBlockConfiguration, RequestPaymentConfiguration, ResponseHeaderConfiguration,
    ServerSideEncryptionRule, TransferAccelerationConfiguration, VersioningConfiguration,
    WebsiteConfiguration,
};
use self::row::Body::{Needed, Optional};
use self::row::Grant::{Later, ReadBucket, ReadObject, WriteObject};
use self::row::When::{Comp, Has, HasBoth, Parameter, ParameterWithHeader, Plain, PlainWithHeader, Value};
use self::row::{Row, Verb, When, of_bucket, of_object, of_service};
use crate::inputs::Fate::Honoured;
use crate::inputs::{Input, bucket, form, multipart, object, service};
use crate::{BucketTags, CorsRules, LifecycleRules, RefererConfiguration};

impl Operation {
    /// Returns the name as OSS's manual and logs write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns what it takes to be allowed the operation.
    #[must_use]
    pub fn access(self) -> Access {
        self.row().access
    }

    /// Returns what body a request for it has.
    #[must_use]
    pub fn body(self) -> Body {
        self.row().body
    }

    /// Returns the least that a request for it has.
    #[must_use]
    pub fn pattern(self) -> Pattern {
        self.row().pattern()
    }

    /// Returns what becomes of its inputs.
    pub(crate) fn inputs(self) -> impl Iterator<Item = &'static Input> {
        self.row().inputs()
    }

    #[expect(clippy::indexing_slicing, reason = "the table has a row for each operation")]
    fn row(self) -> &'static Row {
        &BUILT[self as usize]
    }
}

/// Makes the type of the operations that are built, and the table, from one list of names and rows. Unless its row says otherwise, an
/// operation is called by the name in the list, and policies call the right to it `oss:` and that name.
macro_rules! built {
    ($($name:ident = $row:expr),* $(,)?) => {
        /// An operation that is built, in OSS's words. Its row says the rest.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation {
            $(
                #[doc = concat!("`", stringify!($name), "`; its row says what asks for it.")]
                $name,
            )*
        }

        impl Operation {
            /// Every operation, in the order of the table.
            pub const ALL: [Self; BUILT.len()] = [$(Self::$name),*];
        }

        /// The rows of what is built, in the order of [`Operation`].
        const BUILT: &[Row] = &[$($row.named(stringify!($name), concat!("oss:", stringify!($name)))),*];
    };
}

/// Makes the table of what OSS has and this server has not, from rows as above: a row that becomes built moves up.
macro_rules! missing {
    ($($name:ident = $row:expr),* $(,)?) => {
        const MISSING: &[Row] = &[$($row.named(stringify!($name), concat!("oss:", stringify!($name)))),*];
    };
}

const GET: &[Verb] = &[Verb::Get];
const PUT: &[Verb] = &[Verb::Put];
const POST: &[Verb] = &[Verb::Post];
const DELETE: &[Verb] = &[Verb::Delete];
const HEAD: &[Verb] = &[Verb::Head];
const HEAD_OR_GET: &[Verb] = &[Verb::Head, Verb::Get];
const OPTIONS: &[Verb] = &[Verb::Options];

const CALLBACK_POLICY: &[When] = &[Comp("policy", "callback"), Value("comp", "callback")];
const CALLBACK_POLICY_INPUTS: &[Input] = &[Input::query("policy", Honoured), Input::query("comp", Honoured)];

const STYLE_NAME: &[Input] = &[Input::query("styleName", Honoured)];

const COPY_SOURCE: &str = "x-oss-copy-source";
const PART: &[When] = &[Has("uploadId"), Parameter("partNumber")];
const PART_WITH_SOURCE: &[When] =
    &[ParameterWithHeader("uploadId", COPY_SOURCE), ParameterWithHeader("partNumber", COPY_SOURCE)];

// Of two rows of a level that fit, the first counts, so that the narrower stands first.
built![
    ListBuckets = of_service(GET, &[Plain]).taking(service::LIST_BUCKETS),
    PutPublicAccessBlock =
        of_service(PUT, &[Has("publicAccessBlock")]).setting::<PublicAccessBlockConfiguration>(Optional),
    GetPublicAccessBlock = of_service(GET, &[Has("publicAccessBlock")]),
    DeletePublicAccessBlock = of_service(DELETE, &[Has("publicAccessBlock")]),
    PutBucket = of_bucket(PUT, &[Plain]).with(Optional).taking(bucket::PUT_BUCKET),
    DeleteBucket = of_bucket(DELETE, &[Plain]),
    HeadBucket = of_bucket(HEAD, &[Plain]).allowed_by("oss:GetBucketInfo").granted_by(ReadBucket),
    ListObjectsV2 = of_bucket(GET, &[Value("list-type", "2")])
        .allowed_by("oss:ListObjects")
        .granted_by(ReadBucket)
        .taking(bucket::LIST_OBJECTS_V2),
    ListObjects = of_bucket(GET, &[Plain]).granted_by(ReadBucket).taking(bucket::LIST_OBJECTS),
    ListObjectVersions = of_bucket(GET, &[Has("versions")]).taking(bucket::LIST_OBJECT_VERSIONS),
    ListMultipartUploads = of_bucket(GET, &[Has("uploads")]).taking(multipart::LIST_MULTIPART_UPLOADS),
    DeleteMultipleObjects = of_bucket(POST, &[Has("delete")])
        .allowed_by("oss:DeleteObject")
        .on(Resource::Objects)
        .granted_by(Later)
        .with(Needed)
        .taking(bucket::DELETE_MULTIPLE_OBJECTS),
    PostObject = of_bucket(POST, &[Plain])
        .allowed_by("oss:PutObject")
        .on(Resource::Objects)
        .granted_by(Later)
        .with(Needed)
        .taking(form::POST_OBJECT),
    GetBucketInfo = of_bucket(GET, &[Has("bucketInfo")]),
    GetBucketLocation = of_bucket(GET, &[Has("location")]),
    GetBucketStat = of_bucket(GET, &[Has("stat")]),
    PutBucketAcl = of_bucket(PUT, &[Has("acl")]).also(&[Input::header("x-oss-acl", Honoured)]),
    GetBucketAcl = of_bucket(GET, &[Has("acl")]),
    PutBucketCors = of_bucket(PUT, &[Has("cors")]).setting::<CorsRules>(Needed),
    GetBucketCors = of_bucket(GET, &[Has("cors")]),
    DeleteBucketCors = of_bucket(DELETE, &[Has("cors")]),
    PutBucketLifecycle = of_bucket(PUT, &[Has("lifecycle")])
        .also(&[Input::header("x-oss-allow-same-action-overlap", Honoured)])
        .setting::<LifecycleRules>(Needed),
    GetBucketLifecycle = of_bucket(GET, &[Has("lifecycle")]),
    DeleteBucketLifecycle = of_bucket(DELETE, &[Has("lifecycle")]),
    PutBucketTags =
        of_bucket(PUT, &[Has("tagging")]).allowed_by("oss:PutBucketTagging").setting::<BucketTags>(Optional),
    GetBucketTags = of_bucket(GET, &[Has("tagging")]).allowed_by("oss:GetBucketTagging"),
    // The keys of the tags to remove, joined by commas; all if there are none.
    DeleteBucketTags = of_bucket(DELETE, &[Has("tagging")])
        .allowed_by("oss:DeleteBucketTagging")
        .also(&[Input::query("tagging", Honoured)]),
    PutBucketPublicAccessBlock =
        of_bucket(PUT, &[Has("publicAccessBlock")]).setting::<PublicAccessBlockConfiguration>(Optional),
    GetBucketPublicAccessBlock = of_bucket(GET, &[Has("publicAccessBlock")]),
    DeleteBucketPublicAccessBlock = of_bucket(DELETE, &[Has("publicAccessBlock")]),
    PutBucketReferer = of_bucket(PUT, &[Has("referer")]).setting::<RefererConfiguration>(Needed),
    GetBucketReferer = of_bucket(GET, &[Has("referer")]),
    PutBucketRequestPayment =
        of_bucket(PUT, &[Has("requestPayment")]).setting::<RequestPaymentConfiguration>(Needed),
    GetBucketRequestPayment = of_bucket(GET, &[Has("requestPayment")]),
    PutBucketTransferAcceleration =
        of_bucket(PUT, &[Has("transferAcceleration")]).setting::<TransferAccelerationConfiguration>(Needed),
    GetBucketTransferAcceleration = of_bucket(GET, &[Has("transferAcceleration")]),
    PutBucketAccessMonitor =
        of_bucket(PUT, &[Has("accessmonitor")]).setting::<AccessMonitorConfiguration>(Needed),
    GetBucketAccessMonitor = of_bucket(GET, &[Has("accessmonitor")]),
    PutBucketResourceGroup =
        of_bucket(PUT, &[Has("resourceGroup")]).setting::<BucketResourceGroupConfiguration>(Needed),
    GetBucketResourceGroup = of_bucket(GET, &[Has("resourceGroup")]),
    PutBucketHttpsConfig = of_bucket(PUT, &[Has("httpsConfig")]).setting::<HttpsConfiguration>(Needed),
    GetBucketHttpsConfig = of_bucket(GET, &[Has("httpsConfig")]),
    PutBucketResponseHeader =
        of_bucket(PUT, &[Has("responseHeader")]).setting::<ResponseHeaderConfiguration>(Needed),
    GetBucketResponseHeader = of_bucket(GET, &[Has("responseHeader")]),
    DeleteBucketResponseHeader = of_bucket(DELETE, &[Has("responseHeader")]),
    PutBucketArchiveDirectRead =
        of_bucket(PUT, &[Has("bucketArchiveDirectRead")]).setting::<ArchiveDirectReadConfiguration>(Needed),
    GetBucketArchiveDirectRead = of_bucket(GET, &[Has("bucketArchiveDirectRead")]),
    PutBucketEncryption = of_bucket(PUT, &[Has("encryption")]).setting::<ServerSideEncryptionRule>(Needed),
    GetBucketEncryption = of_bucket(GET, &[Has("encryption")]),
    DeleteBucketEncryption = of_bucket(DELETE, &[Has("encryption")]),
    ExtendBucketWorm =
        of_bucket(POST, &[HasBoth("wormExtend", "wormId")]).with(Needed).also(worm_configuration::EXTEND),
    InitiateBucketWorm = of_bucket(POST, &[Has("worm")]).with(Needed).also(worm_configuration::INITIATE),
    CompleteBucketWorm = of_bucket(POST, &[Has("wormId")]).also(worm_configuration::COMPLETE),
    AbortBucketWorm = of_bucket(DELETE, &[Has("worm")]),
    GetBucketWorm = of_bucket(GET, &[Has("worm")]),
    GetStyle = of_bucket(GET, &[HasBoth("style", "styleName")]).also(STYLE_NAME),
    ListStyle = of_bucket(GET, &[Has("style")]),
    PutStyle = of_bucket(PUT, &[Has("style")]).also(bucket::PUT_STYLE).with(Needed),
    DeleteStyle = of_bucket(DELETE, &[Has("style")]).also(STYLE_NAME),
    PutBucketWebsite = of_bucket(PUT, &[Has("website")]).setting::<WebsiteConfiguration>(Needed),
    GetBucketWebsite = of_bucket(GET, &[Has("website")]),
    DeleteBucketWebsite = of_bucket(DELETE, &[Has("website")]),
    PutBucketOverwriteConfig =
        of_bucket(PUT, &[Has("overwriteConfig")]).setting::<OverwriteConfiguration>(Needed),
    GetBucketOverwriteConfig = of_bucket(GET, &[Has("overwriteConfig")]),
    DeleteBucketOverwriteConfig = of_bucket(DELETE, &[Has("overwriteConfig")]),
    PutBucketVersioning = of_bucket(PUT, &[Has("versioning")]).setting::<VersioningConfiguration>(Needed),
    GetBucketVersioning = of_bucket(GET, &[Has("versioning")]),
    ListLiveChannel = of_bucket(GET, &[Has("live")]).taking(bucket::LIST_LIVE_CHANNEL),
    PutBucketCallbackPolicy =
        of_bucket(PUT, CALLBACK_POLICY).also(CALLBACK_POLICY_INPUTS).setting::<BucketCallbackPolicy>(Needed),
    GetBucketCallbackPolicy = of_bucket(GET, CALLBACK_POLICY).also(CALLBACK_POLICY_INPUTS),
    DeleteBucketCallbackPolicy = of_bucket(DELETE, CALLBACK_POLICY).also(CALLBACK_POLICY_INPUTS),
    PutBucketPolicy = of_bucket(PUT, &[Has("policy")]).with(Needed),
    GetBucketPolicy = of_bucket(GET, &[Has("policy")]),
    DeleteBucketPolicy = of_bucket(DELETE, &[Has("policy")]),
    GetBucketPolicyStatus = of_bucket(GET, &[Has("policyStatus")]),
    Preflight = of_object(OPTIONS, &[Plain])
        .called("OptionObject")
        .allowed_by("oss:GetObject")
        .granted_by(Later)
        .taking(bucket::PREFLIGHT),
    UploadPartCopy = of_object(PUT, PART_WITH_SOURCE)
        .allowed_by("oss:PutObject")
        .granted_by(WriteObject)
        .taking(multipart::UPLOAD_PART_COPY),
    UploadPart = of_object(PUT, PART)
        .allowed_by("oss:PutObject")
        .granted_by(WriteObject)
        .with(Needed)
        .taking(multipart::UPLOAD_PART),
    InitiateMultipartUpload = of_object(POST, &[Has("uploads")])
        .allowed_by("oss:PutObject")
        .granted_by(WriteObject)
        .taking(multipart::INITIATE_MULTIPART_UPLOAD),
    CompleteMultipartUpload = of_object(POST, &[Has("uploadId")])
        .allowed_by("oss:PutObject")
        .granted_by(WriteObject)
        .with(Needed)
        .taking(multipart::COMPLETE_MULTIPART_UPLOAD),
    AbortMultipartUpload = of_object(DELETE, &[Has("uploadId")])
        .granted_by(WriteObject)
        .taking(multipart::ABORT_MULTIPART_UPLOAD),
    ListParts = of_object(GET, &[Has("uploadId")]).granted_by(WriteObject).taking(multipart::LIST_PARTS),
    AppendObject = of_object(POST, &[Has("append")])
        .allowed_by("oss:PutObject")
        .granted_by(WriteObject)
        .with(Needed)
        .taking(object::APPEND_OBJECT),
    SealAppendObject = of_object(POST, &[Has("seal")]).taking(object::SEAL_APPEND_OBJECT),
    RestoreObject = of_object(POST, &[Has("restore")]).with(Optional).also(object::RESTORE_OBJECT),
    CleanRestoredObject = of_object(POST, &[Has("cleanRestoredObject")]),
    ProcessObject = of_object(POST, &[Parameter("x-oss-process")])
        .called("PostProcess")
        .allowed_by("oss:PostProcessTask")
        .with(Needed)
        .taking(object::PROCESS_OBJECT),
    PutObjectAcl = of_object(PUT, &[Has("acl")])
        .called("PutObjectACL")
        .also(&[Input::header("x-oss-object-acl", Honoured)]),
    GetObjectAcl = of_object(GET, &[Has("acl")]).called("GetObjectACL"),
    PutObjectTagging = of_object(PUT, &[Has("tagging")]).granted_by(Later).with(Optional).also(object::TAGS),
    GetObjectTagging = of_object(GET, &[Has("tagging")]),
    DeleteObjectTagging = of_object(DELETE, &[Has("tagging")]),
    PutSymlink = of_object(PUT, &[Has("symlink")])
        .allowed_by("oss:PutObject")
        .granted_by(WriteObject)
        .taking(object::PUT_SYMLINK),
    GetSymlink = of_object(GET, &[Has("symlink")]).allowed_by("oss:GetObject").granted_by(ReadObject),
    GetObjectMeta =
        of_object(HEAD_OR_GET, &[Has("objectMeta")]).allowed_by("oss:GetObject").granted_by(ReadObject),
    CopyObject = of_object(PUT, &[PlainWithHeader(COPY_SOURCE)])
        .allowed_by("oss:PutObject")
        .granted_by(WriteObject)
        .taking(object::COPY_OBJECT),
    PutObject = of_object(PUT, &[Plain]).granted_by(WriteObject).with(Needed).taking(object::PUT_OBJECT),
    GetObject = of_object(GET, &[Plain]).granted_by(ReadObject).taking(object::GET_OBJECT),
    HeadObject = of_object(HEAD, &[Plain])
        .allowed_by("oss:GetObject")
        .granted_by(ReadObject)
        .taking(object::HEAD_OBJECT),
    // Deleting a link names it as a link too (suite of oss2).
    DeleteObject =
        of_object(DELETE, &[Plain, Has("symlink")]).granted_by(WriteObject).taking(object::DELETE_OBJECT),
];

missing![
    DescribeRegions = of_service(GET, &[Has("regions")]),
    ListAccessPoints = of_service(GET, &[Has("accessPoint")]),
    ListAccessPointsForObjectProcess = of_service(GET, &[Has("accessPointForObjectProcess")]),
    ListCloudBoxes = of_service(GET, &[Has("cloudboxes")]),
    ListUserDataRedundancyTransition = of_service(GET, &[Has("redundancyTransition")]),
    ListResourcePools = of_service(GET, &[Has("resourcePool")]),
    GetResourcePoolInfo = of_service(GET, &[Has("resourcePoolInfo")]),
    ListResourcePoolBuckets = of_service(GET, &[Has("resourcePoolBuckets")]),
    GetUserQoSInfo = of_service(GET, &[Has("qosInfo"), Has("userQos")]),
    PutBucketLogging = of_bucket(PUT, &[Has("logging")]),
    GetBucketLogging = of_bucket(GET, &[Has("logging")]),
    DeleteBucketLogging = of_bucket(DELETE, &[Has("logging")]),
    PutUserDefinedLogFieldsConfig = of_bucket(PUT, &[Has("userDefinedLogFieldsConfig")]),
    GetUserDefinedLogFieldsConfig = of_bucket(GET, &[Has("userDefinedLogFieldsConfig")]),
    DeleteUserDefinedLogFieldsConfig = of_bucket(DELETE, &[Has("userDefinedLogFieldsConfig")]),
    GetBucketInventory = of_bucket(GET, &[HasBoth("inventory", "inventoryId")]),
    ListBucketInventory = of_bucket(GET, &[Has("inventory")]).allowed_by("oss:GetBucketInventory"),
    PutBucketInventory = of_bucket(PUT, &[Has("inventory")]),
    DeleteBucketInventory = of_bucket(DELETE, &[Has("inventory")]),
    PutBucketObjectWormConfiguration = of_bucket(PUT, &[Has("objectWorm")]),
    GetBucketObjectWormConfiguration = of_bucket(GET, &[Has("objectWorm")]),
    PutBucketReplication = of_bucket(POST, &[Comp("replication", "add")]),
    DeleteBucketReplication = of_bucket(POST, &[Comp("replication", "delete")]),
    GetBucketReplication = of_bucket(GET, &[Has("replication")]),
    GetBucketReplicationLocation = of_bucket(GET, &[Has("replicationLocation")]),
    GetBucketReplicationProgress = of_bucket(GET, &[Has("replicationProgress")]),
    PutBucketRtc = of_bucket(PUT, &[Has("rtc")]).allowed_by("oss:PutBucketRTC"),
    CreateCnameToken = of_bucket(POST, &[Comp("cname", "token")]),
    GetCnameToken = of_bucket(GET, &[Comp("cname", "token")]),
    PutCname = of_bucket(POST, &[Comp("cname", "add")]),
    DeleteCname = of_bucket(POST, &[Comp("cname", "delete")]),
    ListCname = of_bucket(GET, &[Has("cname")]),
    OpenMetaQuery = of_bucket(POST, &[Comp("metaQuery", "add")]),
    DoMetaQuery = of_bucket(POST, &[Comp("metaQuery", "query")]),
    CloseMetaQuery = of_bucket(POST, &[Comp("metaQuery", "delete")]),
    GetMetaQueryStatus = of_bucket(GET, &[Has("metaQuery")]),
    CreateBucketDataRedundancyTransition = of_bucket(POST, &[Has("redundancyTransition")]),
    GetBucketDataRedundancyTransition =
        of_bucket(GET, &[HasBoth("redundancyTransition", "x-oss-redundancy-transition-taskid")]),
    ListBucketDataRedundancyTransition = of_bucket(GET, &[Has("redundancyTransition")]),
    DeleteBucketDataRedundancyTransition = of_bucket(DELETE, &[Has("redundancyTransition")]),
    CreateAccessPoint = of_bucket(PUT, &[Has("accessPoint")]),
    GetAccessPoint = of_bucket(GET, &[Has("accessPoint")]),
    DeleteAccessPoint = of_bucket(DELETE, &[Has("accessPoint")]),
    PutAccessPointPolicy = of_bucket(PUT, &[Has("accessPointPolicy")]),
    GetAccessPointPolicy = of_bucket(GET, &[Has("accessPointPolicy")]),
    DeleteAccessPointPolicy = of_bucket(DELETE, &[Has("accessPointPolicy")]),
    CreateAccessPointForObjectProcess = of_bucket(PUT, &[Has("accessPointForObjectProcess")]),
    GetAccessPointForObjectProcess = of_bucket(GET, &[Has("accessPointForObjectProcess")]),
    DeleteAccessPointForObjectProcess = of_bucket(DELETE, &[Has("accessPointForObjectProcess")]),
    PutAccessPointConfigForObjectProcess = of_bucket(PUT, &[Has("accessPointConfigForObjectProcess")]),
    GetAccessPointConfigForObjectProcess = of_bucket(GET, &[Has("accessPointConfigForObjectProcess")]),
    PutAccessPointPolicyForObjectProcess = of_bucket(PUT, &[Has("accessPointPolicyForObjectProcess")]),
    GetAccessPointPolicyForObjectProcess = of_bucket(GET, &[Has("accessPointPolicyForObjectProcess")]),
    DeleteAccessPointPolicyForObjectProcess = of_bucket(DELETE, &[Has("accessPointPolicyForObjectProcess")]),
    PutBucketQoSInfo = of_bucket(PUT, &[Has("qosInfo")]),
    GetBucketQoSInfo = of_bucket(GET, &[Has("qosInfo")]),
    DeleteBucketQoSInfo = of_bucket(DELETE, &[Has("qosInfo")]),
    PutBucketRequesterQoSInfo = of_bucket(PUT, &[Has("requesterQosInfo")]),
    GetBucketRequesterQoSInfo = of_bucket(GET, &[HasBoth("requesterQosInfo", "qosRequester")]),
    ListBucketRequesterQoSInfos = of_bucket(GET, &[Has("requesterQosInfo")]),
    DeleteBucketRequesterQoSInfo = of_bucket(DELETE, &[Has("requesterQosInfo")]),
    PutObjectRetention = of_object(PUT, &[Has("retention")]),
    GetObjectRetention = of_object(GET, &[Has("retention")]),
    PutObjectLegalHold = of_object(PUT, &[Has("legalHold")]),
    GetObjectLegalHold = of_object(GET, &[Has("legalHold")]),
    GetLiveChannelStat = of_object(GET, &[Comp("live", "stat")]),
    GetLiveChannelHistory = of_object(GET, &[Comp("live", "history")]),
    GetLiveChannelInfo = of_object(GET, &[Has("live")]).allowed_by("oss:GetLiveChannel"),
    PutLiveChannelStatus = of_object(PUT, &[HasBoth("live", "status")]),
    PutLiveChannel = of_object(PUT, &[Has("live")]),
    DeleteLiveChannel = of_object(DELETE, &[Has("live")]),
    PostVodPlaylist = of_object(POST, &[Has("vod")]),
    GetVodPlaylist = of_object(GET, &[Has("vod")]),
    AsyncProcessObject = of_object(POST, &[Has("x-oss-async-process")]).allowed_by("oss:PostProcessTask"),
    WriteGetObjectResponse = of_object(POST, &[Has("x-oss-write-get-object-response")]),
    RenameObject = of_object(POST, &[Has("x-oss-rename")]),
    CreateDirectory = of_object(POST, &[Has("x-oss-dir")]),
    DeleteDirectory = of_object(POST, &[Has("x-oss-delete")]),
];

/// Sub-resources of which this table knows no operation by name.
const fn nameless(level: Level) -> &'static [&'static str] {
    match level {
        Level::Service => &["bucketGroup", "udf"],
        Level::Bucket => &[
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
        ],
        Level::Object => &["asyncFetch"],
    }
}
