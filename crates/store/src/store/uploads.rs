//! Operations on multipart uploads.

use std::ops::Bound;
use std::sync::Arc;

use super::Store;
use super::objects::{check_journal, check_names, without_moment};
use crate::command::{Abort, Complete, Initiate, PutPartCommand, continued, part_number, to_part};
use crate::extent::{DataRef, Extent};
use crate::id::UploadId;
use crate::key;
use crate::listing::{Step, Walk};
use crate::record::{PartRecord, UploadRecord};
use crate::snapshot::Snapshot;
use crate::txn::Batch;
use crate::{
    AbortUpload, Attributes, CompleteUpload, Error, ListParts, ListUploads, NewUpload, Object, ObjectFields,
    ObjectKind, Part, PartPage, PartPlace, Parts, PutPart, Upload, UploadInfo, UploadPage,
};

/// Bytes after the key in the key of an upload's row: a zero byte and the identifier.
const SUFFIX: usize = 17;

impl Store {
    /// Begins a multipart upload and tells its id, 32 upper-case hexadecimal digits.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn initiate(&self, upload: NewUpload) -> Result<String, Error> {
        check_names(&upload.bucket, &upload.key)?;
        let NewUpload { bucket, key, attributes, sequential, now_ms } = upload;
        let id = self.parts.ids.upload();
        let record = UploadRecord { initiated_ms: now_ms, sequential, attributes };
        self.parts.committer.commit(Initiate { bucket, key, id, record }, None).await?;
        Ok(id.to_string())
    }

    /// Begins to take the data of a part, and tells of its upload. `size_hint` is the length if it is known.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchUpload`]; where parts are taken only in order,
    /// [`Error::PartNotSequential`] and [`Error::PartExists`].
    pub fn upload_part(
        &self,
        place: &PartPlace<'_>,
        size_hint: Option<u64>,
    ) -> Result<(Upload, UploadInfo), Error> {
        let PartPlace { bucket, key, upload_id, number } = *place;
        let id = self.parse_id(bucket, upload_id)?;
        let snapshot = self.snapshot();
        let row = snapshot.get(&key::upload(bucket, key, id))?.ok_or(Error::NoSuchUpload)?;
        let upload = self.upload(size_hint);
        let info = info(key.to_owned(), id, UploadRecord::decode(&row)?);
        if !info.sequential {
            return Ok((upload, info));
        }
        let present = snapshot.get(&key::part(id, number))?;
        let before = match number {
            0 | 1 => None,
            _ => snapshot.get(&key::part(id, number - 1))?,
        };
        let before = continued(number, present.as_deref(), before.as_deref())?;
        Ok((upload.following(before), info))
    }

    /// Makes data a part of an upload.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchUpload`]; where parts are taken only in order,
    /// [`Error::PartNotSequential`] and [`Error::PartExists`].
    pub async fn put_part(&self, part: PutPart) -> Result<Part, Error> {
        let PutPart { bucket, key, upload_id, number, data, now_ms } = part;
        let id = self.parse_id(&bucket, &upload_id)?;
        let command =
            PutPartCommand { bucket, key, id, number, data: data.new, through: data.through, now_ms };
        self.parts.committer.commit(command, data.guard).await
    }

    /// An upload in progress, if there is one of that id for that key.
    ///
    /// # Errors
    /// Failures of the disk.
    pub fn upload_info(&self, bucket: &str, key: &str, upload_id: &str) -> Result<Option<UploadInfo>, Error> {
        let Some(id) = UploadId::parse(upload_id) else { return Ok(None) };
        let row = self.parts.tables.get_newest(&key::upload(bucket, key, id))?;
        row.map(|row| Ok(info(key.to_owned(), id, UploadRecord::decode(&row)?))).transpose()
    }

    /// The parts of an upload.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchUpload`].
    pub fn list_parts(&self, which: &ListParts) -> Result<PartPage, Error> {
        let id = self.parse_id(&which.bucket, &which.upload_id)?;
        let snapshot = self.snapshot();
        if snapshot.get(&key::upload(&which.bucket, &which.key, id))?.is_none() {
            return Err(Error::NoSuchUpload);
        }
        let after = key::part(id, which.after);
        let from =
            if which.after == 0 { Bound::Included(after.as_ref()) } else { Bound::Excluded(after.as_ref()) };
        let end = key::after_prefix(&key::parts(id));
        let mut rows = snapshot.scan(from, Bound::Excluded(&end), which.max.saturating_add(1))?;
        let truncated = rows.len() > which.max;
        rows.truncate(which.max);
        let parts = rows
            .iter()
            .map(|(key, row)| Ok(to_part(part_number(key)?, &PartRecord::decode(row)?)))
            .collect::<Result<_, Error>>()?;
        Ok(PartPage { parts, truncated })
    }

    /// Makes an object of parts, copying nothing. Parts that are not listed are dropped.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchUpload`], [`Error::InvalidPart`], [`Error::InvalidPartOrder`],
    /// [`Error::PartTooSmall`], [`Error::PartNotSequential`], [`Error::ObjectExists`], [`Error::Crc64Mismatch`].
    pub async fn complete(&self, complete: CompleteUpload) -> Result<Object, Error> {
        let command = self.complete_command(complete)?;
        self.parts.committer.commit(command, None).await.map(without_moment)
    }

    /// What [`Store::complete`] would make of this at this moment, without making it: the object with its ETag, size
    /// and CRC-64, which can be read like one that exists, and the same request with its parts pinned to those that were
    /// seen.
    ///
    /// # Errors
    /// Those of [`Store::complete`].
    pub fn preview_complete(&self, complete: CompleteUpload) -> Result<(CompleteUpload, Object), Error> {
        let seen = self.all_parts(&complete)?;
        let pinned = || match &complete.parts {
            Parts::Listed(listed) => listed.clone(),
            Parts::All => seen.iter().map(|part| (part.number, part.etag.clone())).collect(),
        };
        let copy = CompleteUpload {
            bucket: complete.bucket.clone(),
            key: complete.key.clone(),
            upload_id: complete.upload_id.clone(),
            parts: Parts::Listed(pinned()),
            journal: None,
            ..complete
        };
        let command = self.complete_command(copy)?;
        let mut fields = Batch::new(Arc::clone(&self.parts.tables), None).run(&command)?;
        let snapshot = Arc::new(self.snapshot());
        if matches!(fields.data, DataRef::Manifest(_)) {
            // The manifest of many parts comes to be with the object.
            fields.data = DataRef::Extents(extents_of(&snapshot, command.id, &command.parts)?);
        }
        let object = Object { fields, snapshot: Some(snapshot) };
        Ok((CompleteUpload { parts: command.parts, ..complete }, object))
    }

    /// Hands over the first bytes of what [`Store::preview_complete`] showed, piece by piece.
    ///
    /// # Errors
    /// [`Error::NoSuchUpload`], and failures of the disk.
    pub async fn visit_parts(
        &self,
        complete: &CompleteUpload,
        most: u64,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), Error> {
        let id = self.parse_id(&complete.bucket, &complete.upload_id)?;
        let Parts::Listed(listed) = &complete.parts else { return Ok(()) };
        let mut left = most;
        for (number, _) in listed {
            if left == 0 {
                break;
            }
            let snapshot = Arc::new(self.snapshot());
            let row = snapshot.get(&key::part(id, *number))?.ok_or(Error::NoSuchUpload)?;
            let part = readable(PartRecord::decode(&row)?, snapshot);
            let mut reader = self.read(&part, 0..left);
            while let Some(piece) = reader.next().await {
                let piece = piece?;
                left = left.saturating_sub(piece.len() as u64);
                take(&piece);
            }
        }
        Ok(())
    }

    fn complete_command(&self, complete: CompleteUpload) -> Result<Complete, Error> {
        check_journal(complete.journal.as_ref())?;
        let id = self.parse_id(&complete.bucket, &complete.upload_id)?;
        let CompleteUpload {
            bucket,
            key,
            parts,
            min_part_size,
            forbid_overwrite,
            acl,
            size,
            crc64,
            now_ms,
            journal,
            ..
        } = complete;
        Ok(Complete {
            bucket,
            key,
            id,
            parts,
            min_part_size,
            forbid_overwrite,
            acl,
            size,
            crc64,
            now_ms,
            generation: self.parts.ids.generation(),
            manifest: self.parts.ids.data(),
            journal,
        })
    }

    fn all_parts(&self, complete: &CompleteUpload) -> Result<Vec<Part>, Error> {
        let which = ListParts {
            bucket: complete.bucket.clone(),
            key: complete.key.clone(),
            upload_id: complete.upload_id.clone(),
            after: 0,
            max: usize::MAX,
        };
        self.list_parts(&which).map(|page| page.parts)
    }

    /// Drops an upload and its parts.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchUpload`].
    pub async fn abort(&self, abort: AbortUpload) -> Result<(), Error> {
        let AbortUpload { bucket, key, upload_id } = abort;
        let id = self.parse_id(&bucket, &upload_id)?;
        self.parts.committer.commit(Abort { bucket, key, id }, None).await
    }

    /// Uploads in progress in order of key and upload id.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub fn list_uploads(&self, which: &ListUploads) -> Result<UploadPage, Error> {
        self.require_bucket(&which.bucket)?;
        let snapshot = self.snapshot();
        let walk = Walk {
            snapshot: &snapshot,
            base: key::uploads(&which.bucket, ""),
            suffix: SUFFIX,
            prefix: &which.prefix,
            delimiter: &which.delimiter,
            start: start(which),
            told: if which.upload_id_marker.is_empty() { &which.key_marker } else { "" },
            max: which.max,
        };
        let walked = walk.walk()?;
        let mut page = UploadPage { truncated: walked.truncated, ..UploadPage::default() };
        for step in walked.steps {
            match step {
                Step::Row { name, key, value } => {
                    let id = key.last_chunk::<16>().ok_or_else(|| Error::corrupt("an upload's key"))?;
                    let upload = info(name, UploadId::from_bytes(*id), UploadRecord::decode(&value)?);
                    page.next_key_marker.clone_from(&upload.key);
                    page.next_upload_id_marker.clone_from(&upload.upload_id);
                    page.uploads.push(upload);
                }
                Step::CommonPrefix(prefix) => {
                    page.next_key_marker.clone_from(&prefix);
                    page.next_upload_id_marker.clear();
                    page.common_prefixes.push(prefix);
                }
            }
        }
        Ok(page)
    }

    fn parse_id(&self, bucket: &str, upload_id: &str) -> Result<UploadId, Error> {
        self.require_bucket(bucket)?;
        UploadId::parse(upload_id).ok_or(Error::NoSuchUpload)
    }
}

/// Where the markers say to begin: after all uploads of the key, or after one of them.
fn start(which: &ListUploads) -> Bound<bytes::Bytes> {
    if which.key_marker.is_empty() {
        return Bound::Unbounded;
    }
    match UploadId::parse(&which.upload_id_marker) {
        Some(id) => Bound::Excluded(key::upload(&which.bucket, &which.key_marker, id)),
        None => {
            let last = UploadId::from_bytes([u8::MAX; 16]);
            Bound::Excluded(key::upload(&which.bucket, &which.key_marker, last))
        }
    }
}

fn info(key: String, id: UploadId, record: UploadRecord) -> UploadInfo {
    let UploadRecord { initiated_ms, sequential, attributes } = record;
    UploadInfo { key, upload_id: id.to_string(), initiated_ms, sequential, attributes }
}

/// Where the bytes of all listed parts are, one after the other.
fn extents_of(snapshot: &Snapshot, id: UploadId, parts: &Parts) -> Result<Arc<[Extent]>, Error> {
    let Parts::Listed(listed) = parts else { return Ok(Arc::default()) };
    let mut extents: Vec<Extent> = Vec::with_capacity(listed.len());
    for (number, _) in listed {
        let row = snapshot.get(&key::part(id, *number))?.ok_or(Error::NoSuchUpload)?;
        match PartRecord::decode(&row)?.data {
            DataRef::Extents(own) => extents.extend(own.iter()),
            DataRef::Manifest(_) => return Err(Error::corrupt("a part with a manifest")),
        }
    }
    Ok(extents.into())
}

/// A part as something that can be read.
fn readable(part: PartRecord, snapshot: Arc<Snapshot>) -> Object {
    let fields = ObjectFields {
        bucket: String::new(),
        key: String::new(),
        etag: String::new(),
        size: part.size,
        crc64: part.crc64,
        md5: Some(part.md5),
        last_modified_ms: part.last_modified_ms,
        kind: ObjectKind::Normal,
        attributes: Attributes::default(),
        parts: 1,
        generation: 0,
        data: part.data,
    };
    Object { fields, snapshot: Some(snapshot) }
}
