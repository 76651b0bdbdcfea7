//! The queries: every read of the metadata, one file a group, with no knowledge of the engine.

mod bucket;
mod content;
mod delivery;
mod identity;
mod listing;
mod node;
mod nonce;
mod object;
mod object_version;
mod pending;
mod reach;
mod secret;
mod upload;
mod version;
mod version_listing;
mod visit;

pub(crate) use bucket::{BucketDocumentOf, BucketDocumentsOf, BucketOf, BucketStatOf, Buckets};
pub(crate) use content::{ManifestExtents, SmallContents, Wanted};
pub(crate) use delivery::{
    Backlog, CountsOfDeliveries, Deliveries, DeliveryOf, IsScheduled, ReclaimQueue, TimeToKeep, parse_cursor,
};
pub(crate) use identity::{
    AccessKeys, AccountOf, Accounts, AnyAccessKey, KnownAccessKeyOf, KnownRoleOf, Policies, Roles, UserOf,
    Users,
};
pub(crate) use node::Nodes;
pub(crate) use nonce::IsNonceUsed;
pub(crate) use object::{ObjectOf, Objects, OpenObject, RenderedObjects};
pub(crate) use object_version::{LatestMarker, ObjectVersionOf, OpenObjectVersion};
pub(crate) use pending::PendingUploadsAfter;
pub(crate) use reach::Reach;
pub(crate) use secret::{SecretOf, Secrets};
pub(crate) use upload::{ExtentsOfParts, PartData, PartPlaceOf, PartsOf, UploadOf, Uploads};
pub(crate) use version::{AtVersion, VersionOf};
pub(crate) use version_listing::Versions;
pub(crate) use visit::{Seen, Visiting};
