//! Operations on multipart uploads.

use super::Store;
use super::objects::{check_journal, check_names, unopened};
use crate::command::{Abort, Complete, Initiate, PutPartCommand};
use crate::data::{ReadPlan, Reader};
use crate::extent::DataRef;
use crate::id::UploadId;
use crate::query::{ExtentsOfParts, PartData, PartPlaceOf, PartsOf, UploadOf, Uploads};
use crate::record::UploadRecord;
use crate::{
    AbortUpload, CompleteUpload, Error, ListParts, ListUploads, NewUpload, Object, Part, PartPage, PartPlace,
    Parts, PutPart, Upload, UploadInfo, UploadPage,
};

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
        self.parts.engine.commit(Initiate { bucket, key, id, record }, None).await?;
        Ok(id.to_string())
    }

    /// Begins to take the data of a part, and tells of its upload, which says how the data is encrypted. `size_hint` is the length if it is known.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchUpload`], [`Error::NoSuchEncryptionKey`]; where parts are taken only in order,
    /// [`Error::PartNotSequential`] and [`Error::PartExists`].
    pub async fn upload_part(
        &self,
        place: &PartPlace<'_>,
        size_hint: Option<u64>,
    ) -> Result<(Upload, UploadInfo), Error> {
        let PartPlace { bucket, key, upload_id, number } = *place;
        let id = self.parse_id(bucket, upload_id).await?;
        let upload = UploadOf { bucket: bucket.to_owned(), key: key.to_owned(), id };
        let (info, before) = self.parts.engine.query(PartPlaceOf { upload, number }).await?;
        let upload = self.upload(size_hint).encrypted(info.attributes.encryption.as_ref())?;
        Ok(match before {
            Some(before) => (upload.following(before), info),
            None => (upload, info),
        })
    }

    /// Makes data a part of an upload.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchUpload`]; where parts are taken only in order,
    /// [`Error::PartNotSequential`] and [`Error::PartExists`].
    pub async fn put_part(&self, mut part: PutPart) -> Result<Part, Error> {
        let id = self.parse_id(&part.bucket, &part.upload_id).await?;
        let guard = part.data.guard.take();
        self.parts.engine.commit(PutPartCommand { id, part }, guard).await
    }

    /// Looks up an upload in progress, if there is one of that id for that key.
    ///
    /// # Errors
    /// Failures of the disk.
    pub async fn upload_info(
        &self,
        bucket: &str,
        key: &str,
        upload_id: &str,
    ) -> Result<Option<UploadInfo>, Error> {
        let Some(id) = UploadId::parse(upload_id) else { return Ok(None) };
        self.parts.engine.query(UploadOf { bucket: bucket.to_owned(), key: key.to_owned(), id }).await
    }

    /// Lists the parts of an upload.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchUpload`].
    pub async fn list_parts(&self, which: &ListParts) -> Result<PartPage, Error> {
        let id = self.parse_id(&which.bucket, &which.upload_id).await?;
        self.parts.engine.query(PartsOf { which: which.clone(), id }).await
    }

    /// Makes an object of parts, copying nothing. Parts that are not listed are dropped.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchUpload`], [`Error::InvalidPart`], [`Error::InvalidPartOrder`],
    /// [`Error::PartTooSmall`], [`Error::PartNotSequential`], [`Error::ObjectExists`], [`Error::Crc64Mismatch`].
    pub async fn complete(&self, complete: CompleteUpload) -> Result<Object, Error> {
        let command = self.complete_command(complete).await?;
        self.parts.engine.commit(command, None).await.map(unopened)
    }

    /// Tells what [`Store::complete`] would make of this now, without making it: the object with its ETag, size
    /// and CRC-64, which can be read like one that exists, and the same request with its parts pinned to those that were
    /// seen.
    ///
    /// # Errors
    /// Those of [`Store::complete`].
    pub async fn preview_complete(
        &self,
        complete: CompleteUpload,
    ) -> Result<(CompleteUpload, Object), Error> {
        let seen = self.all_parts(&complete).await?;
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
        let command = self.complete_command(copy).await?;
        let (id, parts) = (command.id, command.complete.parts.clone());
        let mut fields = self.parts.engine.dry_run(command).await?;
        if matches!(fields.data, DataRef::Manifest(_)) {
            // Many parts have no manifest yet: it is written with the object.
            let extents = ExtentsOfParts { id, parts: parts.clone() };
            fields.data = DataRef::Extents(self.parts.engine.query(extents).await?);
        }
        Ok((CompleteUpload { parts, ..complete }, unopened(fields)))
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
        let id = self.parse_id(&complete.bucket, &complete.upload_id).await?;
        let Parts::Listed(listed) = &complete.parts else { return Ok(()) };
        let mut left = most;
        for (number, _) in listed {
            if left == 0 {
                break;
            }
            let part = self.parts.engine.query(PartData { id, number: *number }).await?;
            let (data, size) = (part.data, part.size);
            let plan = ReadPlan { source: self.source(), data, size, at_hand: None, range: 0..left };
            let mut reader = Reader::new(plan);
            while let Some(piece) = reader.next().await {
                let piece = piece?;
                left = left.saturating_sub(piece.len() as u64);
                take(&piece);
            }
        }
        Ok(())
    }

    async fn complete_command(&self, complete: CompleteUpload) -> Result<Complete, Error> {
        check_journal(complete.journal.as_ref())?;
        let id = self.parse_id(&complete.bucket, &complete.upload_id).await?;
        let (generation, manifest) = (self.parts.ids.generation(), self.parts.ids.data());
        Ok(Complete { complete, id, generation, manifest })
    }

    async fn all_parts(&self, complete: &CompleteUpload) -> Result<Vec<Part>, Error> {
        let which = ListParts {
            bucket: complete.bucket.clone(),
            key: complete.key.clone(),
            upload_id: complete.upload_id.clone(),
            after: 0,
            max: usize::MAX,
        };
        self.list_parts(&which).await.map(|page| page.parts)
    }

    /// Drops an upload and its parts.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchUpload`], [`Error::PreconditionFailed`].
    pub async fn abort(&self, abort: AbortUpload) -> Result<(), Error> {
        let id = self.parse_id(&abort.bucket, &abort.upload_id).await?;
        self.parts.engine.commit(Abort { abort, id }, None).await
    }

    /// Lists uploads in progress in order of key and upload id.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub async fn list_uploads(&self, which: &ListUploads) -> Result<UploadPage, Error> {
        self.parts.engine.query(Uploads { which: which.clone() }).await
    }

    async fn parse_id(&self, bucket: &str, upload_id: &str) -> Result<UploadId, Error> {
        self.require_bucket(bucket).await?;
        UploadId::parse(upload_id).ok_or(Error::NoSuchUpload)
    }
}
