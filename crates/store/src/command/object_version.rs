//! How a key gets another current object, and which versions are kept on that occasion. The current object has a row of its own;
//! what came before it, and delete markers, are in the rows of versions.

use bytes::Bytes;

use super::data::{add_to_stat, came, gone, reads_of_refs, release_refs, scan_prefix};
use crate::counters::StatChange;
use crate::engine::{FoundRows, Txn};
use crate::key;
use crate::record::{
    StoredVersion, decode_keeping, decode_null_version, decode_object, encode_null_version, encode_object,
};
use crate::{DeleteMarker, Deleted, Error, ObjectFields, Retention, VersionId, VersionRef, Versioning};

/// Where a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is the current object.
    Current,
    /// It is among the versions, under this number.
    Noncurrent(u64),
}

/// What a bucket keeps of what is deleted or overwritten now.
#[derive(Debug)]
pub(super) struct Keeping {
    pub(super) versioning: Versioning,
    retention: Option<Retention>,
    now_ms: i64,
}

impl Keeping {
    /// Reads what the bucket keeps; fails unless it exists.
    pub(super) async fn of<T: Txn>(txn: &mut T, bucket: &str, now_ms: i64) -> Result<Self, Error> {
        let row = txn.get(&key::bucket(bucket)).await?.ok_or(Error::NoSuchBucket)?;
        let (versioning, retention) = decode_keeping(bucket, &row)?;
        Ok(Self { versioning, retention, now_ms })
    }

    /// Tells whether a retention policy keeps the object.
    pub(super) fn retains(&self, object: &ObjectFields) -> bool {
        self.retention.as_ref().is_some_and(|retention| retention.keeps(object.last_modified_ms, self.now_ms))
    }

    /// Fails where a retention policy keeps the object.
    pub(super) fn check(&self, object: &ObjectFields) -> Result<(), Error> {
        if self.retains(object) { Err(Error::Retained) } else { Ok(()) }
    }

    /// Tells whether the current object becomes a version when another takes its place.
    pub(super) fn keeps_version(&self, old: &ObjectFields) -> bool {
        match self.versioning {
            Versioning::Unset => false,
            Versioning::Enabled => true,
            Versioning::Suspended => old.version_id.is_some(),
        }
    }
}

/// Names the rows that are read where the current object is replaced, copied or deleted.
pub(super) fn reads_with_object(found: &FoundRows<'_>, (bucket, key): (&str, &str), keys: &mut Vec<Bytes>) {
    let row = found(&key::object(bucket, key));
    // What cannot be read fails when it is needed.
    if let Some(Ok(object)) = row.map(|row| decode_object(bucket, key, &row)) {
        reads_of_refs(&object.data, keys);
    }
}

/// Returns the current object.
pub(super) async fn get_object<T: Txn>(
    txn: &mut T,
    bucket: &str,
    key: &str,
) -> Result<Option<ObjectFields>, Error> {
    match txn.get(&key::object(bucket, key)).await? {
        Some(row) => decode_object(bucket, key, &row).map(Some),
        None => Ok(None),
    }
}

/// Makes the object the current one. What was that is kept as a version or released, as the bucket has it. Returns the object
/// with its identifier.
pub(super) async fn replace_object<T: Txn>(
    txn: &mut T,
    keeping: &Keeping,
    old: Option<&ObjectFields>,
    mut new: ObjectFields,
) -> Result<ObjectFields, Error> {
    let number = make_room(txn, keeping, (&new.bucket, &new.key), old, new.generation).await?;
    new.version_id = number.filter(|_| keeping.versioning == Versioning::Enabled).map(VersionId::new);
    txn.put(key::object(&new.bucket, &new.key), encode_object(&new));
    add_to_stat(txn, &new.bucket, vec![came(&new, true)]).await?;
    Ok(new)
}

/// Deletes the current object; where versions are kept, a delete marker comes in its place.
pub(super) async fn delete_current<T: Txn>(
    txn: &mut T,
    keeping: &Keeping,
    (bucket, key): (&str, &str),
    old: Option<&ObjectFields>,
    generation: u64,
) -> Result<Option<DeleteMarker>, Error> {
    let number = make_room(txn, keeping, (bucket, key), old, generation).await?;
    if old.is_some() {
        txn.delete(key::object(bucket, key));
    }
    let Some(number) = number else { return Ok(None) };
    let marker = DeleteMarker {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        version_id: (keeping.versioning == Versioning::Enabled).then(|| VersionId::new(number)),
        last_modified_ms: keeping.now_ms,
    };
    put_version(txn, (bucket, key), number, &StoredVersion::DeleteMarker(marker.clone())).await?;
    Ok(Some(marker))
}

/// Releases the current object or makes it a version, and removes the null version if what comes will be that. Returns a
/// number greater than those of all versions there are, if the bucket keeps any.
async fn make_room<T: Txn>(
    txn: &mut T,
    keeping: &Keeping,
    (bucket, key): (&str, &str),
    old: Option<&ObjectFields>,
    generation: u64,
) -> Result<Option<u64>, Error> {
    if keeping.versioning == Versioning::Suspended
        && let Some(number) = number_of_null(txn, bucket, key).await?
    {
        remove_noncurrent(txn, keeping, (bucket, key), number).await?;
    }
    match old {
        Some(old) if keeping.keeps_version(old) => {
            let number = match old.version_id {
                Some(id) => id.number(),
                None => next_number(txn, bucket, key, old.generation).await?,
            };
            add_to_stat(txn, bucket, vec![gone(old, true)]).await?;
            put_version(txn, (bucket, key), number, &StoredVersion::Object(Box::new(old.clone()))).await?;
        }
        Some(old) => {
            keeping.check(old)?;
            release_refs(txn, &old.data).await?;
            add_to_stat(txn, bucket, vec![gone(old, true)]).await?;
        }
        None => {}
    }
    match keeping.versioning {
        Versioning::Unset => Ok(None),
        Versioning::Enabled | Versioning::Suspended => {
            next_number(txn, bucket, key, generation).await.map(Some)
        }
    }
}

/// Returns the number if it is greater than those of all versions, or the first that is: the clock that numbers come from
/// may have been set back.
async fn next_number<T: Txn>(txn: &mut T, bucket: &str, key: &str, number: u64) -> Result<u64, Error> {
    let newest = newest_number(txn, bucket, key).await?;
    Ok(newest.map_or(number, |newest| number.max(newest.saturating_add(1))))
}

async fn newest_number<T: Txn>(txn: &mut T, bucket: &str, key: &str) -> Result<Option<u64>, Error> {
    let newest = scan_prefix(txn, &key::versions_of(bucket, key), 1).await?;
    newest.first().map(|(key, _)| key::number_of_version(key)).transpose()
}

async fn number_of_null<T: Txn>(txn: &mut T, bucket: &str, key: &str) -> Result<Option<u64>, Error> {
    txn.get(&key::null_version(bucket, key)).await?.map(|row| decode_null_version(&row)).transpose()
}

async fn get_version<T: Txn>(
    txn: &mut T,
    (bucket, key): (&str, &str),
    number: u64,
) -> Result<Option<StoredVersion>, Error> {
    let row = txn.get(&key::version(bucket, key, number)).await?;
    row.map(|row| StoredVersion::decode(bucket, key, number, &row)).transpose()
}

/// Adds a version that is not the current object, and counts it.
async fn put_version<T: Txn>(
    txn: &mut T,
    (bucket, key): (&str, &str),
    number: u64,
    version: &StoredVersion,
) -> Result<(), Error> {
    txn.put(key::version(bucket, key, number), version.encode());
    if version.version_id().is_none() {
        txn.put(key::null_version(bucket, key), encode_null_version(number));
    }
    let change = match version {
        StoredVersion::Object(object) => came(object, false),
        StoredVersion::DeleteMarker(_) => StatChange::MarkerCame,
    };
    add_to_stat(txn, bucket, vec![change]).await
}

/// Takes a version out of the rows and the counters. What it refers to is the caller's.
async fn take_version<T: Txn>(
    txn: &mut T,
    (bucket, key): (&str, &str),
    number: u64,
    version: &StoredVersion,
) -> Result<(), Error> {
    txn.delete(key::version(bucket, key, number));
    if version.version_id().is_none() {
        txn.delete(key::null_version(bucket, key));
    }
    let change = match version {
        StoredVersion::Object(object) => gone(object, false),
        StoredVersion::DeleteMarker(_) => StatChange::MarkerGone,
    };
    add_to_stat(txn, bucket, vec![change]).await
}

/// Removes a version that is not the current object for good.
async fn remove_noncurrent<T: Txn>(
    txn: &mut T,
    keeping: &Keeping,
    of: (&str, &str),
    number: u64,
) -> Result<(), Error> {
    let version = get_version(txn, of, number).await?;
    let version = version.ok_or_else(|| Error::corrupt("the null version is not there"))?;
    if let StoredVersion::Object(object) = &version {
        keeping.check(object)?;
        release_refs(txn, &object.data).await?;
    }
    take_version(txn, of, number, &version).await
}

/// Finds a version.
pub(super) async fn find_version<T: Txn>(
    txn: &mut T,
    (bucket, key): (&str, &str),
    which: VersionRef,
) -> Result<Option<(Place, StoredVersion)>, Error> {
    if let Some(object) = get_object(txn, bucket, key).await?
        && (which == VersionRef::Current || which == VersionRef::of(object.version_id))
    {
        return Ok(Some((Place::Current, StoredVersion::Object(Box::new(object)))));
    }
    let number = match which {
        VersionRef::Current => newest_number(txn, bucket, key).await?,
        VersionRef::Null => number_of_null(txn, bucket, key).await?,
        VersionRef::Id(id) => Some(id.number()),
    };
    let Some(number) = number else { return Ok(None) };
    let found = get_version(txn, (bucket, key), number).await?;
    // The null version has a number, but no identifier of it.
    let found =
        found.filter(|version| which == VersionRef::Current || which == VersionRef::of(version.version_id()));
    Ok(found.map(|version| (Place::Noncurrent(number), version)))
}

/// Finds a version that is an object.
pub(super) async fn require_object<T: Txn>(
    txn: &mut T,
    of: (&str, &str),
    which: VersionRef,
) -> Result<(Place, ObjectFields), Error> {
    match (find_version(txn, of, which).await?, which) {
        (Some((place, StoredVersion::Object(object))), _) => Ok((place, *object)),
        (_, VersionRef::Current) => Err(Error::NoSuchObject),
        (Some((_, StoredVersion::DeleteMarker(_))), _) => Err(Error::IsDeleteMarker),
        (None, _) => Err(Error::NoSuchVersion),
    }
}

/// Writes an object where it was found.
pub(super) fn put_back<T: Txn>(txn: &mut T, place: Place, object: ObjectFields) {
    match place {
        Place::Current => txn.put(key::object(&object.bucket, &object.key), encode_object(&object)),
        Place::Noncurrent(number) => {
            let key = key::version(&object.bucket, &object.key, number);
            txn.put(key, StoredVersion::Object(Box::new(object)).encode());
        }
    }
}

/// Deletes a version for good. If it was the latest, the one before it becomes that.
pub(super) async fn delete_version<T: Txn>(
    txn: &mut T,
    keeping: &Keeping,
    (bucket, key): (&str, &str),
    place: Place,
    version: StoredVersion,
) -> Result<Deleted, Error> {
    if let StoredVersion::Object(object) = &version {
        keeping.check(object)?;
        release_refs(txn, &object.data).await?;
    }
    match (place, &version) {
        (Place::Noncurrent(number), _) => take_version(txn, (bucket, key), number, &version).await?,
        (Place::Current, StoredVersion::Object(object)) => {
            txn.delete(key::object(bucket, key));
            add_to_stat(txn, bucket, vec![gone(object, true)]).await?;
        }
        (Place::Current, StoredVersion::DeleteMarker(_)) => {
            return Err(Error::corrupt("a delete marker in an object's place"));
        }
    }
    promote(txn, bucket, key).await?;
    let removed_marker = match version {
        StoredVersion::Object(_) => None,
        StoredVersion::DeleteMarker(marker) => Some(marker),
    };
    Ok(Deleted { existed: true, marker: None, removed_marker, is_retained: false })
}

/// Makes the newest version the current object if there is no such object, and it is one.
async fn promote<T: Txn>(txn: &mut T, bucket: &str, key: &str) -> Result<(), Error> {
    if txn.get(&key::object(bucket, key)).await?.is_some() {
        return Ok(());
    }
    let Some(number) = newest_number(txn, bucket, key).await? else { return Ok(()) };
    match get_version(txn, (bucket, key), number).await? {
        Some(StoredVersion::Object(object)) => {
            txn.put(key::object(bucket, key), encode_object(&object));
            add_to_stat(txn, bucket, vec![came(&object, true)]).await?;
            take_version(txn, (bucket, key), number, &StoredVersion::Object(object)).await
        }
        Some(StoredVersion::DeleteMarker(_)) | None => Ok(()),
    }
}
