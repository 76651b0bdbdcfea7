//! The commands: every change of the metadata, one file a group, with no knowledge of the engine.

mod account;
mod append;
mod bucket;
mod copy;
mod data;
mod delete;
mod delivery;
mod identity;
mod job_lease;
mod multipart;
mod node;
mod nonce;
mod object_version;
mod put;
mod reclaim;
mod secret;
mod seen_version;
mod store_id;
mod version;

pub(crate) use account::SetAccountDocument;
pub(crate) use append::{Append, Seal};
pub(crate) use bucket::{
    BucketChange, ChangeBucket, CountObjects, CreateBucketCommand, DeleteBucket, SetBucketDocument,
};
pub(crate) use copy::Copy;
pub(crate) use data::{Reclaim, decode_file, decode_ref_count, file_row, ref_count_row};
pub(crate) use delete::{Delete, DeleteSeen};
pub(crate) use delivery::{
    Change, ClaimDeliveries, ClaimDelivery, CountDeliveries, PruneDeliveries, RecordDeliveryCommand,
    ReleaseLeases, RenewLease, UpdateDeliveryCommand, counts_in, due_id, scheduled_value,
};
pub(crate) use identity::{
    ChangeAccessKey, ChangeAccount, ChangeRole, ChangeUser, CreateAccessKey, CreateAccount, CreateRole,
    CreateUser, DeleteAccessKey, DeleteAccount, DeletePolicy, DeleteRole, DeleteUser, Home, PutPolicy,
    Rotate,
};
pub(crate) use job_lease::{AcquireJob, ENDED, ReleaseJobs, RenewJob};
pub(crate) use multipart::{Abort, Complete, Initiate, PutPartCommand, continued, part_number, to_part};
pub(crate) use node::{Beat, ForgetNodes, RemoveNode};
pub(crate) use nonce::{ForgetNonces, TakeNonce};
pub(crate) use put::{Put, SetObjectAcl, SetObjectTags, SetRestore, SetStorageClass};
pub(crate) use reclaim::{ForgetFile, ReclaimManifest, RewriteRows};
pub(crate) use secret::PutSecretIfAbsent;
pub(crate) use seen_version::{DeleteSeenVersions, SetVersionClass};
pub(crate) use store_id::NameStore;
