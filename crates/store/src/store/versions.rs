//! Operations on versions of objects.

use super::Store;
use super::objects::{check_names, unopened};
use crate::command::{DeleteSeenVersions, SetVersionClass};
use crate::query::{LatestMarker, ObjectVersionOf, OpenObjectVersion, Versions};
use crate::record::StoredVersion;
use crate::{DeleteMarker, Error, ListVersions, SeenVersion, VersionEntry, VersionPage, VersionRef, key};

impl Store {
    /// Looks up a version, if there is one; the current one is a delete marker where the object was deleted. Who will read
    /// it calls [`Store::open_object_version`].
    ///
    /// # Errors
    /// Failures of the disk. A bucket that does not exist has no versions.
    pub async fn object_version(
        &self,
        bucket: &str,
        key: &str,
        version: VersionRef,
    ) -> Result<Option<VersionEntry>, Error> {
        if check_names(bucket, key).is_err() {
            return Ok(None);
        }
        let query = ObjectVersionOf { bucket: bucket.to_owned(), key: key.to_owned(), version };
        Ok(self.parts.engine.query(query).await?.map(|found| match found {
            StoredVersion::Object(fields) => VersionEntry::Object(Box::new(unopened(*fields))),
            StoredVersion::DeleteMarker(marker) => VersionEntry::DeleteMarker(marker),
        }))
    }

    /// Looks up a version to read its data, as [`Store::open_object`] does.
    ///
    /// # Errors
    /// Failures of the disk. A bucket that does not exist has no versions.
    pub async fn open_object_version(
        &self,
        bucket: &str,
        key: &str,
        version: VersionRef,
    ) -> Result<Option<VersionEntry>, Error> {
        if check_names(bucket, key).is_err() {
            return Ok(None);
        }
        let version = ObjectVersionOf { bucket: bucket.to_owned(), key: key.to_owned(), version };
        self.parts.engine.query(OpenObjectVersion { version, blobs: self.parts.blobs.clone() }).await
    }

    /// Returns the delete marker that is the latest version of a key, if it is one.
    ///
    /// # Errors
    /// Failures of the disk. A bucket that does not exist has no versions.
    pub async fn latest_marker(&self, bucket: &str, key: &str) -> Result<Option<DeleteMarker>, Error> {
        if check_names(bucket, key).is_err() {
            return Ok(None);
        }
        self.parts.engine.query(LatestMarker { bucket: bucket.to_owned(), key: key.to_owned() }).await
    }

    /// Lists versions by key and then newest first, with common prefixes, current objects and delete markers included.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn list_versions(&self, which: &ListVersions) -> Result<VersionPage, Error> {
        self.parts.engine.query(Versions { which: which.clone() }).await
    }

    /// Deletes versions for good in one commit if they are still what was seen, and not the latest: what has become that since
    /// stays, and so does what a retention policy keeps. Tells for each whether it was deleted.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn delete_seen_versions(
        &self,
        bucket: &str,
        versions: Vec<SeenVersion>,
        now_ms: i64,
    ) -> Result<Vec<bool>, Error> {
        check_seen(bucket, &versions)?;
        let command = DeleteSeenVersions { bucket: bucket.to_owned(), versions, now_ms };
        self.parts.engine.commit(command, None).await
    }

    /// Gives objects that are not the latest version another class of storage in one commit, as
    /// [`Store::set_storage_class`] does with those that are.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn set_version_class(
        &self,
        bucket: &str,
        versions: Vec<SeenVersion>,
        class: &str,
    ) -> Result<Vec<bool>, Error> {
        check_seen(bucket, &versions)?;
        let generation = self.parts.ids.generation();
        let (bucket, class) = (bucket.to_owned(), class.to_owned());
        self.parts.engine.commit(SetVersionClass { bucket, versions, class, generation }, None).await
    }
}

fn check_seen(bucket: &str, versions: &[SeenVersion]) -> Result<(), Error> {
    key::check_bucket(bucket).map_err(|_| Error::NoSuchBucket)?;
    versions.iter().try_for_each(|version| key::check_key(&version.key))
}
