//! Reads of uploads in progress across all buckets, with what they hold.

use std::ops::Bound;

use bytes::Bytes;

use super::upload::SUFFIX;
use crate::engine::{Query, View};
use crate::id::UploadId;
use crate::key::{self, Tag};
use crate::record::{PartRecord, UploadRecord};
use crate::{Error, PendingCursor, PendingPage, PendingUpload, PendingUploads};

/// Parts looked at at once.
const PARTS: usize = 1000;

/// Uploads in order of bucket, key and upload id, those begun before a time.
pub(crate) struct PendingUploadsAfter {
    pub(crate) which: PendingUploads,
}

impl Query for PendingUploadsAfter {
    type Output = PendingPage;

    fn is_long(&self) -> bool {
        true
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let which = &self.which;
        let first = match &which.bucket {
            Some(bucket) => key::uploads(bucket, ""),
            None => key::whole(Tag::Upload),
        };
        let from = match &which.after {
            Some(PendingCursor(key)) => Bound::Excluded(key.as_ref()),
            None => Bound::Included(first.as_ref()),
        };
        let rows = view.scan(from, Bound::Excluded(&key::after_prefix(&first)), which.look).await?;
        let mut page = PendingPage::default();
        if rows.len() == which.look {
            page.next = rows.last().map(|(key, _)| PendingCursor(key.clone()));
        }
        for (key, row) in rows {
            let Ok(UploadRecord { initiated_ms, .. }) = UploadRecord::decode(&row) else { continue };
            if which.begun_before_ms.is_some_and(|before| initiated_ms >= before) {
                continue;
            }
            match pending(view, &key, initiated_ms).await {
                Err(Error::Corrupt { .. }) => {}
                upload => page.uploads.push(upload?),
            }
        }
        Ok(page)
    }
}

async fn pending(view: &View, row_key: &Bytes, initiated_ms: i64) -> Result<PendingUpload, Error> {
    let (bucket, key) = key::split(row_key, Tag::Upload, SUFFIX)?;
    let id = row_key.last_chunk::<16>().ok_or_else(|| Error::corrupt("an upload's key"))?;
    let id = UploadId::from_bytes(*id);
    let mut upload = PendingUpload {
        bucket,
        key,
        upload_id: id.to_string(),
        initiated_ms,
        active_ms: initiated_ms,
        parts: 0,
        bytes: 0,
    };
    let first = key::parts(id);
    let end = key::after_prefix(&first);
    let mut pages = view.pages(Bound::Included(first), end, PARTS);
    loop {
        let rows = pages.next().await?;
        if rows.is_empty() {
            return Ok(upload);
        }
        for (_, row) in &rows {
            let part = PartRecord::decode(row)?;
            upload.parts += 1;
            upload.bytes = upload.bytes.saturating_add(part.size);
            upload.active_ms = upload.active_ms.max(part.last_modified_ms);
        }
    }
}
