//! Reads of multipart uploads and their parts.

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use super::bucket::{FEW, require_bucket};
use super::listing::{Step, Walk, name};
use crate::command::{continued, part_number, to_part};
use crate::data::Md5State;
use crate::engine::{Query, View};
use crate::extent::{DataRef, Extent};
use crate::id::UploadId;
use crate::key;
use crate::record::{PartRecord, UploadRecord};
use crate::{Error, ListParts, ListUploads, PartPage, Parts, UploadInfo, UploadPage};

/// Bytes after the key in the key of an upload's row: a zero byte and the identifier.
pub(super) const SUFFIX: usize = 17;

/// An upload in progress.
pub(crate) struct UploadOf {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) id: UploadId,
}

impl Query for UploadOf {
    type Output = Option<UploadInfo>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let row = view.get(&key::upload(&self.bucket, &self.key, self.id)).await?;
        row.map(|row| Ok(info(self.key.clone(), self.id, UploadRecord::decode(&row)?))).transpose()
    }
}

/// The place of a part that is to come: its upload and, where parts are taken only in order, the hash of all before.
pub(crate) struct PartPlaceOf {
    pub(crate) upload: UploadOf,
    pub(crate) number: u32,
}

impl Query for PartPlaceOf {
    type Output = (UploadInfo, Option<Md5State>);

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let (id, number) = (self.upload.id, self.number);
        let info = self.upload.run(view).await?.ok_or(Error::NoSuchUpload)?;
        if !info.sequential {
            return Ok((info, None));
        }
        let present = view.get(&key::part(id, number)).await?;
        let before = match number {
            0 | 1 => None,
            _ => view.get(&key::part(id, number - 1)).await?,
        };
        let before = continued(number, present.as_deref(), before.as_deref())?;
        Ok((info, Some(before)))
    }
}

/// The parts of an upload.
pub(crate) struct PartsOf {
    pub(crate) which: ListParts,
    pub(crate) id: UploadId,
}

impl Query for PartsOf {
    type Output = PartPage;

    fn is_long(&self) -> bool {
        self.which.max > FEW
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let Self { which, id } = self;
        if view.get(&key::upload(&which.bucket, &which.key, *id)).await?.is_none() {
            return Err(Error::NoSuchUpload);
        }
        let after = key::part(*id, which.after);
        let from =
            if which.after == 0 { Bound::Included(after.as_ref()) } else { Bound::Excluded(after.as_ref()) };
        let end = key::after_prefix(&key::parts(*id));
        let mut rows = view.scan(from, Bound::Excluded(&end), which.max.saturating_add(1)).await?;
        let truncated = rows.len() > which.max;
        rows.truncate(which.max);
        let parts = rows
            .iter()
            .map(|(key, row)| Ok(to_part(part_number(key)?, &PartRecord::decode(row)?)))
            .collect::<Result<_, Error>>()?;
        Ok(PartPage { parts, truncated })
    }
}

/// Where the data of a part is.
pub(crate) struct PartData {
    pub(crate) id: UploadId,
    pub(crate) number: u32,
}

impl Query for PartData {
    type Output = PartRecord;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let row = view.get(&key::part(self.id, self.number)).await?.ok_or(Error::NoSuchUpload)?;
        PartRecord::decode(&row)
    }
}

/// Where the bytes of all listed parts are, one after the other.
pub(crate) struct ExtentsOfParts {
    pub(crate) id: UploadId,
    pub(crate) parts: Parts,
}

impl Query for ExtentsOfParts {
    type Output = Arc<[Extent]>;

    fn is_long(&self) -> bool {
        true
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let Parts::Listed(listed) = &self.parts else { return Ok(Arc::default()) };
        let mut extents: Vec<Extent> = Vec::with_capacity(listed.len());
        for (number, _) in listed {
            let part = PartData { id: self.id, number: *number }.run(view).await?;
            match part.data {
                DataRef::Extents(own) => extents.extend(own.iter()),
                DataRef::Manifest(_) => return Err(Error::corrupt("a part with a manifest")),
            }
        }
        Ok(extents.into())
    }
}

/// Uploads in progress in order of key and upload id.
pub(crate) struct Uploads {
    pub(crate) which: ListUploads,
}

impl Query for Uploads {
    type Output = UploadPage;

    fn is_long(&self) -> bool {
        self.which.max > FEW || !self.which.delimiter.is_empty()
    }

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let which = &self.which;
        require_bucket(view, &which.bucket).await?;
        let base = key::uploads(&which.bucket, "");
        let walk = Walk {
            view,
            base: base.clone(),
            suffix: SUFFIX,
            prefix: &which.prefix,
            delimiter: &which.delimiter,
            start: start(which),
            common_prefix_before: if which.upload_id_marker.is_empty() { &which.key_marker } else { "" },
            max: which.max,
        };
        let walked = walk.walk().await?;
        let mut page = UploadPage { truncated: walked.truncated, ..UploadPage::default() };
        for step in walked.steps {
            match step {
                Step::Row { key, value } => {
                    let name = name(&key, &base, SUFFIX)?.to_owned();
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
}

/// Returns the bound that the markers give: after all uploads of the key, or after one of them.
fn start(which: &ListUploads) -> Bound<Bytes> {
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
