//! What the store keeps, as callers see it: buckets, objects, uploads, parts and deliveries, and the arguments of
//! the operations on them.

mod account;
mod acl;
mod bucket;
mod delivery;
mod encryption;
mod identity;
mod identity_kind;
mod job_lease;
mod node;
mod object;
mod object_page;
mod retention;
mod upload;
mod version;
mod visit;

pub use account::AccountDocument;
pub use acl::Acl;
pub use bucket::{Bucket, BucketDocument, BucketPage, BucketStat, ClassStat, CreateBucket, ListBuckets};
pub use delivery::{
    ClaimId, Delivery, DeliveryCounts, DeliveryFilter, DeliveryPage, DeliveryState, Lease, NewDelivery,
    Prune, RecordDelivery, UpdateDelivery,
};
pub use encryption::{Cipher, ContentId, ContentKey, ContentKeys, Encryption, SealedKey};
pub use identity::{
    AccessKey, Account, AttachedPolicy, IdentityChange, IdentityStatus, KnownAccessKey, KnownRole,
    LONGEST_POLICY, MOST_ACCOUNT_KEYS, MOST_POLICIES, MOST_ROLES, MOST_USER_KEYS, MOST_USERS, PolicyOwner,
    PolicyOwnerKind, Role, RoleChange, RotateAccessKey, User,
};
pub use identity_kind::IdentityKind;
pub use job_lease::JobLease;
pub use node::Node;
pub use object::{
    AppendObject, Attributes, CopyAttributes, CopyObject, DeleteObject, ListObjects, Listing, Object,
    ObjectFields, ObjectKind, PutObject, Restore, SeenObject, UnknownFields,
};
pub(crate) use object_page::EtagText;
pub use object_page::{ListedEtag, ListedObject, ObjectPage};
pub use retention::{Retention, RetentionChange, RetentionRefusal};
pub use upload::{
    AbortUpload, CompleteUpload, ListParts, ListUploads, NewUpload, Part, PartPage, PartPlace, Parts,
    PendingCursor, PendingPage, PendingUpload, PendingUploads, PutPart, UploadInfo, UploadPage,
};
pub use version::{
    DeleteKey, DeleteMarker, Deleted, ListVersions, ListedVersion, SeenState, SeenVersion, VersionEntry,
    VersionId, VersionPage, VersionRef, Versioning,
};
pub use visit::{Sought, Visit};
