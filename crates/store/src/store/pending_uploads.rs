//! Uploads in progress across all buckets, with what they hold: to find those that nobody will finish.

use std::ops::Bound;

use bytes::Bytes;

use super::Store;
use crate::check::split_key;
use crate::id::UploadId;
use crate::key::{self, Tag};
use crate::record::{PartRecord, UploadRecord};
use crate::snapshot::Snapshot;
use crate::{Error, PendingCursor, PendingPage, PendingUpload, PendingUploads};

/// Bytes after the key in the key of an upload's row: a zero byte and the identifier.
const SUFFIX: usize = 17;

/// Parts looked at at once.
const PARTS: usize = 1000;

impl Store {
    /// Uploads in progress in order of bucket, key and upload id, those begun before a time. The work grows with the
    /// uploads that are looked at and with the parts of those that are told, not with what else the store holds. What
    /// cannot be read is left out; [`Store::fsck`] tells of it.
    ///
    /// # Errors
    /// Failures of the disk.
    pub fn pending_uploads(&self, which: &PendingUploads) -> Result<PendingPage, Error> {
        let now = self.snapshot();
        let first = key::whole(Tag::Upload);
        let from = match &which.after {
            Some(PendingCursor(key)) => Bound::Excluded(key.as_ref()),
            None => Bound::Included(first.as_ref()),
        };
        let rows = now.scan(from, Bound::Excluded(&key::after_prefix(&first)), which.look)?;
        let mut page = PendingPage::default();
        if rows.len() == which.look {
            page.next = rows.last().map(|(key, _)| PendingCursor(key.clone()));
        }
        for (key, row) in rows {
            let Ok(UploadRecord { initiated_ms, .. }) = UploadRecord::decode(&row) else { continue };
            if which.begun_before_ms.is_some_and(|before| initiated_ms >= before) {
                continue;
            }
            match pending(&now, &key, initiated_ms) {
                Err(Error::Corrupt { .. }) => {}
                upload => page.uploads.push(upload?),
            }
        }
        Ok(page)
    }
}

fn pending(now: &Snapshot, row_key: &Bytes, initiated_ms: i64) -> Result<PendingUpload, Error> {
    let (bucket, key) = split_key(row_key, Tag::Upload, SUFFIX)?;
    let id = row_key.last_chunk::<16>().ok_or_else(|| Error::corrupt("an upload's key"))?;
    let id = UploadId::from_bytes(*id);
    let mut upload =
        PendingUpload { bucket, key, upload_id: id.to_string(), initiated_ms, parts: 0, bytes: 0 };
    let first = key::parts(id);
    let end = key::after_prefix(&first);
    let mut from = Bound::Included(first);
    loop {
        let rows = now.scan(from.as_ref().map(AsRef::as_ref), Bound::Excluded(&end), PARTS)?;
        for (_, row) in &rows {
            upload.parts += 1;
            upload.bytes = upload.bytes.saturating_add(PartRecord::decode(row)?.size);
        }
        match rows.into_iter().last() {
            Some((last, _)) => from = Bound::Excluded(last),
            None => return Ok(upload),
        }
    }
}
