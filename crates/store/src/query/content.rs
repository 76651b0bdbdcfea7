//! Reads of content: what is kept in rows, and where the rest is.

use std::ops::{Bound, Range};

use bytes::Bytes;

use crate::engine::{Query, View};
use crate::extent::{Extent, Place};
use crate::id::DataId;
use crate::{Error, key};

/// Extents of a manifest looked up at once.
const EXTENTS: usize = 64;

/// An extent, and what is wanted of it.
pub(crate) type Wanted = (Extent, Range<u64>);

/// The small contents among extents.
pub(crate) struct SmallContents {
    pub(crate) extents: Vec<Extent>,
}

impl Query for SmallContents {
    type Output = Vec<(DataId, Bytes)>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        small_contents(view, &self.extents).await
    }
}

/// Reads the small contents among extents.
pub(super) async fn small_contents(view: &View, extents: &[Extent]) -> Result<Vec<(DataId, Bytes)>, Error> {
    let mut contents = Vec::new();
    for extent in extents {
        if let Place::Content(id) = extent.place {
            contents.push((id, view.get(&key::content(id)).await?.ok_or(Error::NoSuchObject)?));
        }
    }
    Ok(contents)
}

/// The next extents of a manifest that hold something of a range.
pub(crate) struct ManifestExtents {
    pub(crate) id: DataId,
    pub(crate) range: Range<u64>,
}

/// Some extents with what is wanted of each, the small contents among them, and what is left of the range.
pub(crate) struct ManifestPage {
    pub(crate) wanted: Vec<Wanted>,
    pub(crate) contents: Vec<(DataId, Bytes)>,
    pub(crate) left: Range<u64>,
}

impl Query for ManifestExtents {
    type Output = ManifestPage;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let mut left = self.range.clone();
        let from = key::manifest_end(self.id, left.start + 1);
        let to = key::after_prefix(&key::manifest(self.id));
        let rows = view.scan(Bound::Included(&from), Bound::Excluded(&to), EXTENTS).await?;
        let mut wanted: Vec<Wanted> = Vec::with_capacity(rows.len());
        for (key, row) in rows {
            let extent = Extent::from_row(&row)?;
            let end = key
                .last_chunk::<8>()
                .map(|bytes| u64::from_be_bytes(*bytes))
                .filter(|end| *end >= extent.length && *end > left.start)
                .ok_or_else(|| Error::corrupt("a row of a manifest"))?;
            let start = end - extent.length;
            if start > left.start {
                return Err(Error::corrupt("a manifest with a gap"));
            }
            let until = left.end.min(end);
            wanted.push((extent, left.start - start..until - start));
            left.start = until;
            if left.is_empty() {
                break;
            }
        }
        if wanted.is_empty() {
            return Err(Error::corrupt("a manifest ends before its object"));
        }
        let extents: Vec<Extent> = wanted.iter().map(|(extent, _)| *extent).collect();
        let contents = small_contents(view, &extents).await?;
        Ok(ManifestPage { wanted, contents, left })
    }
}
