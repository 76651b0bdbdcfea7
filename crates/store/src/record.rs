//! The values of the rows, byte by byte as `docs/on-disk-format.md` has them. Each begins with the version of its
//! form.

mod attributes;
mod bucket;
mod delivery;
mod identity;
mod job_lease;
mod node;
mod nonce;
mod object;
mod object_version;
mod secret;
mod store_id;
mod upload;
mod version_row;

pub(crate) use bucket::{
    counts_classes, decode_bucket, decode_keeping, decode_stat, encode_bucket, encode_stat,
};
pub(crate) use delivery::{
    DeliveryIndex, LEASED, are_old_counts, decode_counts, decode_delivery, encode_counts, encode_delivery,
};
pub(crate) use identity::{
    decode_access_key, decode_account, decode_policy, decode_role, decode_user, encode_access_key,
    encode_account, encode_policy, encode_role, encode_user,
};
pub(crate) use job_lease::{decode_job_lease, encode_job_lease};
pub(crate) use node::{decode_node, encode_node};
pub(crate) use nonce::{decode_nonce, encode_nonce};
pub(crate) use object::{CONTENT_IN_RECORD, decode_listed, decode_object, encode_object, hex_upper};
pub(crate) use object_version::{StoredVersion, decode_null_version, encode_null_version};
pub(crate) use secret::{decode_secret, encode_secret};
pub(crate) use store_id::{decode_store_id, encode_store_id};
pub(crate) use upload::{PartRecord, UploadRecord};
pub(crate) use version_row::{decode_version, encode_version};

use crate::Error;
use crate::codec::Decoder;

/// The first version of every record, and the only one of most.
const VERSION: u8 = 1;

fn expect_version(from: &mut Decoder<'_>) -> Result<(), Error> {
    if from.u8()? == VERSION { Ok(()) } else { Err(from.fail()) }
}
