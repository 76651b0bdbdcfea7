//! Commands that change versions of objects if they are still what was seen, and not the latest.

use super::data::{add_to_stat, came, gone, require_bucket, scan_prefix};
use super::object_version::{Keeping, Place, delete_version, find_version, get_object, put_back};
use crate::engine::{Command, Txn};
use crate::key;
use crate::record::StoredVersion;
use crate::{Error, SeenState, SeenVersion};

/// Deletes versions for good, telling for each whether it was still what was seen and no retention policy keeps it.
#[derive(Debug)]
pub(crate) struct DeleteSeenVersions {
    pub(crate) bucket: String,
    pub(crate) versions: Vec<SeenVersion>,
    pub(crate) now_ms: i64,
}

impl Command for DeleteSeenVersions {
    type Output = Vec<bool>;
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Vec<bool>, Error> {
        let keeping = Keeping::of(txn, &self.bucket, self.now_ms).await?;
        let mut deleted = Vec::with_capacity(self.versions.len());
        for seen in &self.versions {
            let same = find_seen(txn, &self.bucket, seen).await?.filter(|(_, version)| match version {
                StoredVersion::Object(object) => !keeping.retains(object),
                StoredVersion::DeleteMarker(_) => true,
            });
            deleted.push(same.is_some());
            if let Some((number, version)) = same {
                let of = (self.bucket.as_str(), seen.key.as_str());
                delete_version(txn, &keeping, of, Place::Noncurrent(number), version).await?;
            }
        }
        Ok(deleted)
    }
}

/// Gives versions that are objects another class of storage, telling for each whether it was still what was seen. They stay
/// what they are otherwise.
#[derive(Debug)]
pub(crate) struct SetVersionClass {
    pub(crate) bucket: String,
    pub(crate) versions: Vec<SeenVersion>,
    pub(crate) class: String,
    pub(crate) generation: u64,
}

impl Command for SetVersionClass {
    type Output = Vec<bool>;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Vec<bool>, Error> {
        require_bucket(txn, &self.bucket).await?;
        let mut changed = Vec::with_capacity(self.versions.len());
        for seen in &self.versions {
            let same = find_seen(txn, &self.bucket, seen).await?;
            let Some((number, StoredVersion::Object(old))) = same else {
                changed.push(false);
                continue;
            };
            let mut object = (*old).clone();
            object.attributes.storage_class.clone_from(&self.class);
            object.attributes.restore = None;
            object.generation = self.generation;
            let change = vec![gone(&old, false), came(&object, false)];
            put_back(txn, Place::Noncurrent(number), object);
            add_to_stat(txn, &self.bucket, change).await?;
            changed.push(true);
        }
        Ok(changed)
    }
}

/// Returns the version with its number if it is still what was seen.
async fn find_seen<T: Txn>(
    txn: &mut T,
    bucket: &str,
    seen: &SeenVersion,
) -> Result<Option<(u64, StoredVersion)>, Error> {
    let found = find_version(txn, (bucket, &seen.key), seen.version).await?;
    let Some((Place::Noncurrent(number), version)) = found else { return Ok(None) };
    let is_same = match (&version, seen.state) {
        (StoredVersion::Object(object), SeenState::Object { generation }) => object.generation == generation,
        (
            StoredVersion::DeleteMarker(marker),
            SeenState::DeleteMarker { last_modified_ms } | SeenState::LoneMarker { last_modified_ms },
        ) => marker.last_modified_ms == last_modified_ms,
        (StoredVersion::Object(_), _) | (StoredVersion::DeleteMarker(_), SeenState::Object { .. }) => false,
    };
    let newest = scan_prefix(txn, &key::versions_of(bucket, &seen.key), 2).await?;
    let is_newest = newest.first().map(|(key, _)| key::number_of_version(key)).transpose()? == Some(number);
    let is_latest = is_newest && get_object(txn, bucket, &seen.key).await?.is_none();
    let stands_as_seen = match seen.state {
        SeenState::LoneMarker { .. } => is_latest && newest.len() == 1,
        SeenState::Object { .. } | SeenState::DeleteMarker { .. } => !is_latest,
    };
    Ok((is_same && stands_as_seen).then_some((number, version)))
}
