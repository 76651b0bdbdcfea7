//! Look-ups of versions of objects.

use std::ops::Bound;

use super::object::open;
use crate::blobs::Blobs;
use crate::engine::{Query, Row, View};
use crate::key;
use crate::record::{StoredVersion, decode_null_version, decode_object};
use crate::{DeleteMarker, Error, VersionEntry, VersionRef};

/// A version, without its content.
pub(crate) struct ObjectVersionOf {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version: VersionRef,
}

impl Query for ObjectVersionOf {
    type Output = Option<StoredVersion>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let Self { bucket, key, version } = self;
        if let Some(row) = view.get(&key::object(bucket, key)).await? {
            let object = decode_object(bucket, key, &row)?;
            if *version == VersionRef::Current || *version == VersionRef::of(object.version_id) {
                return Ok(Some(StoredVersion::Object(Box::new(object))));
            }
        }
        let number = match version {
            VersionRef::Current => return newest(view, bucket, key).await,
            VersionRef::Null => number_of_null(view, bucket, key).await?,
            VersionRef::Id(id) => Some(id.number()),
        };
        let Some(number) = number else { return Ok(None) };
        let Some(row) = view.get(&key::version(bucket, key, number)).await? else { return Ok(None) };
        let found = StoredVersion::decode(bucket, key, number, &row)?;
        // The null version has a number, but no identifier of it.
        Ok(Some(found).filter(|found| *version == VersionRef::of(found.version_id())))
    }
}

/// Returns under which number the null version is, if it is not the current object.
pub(super) async fn number_of_null(view: &View, bucket: &str, key: &str) -> Result<Option<u64>, Error> {
    view.get(&key::null_version(bucket, key)).await?.map(|row| decode_null_version(&row)).transpose()
}

/// Returns the row of the newest version of the key that is not the current object.
pub(super) async fn newest_row(view: &View, bucket: &str, key: &str) -> Result<Option<Row>, Error> {
    let first = key::versions_of(bucket, key);
    let end = key::after_prefix(&first);
    let rows = view.scan(Bound::Included(&first), Bound::Excluded(&end), 1).await?;
    Ok(rows.into_iter().next())
}

async fn newest(view: &View, bucket: &str, key: &str) -> Result<Option<StoredVersion>, Error> {
    let Some((row_key, row)) = newest_row(view, bucket, key).await? else { return Ok(None) };
    StoredVersion::decode(bucket, key, key::number_of_version(&row_key)?, &row).map(Some)
}

/// A version to be read.
pub(crate) struct OpenObjectVersion {
    pub(crate) version: ObjectVersionOf,
    pub(crate) blobs: Blobs,
}

impl Query for OpenObjectVersion {
    type Output = Option<VersionEntry>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        match self.version.run(view).await? {
            Some(StoredVersion::Object(fields)) => open(view, &self.blobs, *fields)
                .await
                .map(|object| Some(VersionEntry::Object(Box::new(object)))),
            Some(StoredVersion::DeleteMarker(marker)) => Ok(Some(VersionEntry::DeleteMarker(marker))),
            None => Ok(None),
        }
    }
}

/// The delete marker that is the latest version of a key.
pub(crate) struct LatestMarker {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl Query for LatestMarker {
    type Output = Option<DeleteMarker>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        if view.get(&key::object(&self.bucket, &self.key)).await?.is_some() {
            return Ok(None);
        }
        match newest(view, &self.bucket, &self.key).await? {
            Some(StoredVersion::DeleteMarker(marker)) => Ok(Some(marker)),
            Some(StoredVersion::Object(_)) | None => Ok(None),
        }
    }
}
