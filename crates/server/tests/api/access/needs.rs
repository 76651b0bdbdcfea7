//! What the request of each operation takes to be allowed, written down again and apart from the table that the server reads:
//! the action that policies name, and the rights that ACLs can give, as OSS's manual has them.

use ossicle_protocol::Operation;

/// What a request takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    /// The action, as policies name it.
    pub(super) action: &'static str,
    pub(super) by: By,
}

/// Who is allowed it without a policy, besides the owner of the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// Everybody, as it is no request for data.
    Anybody,
    /// Every account, for its own.
    Account,
    /// Nobody.
    Owner,
    /// Those to whom ACLs give all of these rights.
    Acl(&'static [Right]),
}

/// A right that an ACL can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// To list what the bucket has.
    List,
    /// To read an object.
    Read,
    /// To write or delete an object that is there.
    Overwrite,
    /// To write an object that is not there.
    Create,
}

/// How a bucket is set, and the objects that are there.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) bucket: &'static str,
    pub(super) object: &'static str,
    pub(super) blocked: bool,
    /// What a policy of the bucket says of the other account.
    pub(super) policy: Option<Effect>,
}

/// The effect of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

const fn acls(bucket: &'static str, object: &'static str) -> Setting {
    Setting { bucket, object, blocked: false, policy: None }
}

/// Every ACL of a bucket, and of an object in a bucket that says something else; then what counts more than ACLs.
pub(super) const SETTINGS: &[Setting] = &[
    acls("private", "default"),
    acls("public-read", "default"),
    acls("public-read-write", "default"),
    acls("authenticated-read", "default"),
    acls("private", "public-read"),
    acls("private", "public-read-write"),
    acls("public-read-write", "private"),
    Setting { blocked: true, ..acls("public-read-write", "public-read-write") },
    Setting { policy: Some(Effect::Allow), ..acls("private", "private") },
    Setting { policy: Some(Effect::Deny), ..acls("public-read-write", "public-read-write") },
];

impl Setting {
    /// Whether the ACLs give a right to everybody who signs, or to everybody.
    pub(super) fn gives(&self, right: Right, is_signed: bool) -> bool {
        let of_object = matches!(right, Right::Read | Right::Overwrite) && self.object != "default";
        let acl = if of_object { self.object } else { self.bucket };
        let is_read = matches!(right, Right::List | Right::Read);
        !self.blocked
            && match acl {
                "private" => false,
                "public-read" => is_read,
                "public-read-write" => true,
                "authenticated-read" => is_read && is_signed,
                other => panic!("no ACL {other}"),
            }
    }
}

impl Need {
    /// Returns what the request takes that `inputs` has for the operation.
    #[expect(clippy::too_many_lines, reason = "one line for each operation, kept in one exhaustive match")]
    pub(super) fn of(operation: Operation) -> Self {
        use By::{Account, Acl, Anybody, Owner};
        use Operation as Op;
        use Right::{Create, List, Overwrite, Read};
        let (action, by) = match operation {
            Op::ListBuckets => ("oss:ListBuckets", Account),
            Op::PutPublicAccessBlock => ("oss:PutPublicAccessBlock", Account),
            Op::GetPublicAccessBlock => ("oss:GetPublicAccessBlock", Account),
            Op::DeletePublicAccessBlock => ("oss:DeletePublicAccessBlock", Account),
            Op::PutBucket => ("oss:PutBucket", Account),
            Op::DeleteBucket => ("oss:DeleteBucket", Owner),
            Op::HeadBucket => ("oss:GetBucketInfo", Acl(&[List])),
            Op::ListObjectsV2 | Op::ListObjects => ("oss:ListObjects", Acl(&[List])),
            Op::ListObjectVersions => ("oss:ListObjectVersions", Owner),
            Op::ListMultipartUploads => ("oss:ListMultipartUploads", Owner),
            Op::DeleteMultipleObjects => ("oss:DeleteObject", Acl(&[Overwrite])),
            Op::PostObject => ("oss:PutObject", Acl(&[Create])),
            Op::GetBucketInfo => ("oss:GetBucketInfo", Owner),
            Op::GetBucketLocation => ("oss:GetBucketLocation", Owner),
            Op::GetBucketStat => ("oss:GetBucketStat", Owner),
            Op::PutBucketAcl => ("oss:PutBucketAcl", Owner),
            Op::GetBucketAcl => ("oss:GetBucketAcl", Owner),
            Op::PutBucketCors => ("oss:PutBucketCors", Owner),
            Op::GetBucketCors => ("oss:GetBucketCors", Owner),
            Op::DeleteBucketCors => ("oss:DeleteBucketCors", Owner),
            Op::PutBucketLifecycle => ("oss:PutBucketLifecycle", Owner),
            Op::GetBucketLifecycle => ("oss:GetBucketLifecycle", Owner),
            Op::DeleteBucketLifecycle => ("oss:DeleteBucketLifecycle", Owner),
            Op::PutBucketTags => ("oss:PutBucketTagging", Owner),
            Op::GetBucketTags => ("oss:GetBucketTagging", Owner),
            Op::DeleteBucketTags => ("oss:DeleteBucketTagging", Owner),
            Op::PutBucketPublicAccessBlock => ("oss:PutBucketPublicAccessBlock", Owner),
            Op::GetBucketPublicAccessBlock => ("oss:GetBucketPublicAccessBlock", Owner),
            Op::DeleteBucketPublicAccessBlock => ("oss:DeleteBucketPublicAccessBlock", Owner),
            Op::PutBucketReferer => ("oss:PutBucketReferer", Owner),
            Op::GetBucketReferer => ("oss:GetBucketReferer", Owner),
            Op::PutBucketRequestPayment => ("oss:PutBucketRequestPayment", Owner),
            Op::GetBucketRequestPayment => ("oss:GetBucketRequestPayment", Owner),
            Op::PutBucketTransferAcceleration => ("oss:PutBucketTransferAcceleration", Owner),
            Op::GetBucketTransferAcceleration => ("oss:GetBucketTransferAcceleration", Owner),
            Op::PutBucketAccessMonitor => ("oss:PutBucketAccessMonitor", Owner),
            Op::GetBucketAccessMonitor => ("oss:GetBucketAccessMonitor", Owner),
            Op::PutBucketResourceGroup => ("oss:PutBucketResourceGroup", Owner),
            Op::GetBucketResourceGroup => ("oss:GetBucketResourceGroup", Owner),
            Op::PutBucketWebsite => ("oss:PutBucketWebsite", Owner),
            Op::GetBucketWebsite => ("oss:GetBucketWebsite", Owner),
            Op::DeleteBucketWebsite => ("oss:DeleteBucketWebsite", Owner),
            Op::PutBucketHttpsConfig => ("oss:PutBucketHttpsConfig", Owner),
            Op::GetBucketHttpsConfig => ("oss:GetBucketHttpsConfig", Owner),
            Op::PutBucketResponseHeader => ("oss:PutBucketResponseHeader", Owner),
            Op::GetBucketResponseHeader => ("oss:GetBucketResponseHeader", Owner),
            Op::DeleteBucketResponseHeader => ("oss:DeleteBucketResponseHeader", Owner),
            Op::PutBucketArchiveDirectRead => ("oss:PutBucketArchiveDirectRead", Owner),
            Op::GetBucketArchiveDirectRead => ("oss:GetBucketArchiveDirectRead", Owner),
            Op::PutBucketEncryption => ("oss:PutBucketEncryption", Owner),
            Op::GetBucketEncryption => ("oss:GetBucketEncryption", Owner),
            Op::DeleteBucketEncryption => ("oss:DeleteBucketEncryption", Owner),
            Op::InitiateBucketWorm => ("oss:InitiateBucketWorm", Owner),
            Op::AbortBucketWorm => ("oss:AbortBucketWorm", Owner),
            Op::CompleteBucketWorm => ("oss:CompleteBucketWorm", Owner),
            Op::ExtendBucketWorm => ("oss:ExtendBucketWorm", Owner),
            Op::GetBucketWorm => ("oss:GetBucketWorm", Owner),
            Op::GetStyle => ("oss:GetStyle", Owner),
            Op::ListStyle => ("oss:ListStyle", Owner),
            Op::PutStyle => ("oss:PutStyle", Owner),
            Op::DeleteStyle => ("oss:DeleteStyle", Owner),
            Op::PutBucketVersioning => ("oss:PutBucketVersioning", Owner),
            Op::PutBucketOverwriteConfig => ("oss:PutBucketOverwriteConfig", Owner),
            Op::GetBucketOverwriteConfig => ("oss:GetBucketOverwriteConfig", Owner),
            Op::DeleteBucketOverwriteConfig => ("oss:DeleteBucketOverwriteConfig", Owner),
            Op::GetBucketVersioning => ("oss:GetBucketVersioning", Owner),
            Op::ListLiveChannel => ("oss:ListLiveChannel", Owner),
            Op::PutBucketCallbackPolicy => ("oss:PutBucketCallbackPolicy", Owner),
            Op::GetBucketCallbackPolicy => ("oss:GetBucketCallbackPolicy", Owner),
            Op::DeleteBucketCallbackPolicy => ("oss:DeleteBucketCallbackPolicy", Owner),
            Op::PutBucketPolicy => ("oss:PutBucketPolicy", Owner),
            Op::GetBucketPolicy => ("oss:GetBucketPolicy", Owner),
            Op::DeleteBucketPolicy => ("oss:DeleteBucketPolicy", Owner),
            Op::GetBucketPolicyStatus => ("oss:GetBucketPolicyStatus", Owner),
            Op::Preflight => ("oss:GetObject", Anybody),
            Op::UploadPartCopy => ("oss:PutObject", Acl(&[Create, Read])),
            Op::UploadPart | Op::InitiateMultipartUpload | Op::CompleteMultipartUpload | Op::AppendObject => {
                ("oss:PutObject", Acl(&[Create]))
            }
            Op::SealAppendObject => ("oss:SealAppendObject", Owner),
            Op::RestoreObject => ("oss:RestoreObject", Owner),
            Op::CleanRestoredObject => ("oss:CleanRestoredObject", Owner),
            Op::AbortMultipartUpload => ("oss:AbortMultipartUpload", Acl(&[Create])),
            Op::ListParts => ("oss:ListParts", Acl(&[Create])),
            Op::ProcessObject => ("oss:PostProcessTask", Owner),
            Op::PutObjectAcl => ("oss:PutObjectAcl", Owner),
            Op::GetObjectAcl => ("oss:GetObjectAcl", Owner),
            Op::PutObjectTagging => ("oss:PutObjectTagging", Owner),
            Op::GetObjectTagging => ("oss:GetObjectTagging", Owner),
            Op::DeleteObjectTagging => ("oss:DeleteObjectTagging", Owner),
            Op::PutSymlink => ("oss:PutObject", Acl(&[Overwrite])),
            Op::GetSymlink => ("oss:GetObject", Acl(&[Read])),
            Op::GetObject | Op::HeadObject | Op::GetObjectMeta => ("oss:GetObject", Acl(&[Read])),
            Op::CopyObject => ("oss:PutObject", Acl(&[Overwrite, Read])),
            Op::PutObject => ("oss:PutObject", Acl(&[Overwrite])),
            Op::DeleteObject => ("oss:DeleteObject", Acl(&[Overwrite])),
        };
        Self { action, by }
    }
}
