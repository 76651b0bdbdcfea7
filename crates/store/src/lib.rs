//! Buckets, objects, parts and the callback journal in one folder, durable by default.
//!
//! Names are `&str`, times are `i64` milliseconds since 1970 and always arguments; the store reads no clock for
//! what it keeps and knows neither HTTP nor XML.
//!
//! ```
//! # use ossicle_store::*;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
//! # let folder = tempfile::tempdir()?;
//! # let now_ms = 1_445_412_480_000;
//! let store = Store::open(folder.path(), StoreOptions::default())?;
//! store.create_bucket(Bucket { name: "demo".into(), created_ms: now_ms, ..Bucket::default() }).await?;
//!
//! // Data first: hashed and, if it is large, on the disk when `finish` returns.
//! let mut upload = store.upload(None);
//! upload.write(bytes::Bytes::from_static(b"hello")).await?;
//! let data = upload.finish().await?;
//!
//! // Then one commit that makes it an object, with the callback it owes.
//! let object = store
//!     .put_object(PutObject {
//!         journal: Some(NewDelivery { id: "01J".into(), payload: b"{}".to_vec(), ..NewDelivery::default() }),
//!         ..PutObject::new("demo", "greeting", data, now_ms)
//!     })
//!     .await?;
//! assert_eq!(object.etag, "5D41402ABC4B2A76B9719D911017C592");
//!
//! let object = store.open_object("demo", "greeting").await?.ok_or("missing")?;
//! let mut reader = store.read(&object, 1..5);
//! assert_eq!(reader.next().await.ok_or("missing")??, "ello");
//! assert!(reader.next().await.is_none());
//!
//! let listing = store.list_objects(&ListObjects { bucket: "demo".into(), max: 100, ..ListObjects::default() }).await?;
//! assert_eq!(listing.objects.len(), 1);
//! store.close().await;
//! # Ok(())
//! # })
//! # }
//! ```
//!
//! | what | calls |
//! | --- | --- |
//! | open | [`Store::open`], [`Store::open_cluster`], [`Store::close`], [`Store::health`], [`Store::figures`] |
//! | check | [`Store::fsck`], [`Store::scrub`], [`Store::reclaim_queue`] |
//! | buckets | [`Store::create_bucket`], [`Store::delete_bucket`], [`Store::bucket`], [`Store::visit`], [`Store::list_buckets`], [`Store::set_bucket_acl`], [`Store::change_retention`], [`Store::bucket_document`], [`Store::bucket_documents`], [`Store::set_bucket_document`], [`Store::bucket_stat`] |
//! | account | [`Store::account_document`], [`Store::set_account_document`] |
//! | accounts | [`Store::create_account`], [`Store::create_user`], [`Store::create_role`], [`Store::create_access_key`], [`Store::put_policy`], each with its lookup, list, change and deletion; [`Store::rotate_access_key`], [`Store::known_access_key`], [`Store::known_role`], [`Store::identity_version`] |
//! | data | [`Store::upload`], [`Upload::encrypted`], [`Store::read`], [`Store::use_content_keys`] |
//! | objects | [`Store::put_object`], [`Store::append_object`], [`Store::copy_object`], [`Store::object`], [`Store::open_object`], [`Store::delete_object`], [`Store::delete_objects`], [`Store::delete_seen`], [`Store::set_storage_class`], [`Store::set_object_acl`], [`Store::set_object_tags`], [`Store::list_objects`] |
//! | versions | [`Store::set_bucket_versioning`], [`Store::object_version`], [`Store::open_object_version`], [`Store::latest_marker`], [`Store::list_versions`], [`Store::delete_seen_versions`], [`Store::set_version_class`] |
//! | parts | [`Store::initiate`], [`Store::upload_part`], [`Store::put_part`], [`Store::upload_info`], [`Store::list_parts`], [`Store::preview_complete`], [`Store::visit_parts`], [`Store::complete`], [`Store::abort`], [`Store::list_uploads`], [`Store::pending_uploads`] |
//! | jobs | [`Store::acquire_job`], [`Store::renew_job`], [`Store::release_job`] |
//! | nodes | [`Store::beat`], [`Store::nodes`], [`Store::remove_node`], [`Store::forget_nodes`], [`Store::secret`], [`Store::put_secret_if_absent`], [`Store::secrets`] |
//! | journal | [`Store::record_delivery`], [`Store::update_delivery`], [`Store::queue_update_of_delivery`], [`Store::delivery`], [`Store::deliveries`], [`Store::claim_due_deliveries`], [`Store::claim_delivery`], [`Store::renew_lease`], [`Store::delivery_counts`], [`Store::backlog`], [`Store::prune_deliveries`] |
//!
//! Calls that read the index answer at once where it is in memory; work that may wait for a disk is done on a blocking
//! thread of the runtime.

#![forbid(unsafe_code)]

mod blobs;
mod check;
mod codec;
mod command;
mod counters;
mod data;
mod disk;
mod due_low_watermark;
mod engine;
mod error;
mod extent;
mod folder;
mod health;
mod id;
mod key;
mod lease_clock;
mod lock;
mod model;
mod options;
mod permissions;
mod query;
mod queued_updates;
mod reclaim;
mod record;
mod store;
mod sync;
#[cfg(test)]
mod tests;
mod version_row;

pub use blobs::ContentPlace;
pub use check::{Finding, FindingKind, FsckReport, ScrubReport};
pub use data::{Reader, StoredData, Upload};
pub use error::{Error, OpenError};
pub use health::{Figures, Health};
pub use model::{
    AbortUpload, AccessKey, Account, AccountDocument, Acl, AppendObject, AttachedPolicy, Attributes, Bucket,
    BucketDocument, BucketPage, BucketStat, Cipher, ClaimId, ClassStat, CompleteUpload, ContentId,
    ContentKey, ContentKeys, CopyAttributes, CopyObject, CreateBucket, DeleteKey, DeleteMarker, DeleteObject,
    Deleted, Delivery, DeliveryCounts, DeliveryFilter, DeliveryPage, DeliveryState, Encryption,
    IdentityChange, IdentityKind, IdentityStatus, JobLease, KnownAccessKey, KnownRole, LONGEST_POLICY, Lease,
    ListBuckets, ListObjects, ListParts, ListUploads, ListVersions, ListedEtag, ListedObject, ListedVersion,
    Listing, MOST_ACCOUNT_KEYS, MOST_POLICIES, MOST_ROLES, MOST_USER_KEYS, MOST_USERS, NewDelivery,
    NewUpload, Node, Object, ObjectFields, ObjectKind, ObjectPage, Part, PartPage, PartPlace, Parts,
    PendingCursor, PendingPage, PendingUpload, PendingUploads, PolicyOwner, PolicyOwnerKind, Prune,
    PutObject, PutPart, RecordDelivery, Restore, Retention, RetentionChange, RetentionRefusal, Role,
    RoleChange, RotateAccessKey, SealedKey, SeenObject, SeenState, SeenVersion, Sought, UnknownFields,
    UpdateDelivery, UploadInfo, UploadPage, User, VersionEntry, VersionId, VersionPage, VersionRef,
    Versioning, Visit,
};
pub use options::{Durability, StoreOptions};
pub use store::{ClusterPlaces, Store};
