//! Operations on objects.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::{Store, StoreParts};
use crate::command::{
    Append, Copy, Delete, DeleteSeen, Put, Seal, SetObjectAcl, SetObjectTags, SetRestore, SetStorageClass,
};
use crate::data::{AtHand, Content, NewData, ReadPlan, Reader, StoredData};
use crate::extent::{DataRef, Extent, Place};
use crate::key;
use crate::query::{ObjectOf, Objects, OpenObject, RenderedObjects};
use crate::{
    Acl, AppendObject, CopyObject, DeleteKey, DeleteObject, Deleted, Error, ListObjects, Listing,
    NewDelivery, Object, ObjectFields, ObjectPage, PutObject, Restore, SeenObject, Sought, VersionRef, Visit,
};

impl Store {
    /// Begins to read data that is no object's yet.
    #[must_use]
    pub fn read_new(&self, new: &StoredData, range: Range<u64>) -> Reader {
        let NewData { size, crc64, content, encryption, .. } = &new.new;
        let is_sealed = encryption.is_some();
        let of = |place: Place, at_hand: Option<Arc<AtHand>>| {
            let whole = Extent { place, offset: 0, length: *size, crc64: *crc64, is_sealed };
            let data = DataRef::Extents([whole].into());
            Reader::new(ReadPlan { source: self.source(), data, size: *size, at_hand, range: range.clone() })
        };
        match content {
            Content::Empty => Reader::ready(Bytes::new()),
            Content::Small(id, bytes) if is_sealed => {
                let pin = self.parts.blobs.pin(Vec::new());
                of(Place::Content(*id), Some(Arc::new(AtHand::new(vec![(*id, bytes.clone())], pin))))
            }
            Content::Small(_, bytes) => {
                let place = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let end = place(range.end);
                Reader::ready(bytes.slice(place(range.start).min(end)..end))
            }
            Content::File(id) => of(Place::File(*id), None),
        }
    }

    /// Makes data an object.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::ObjectExists`], [`Error::PreconditionFailed`].
    pub async fn put_object(&self, mut put: PutObject) -> Result<Object, Error> {
        check_names(&put.bucket, &put.key)?;
        check_journal(put.journal.as_ref())?;
        let guard = put.data.guard.take();
        let command = Put { put, generation: self.parts.ids.generation() };
        self.parts.engine.commit(command, guard).await.map(unopened)
    }

    /// Appends data to an object, or begins one. The object returned is the whole; its size is the next position.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NotAppendable`], [`Error::PositionMismatch`], [`Error::TooLarge`].
    pub async fn append_object(&self, mut append: AppendObject) -> Result<Object, Error> {
        check_names(&append.bucket, &append.key)?;
        check_journal(append.journal.as_ref())?;
        let guard = append.data.guard.take();
        let (generation, manifest) = (self.parts.ids.generation(), self.parts.ids.data());
        self.parts.engine.commit(Append { append, generation, manifest }, guard).await.map(unopened)
    }

    /// Copies an object, sharing its content unless the copy brings its own.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`]; [`Error::NoSuchObject`], [`Error::NoSuchVersion`] and [`Error::IsDeleteMarker`] for the
    /// source; [`Error::ObjectExists`], [`Error::PreconditionFailed`].
    pub async fn copy_object(&self, mut copy: CopyObject) -> Result<Object, Error> {
        check_names(&copy.bucket, &copy.key)?;
        check_names(&copy.source_bucket, &copy.source_key)?;
        let guard = copy.data.as_mut().and_then(|data| data.guard.take());
        let command = Copy { copy, generation: self.parts.ids.generation() };
        self.parts.engine.commit(command, guard).await.map(unopened)
    }

    /// Looks up what is kept of the object of that key, if there is one. Reading its data with [`Store::read`] fails if it
    /// is replaced meanwhile; who will read it calls [`Store::open_object`].
    ///
    /// # Errors
    /// Failures of the disk. A bucket that does not exist has no objects.
    pub async fn object(&self, bucket: &str, key: &str) -> Result<Option<Object>, Error> {
        if check_names(bucket, key).is_err() {
            return Ok(None);
        }
        let query = ObjectOf { bucket: bucket.to_owned(), key: key.to_owned() };
        Ok(self.parts.engine.query(query).await?.map(unopened))
    }

    /// Looks up the object of that key, if there is one, to read its data: small content comes along, large content stays
    /// until the value is dropped, whatever becomes of the object.
    ///
    /// # Errors
    /// Failures of the disk. A bucket that does not exist has no objects.
    pub async fn open_object(&self, bucket: &str, key: &str) -> Result<Option<Object>, Error> {
        if check_names(bucket, key).is_err() {
            return Ok(None);
        }
        let object = ObjectOf { bucket: bucket.to_owned(), key: key.to_owned() };
        self.parts.engine.query(OpenObject { object, blobs: self.parts.blobs.clone() }).await
    }

    /// Looks up a bucket as [`Store::bucket`] does, and an object in it as [`Store::open_object`] does if it will be read, or as
    /// [`Store::object`]: where the bucket is not at hand anyway, in the same look.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn visit(&self, bucket: &str, sought: Option<Sought<'_>>) -> Result<Visit, Error> {
        let StoreParts { engine, settings, account, blobs, .. } = &*self.parts;
        if key::check_bucket(bucket).is_err() {
            return Ok(Visit::default());
        }
        let sought = sought.filter(|sought| key::check_key(sought.key).is_ok());
        let object = sought.map(|sought| {
            move || OpenObject {
                object: ObjectOf { bucket: bucket.to_owned(), key: sought.key.to_owned() },
                blobs: blobs.clone(),
            }
        });
        let reads = sought.is_some_and(|sought| sought.reads);
        settings.visit(engine, account.as_deref(), bucket, (object, reads)).await
    }

    /// Deletes an object, or one version of it for good; tells what that did. That there is none is no error.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::PreconditionFailed`], [`Error::Retained`].
    pub async fn delete_object(&self, delete: DeleteObject) -> Result<Deleted, Error> {
        let DeleteObject { bucket, key, if_match, version, now_ms } = delete;
        let deleted = self.delete(bucket, vec![DeleteKey { key, version }], if_match, now_ms).await?;
        let deleted = deleted.into_iter().next().unwrap_or_default();
        if deleted.is_retained { Err(Error::Retained) } else { Ok(deleted) }
    }

    /// Deletes objects, or versions for good, in one commit; tells for each what that did. What a retention policy keeps stays.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn delete_objects(
        &self,
        bucket: &str,
        keys: Vec<DeleteKey>,
        now_ms: i64,
    ) -> Result<Vec<Deleted>, Error> {
        self.delete(bucket.to_owned(), keys, None, now_ms).await
    }

    async fn delete(
        &self,
        bucket: String,
        keys: Vec<DeleteKey>,
        if_match: Option<String>,
        now_ms: i64,
    ) -> Result<Vec<Deleted>, Error> {
        key::check_bucket(&bucket).map_err(|_| Error::NoSuchBucket)?;
        for DeleteKey { key, .. } in &keys {
            key::check_key(key)?;
        }
        let keys = keys.into_iter().map(|key| (key, self.parts.ids.generation())).collect();
        self.parts.engine.commit(Delete { bucket, keys, if_match, now_ms }, None).await
    }

    /// Deletes objects in one commit if they are still those that were seen, so that none is lost that was written since, and
    /// if no retention policy keeps them.
    /// Tells for each whether it was deleted.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn delete_seen(
        &self,
        bucket: &str,
        objects: Vec<SeenObject>,
        now_ms: i64,
    ) -> Result<Vec<bool>, Error> {
        check_seen(bucket, &objects)?;
        let objects = objects.into_iter().map(|object| (object, self.parts.ids.generation())).collect();
        let command = DeleteSeen { bucket: bucket.to_owned(), objects, now_ms };
        self.parts.engine.commit(command, None).await
    }

    /// Gives objects another class of storage in one commit if they are still those that were seen. They stay what they are
    /// otherwise, their time included. Tells for each whether it was changed.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn set_storage_class(
        &self,
        bucket: &str,
        objects: Vec<SeenObject>,
        class: &str,
    ) -> Result<Vec<bool>, Error> {
        check_seen(bucket, &objects)?;
        let generation = self.parts.ids.generation();
        let command =
            SetStorageClass { bucket: bucket.to_owned(), objects, class: class.to_owned(), generation };
        self.parts.engine.commit(command, None).await
    }

    /// Sets when an archived object or one version of it can be read, if it is still the one that was seen; tells whether it
    /// is. It stays what it is otherwise, its time included. A copy, and an object that gets another class of storage, has
    /// no such times.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchObject`], [`Error::NoSuchVersion`], [`Error::IsDeleteMarker`].
    pub async fn set_restore(
        &self,
        bucket: &str,
        seen: SeenObject,
        version: VersionRef,
        restore: Option<Restore>,
    ) -> Result<bool, Error> {
        check_names(bucket, &seen.key)?;
        let (bucket, generation) = (bucket.to_owned(), self.parts.ids.generation());
        self.parts.engine.commit(SetRestore { bucket, seen, version, restore, generation }, None).await
    }

    /// Sets who may do what with an object or one version of it.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchObject`], [`Error::NoSuchVersion`], [`Error::IsDeleteMarker`].
    pub async fn set_object_acl(
        &self,
        bucket: &str,
        key: &str,
        version: VersionRef,
        acl: Acl,
    ) -> Result<(), Error> {
        check_names(bucket, key)?;
        let generation = self.parts.ids.generation();
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.parts.engine.commit(SetObjectAcl { bucket, key, version, acl, generation }, None).await
    }

    /// Sets the tags of an object or one version of it, `key=value&key=value` percent-encoded; none if empty. It stays what
    /// it is otherwise, its time included.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchObject`], [`Error::NoSuchVersion`], [`Error::IsDeleteMarker`].
    pub async fn set_object_tags(
        &self,
        bucket: &str,
        key: &str,
        version: VersionRef,
        tags: String,
    ) -> Result<(), Error> {
        check_names(bucket, key)?;
        let generation = self.parts.ids.generation();
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.parts.engine.commit(SetObjectTags { bucket, key, version, tags, generation }, None).await
    }

    /// Seals an appendable object, which takes no appends from then on. One that is sealed stays as it is.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchObject`], [`Error::NotAppendable`], [`Error::PositionMismatch`] unless the
    /// object has `position` bytes.
    pub async fn seal_object(
        &self,
        bucket: &str,
        key: &str,
        position: u64,
        now_ms: i64,
    ) -> Result<Object, Error> {
        check_names(bucket, key)?;
        let generation = self.parts.ids.generation();
        let command = Seal { bucket: bucket.to_owned(), key: key.to_owned(), position, now_ms, generation };
        self.parts.engine.commit(command, None).await.map(unopened)
    }

    /// Lists objects and common prefixes in byte order.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn list_objects(&self, which: &ListObjects) -> Result<Listing, Error> {
        self.parts.engine.query(Objects { which: which.clone() }).await
    }

    /// Lists objects and common prefixes in byte order, and makes something of them on the thread that reads them, where they
    /// need not be copied. It may do so more than once.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn render_objects<T: Send + 'static>(
        &self,
        which: ListObjects,
        render: impl Fn(&ObjectPage<'_>) -> T + Send + Sync + 'static,
    ) -> Result<T, Error> {
        self.parts.engine.query(RenderedObjects { which, render: Box::new(render) }).await
    }
}

/// Makes an object of what is kept of it, without its content.
pub(super) fn unopened(fields: ObjectFields) -> Object {
    Object { fields, at_hand: None }
}

pub(super) fn check_names(bucket: &str, key: &str) -> Result<(), Error> {
    key::check_bucket(bucket).map_err(|_| Error::NoSuchBucket)?;
    key::check_key(key)
}

fn check_seen(bucket: &str, objects: &[SeenObject]) -> Result<(), Error> {
    key::check_bucket(bucket).map_err(|_| Error::NoSuchBucket)?;
    objects.iter().try_for_each(|object| key::check_key(&object.key))
}

pub(super) fn check_journal(journal: Option<&NewDelivery>) -> Result<(), Error> {
    journal.map_or(Ok(()), |journal| key::check_delivery(&journal.id))
}
