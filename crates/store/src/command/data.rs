//! Rows of content, for all commands: storing new data, counting the references to it, and counting what a bucket holds.

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use crate::codec::{Decoder, Encoder};
use crate::counters::{Addition, Counted, StatChange};
use crate::data::{Content, NewData};
use crate::engine::Txn;
use crate::extent::{DataRef, Extent, MAX_OWN_EXTENTS, Place};
use crate::id::DataId;
use crate::key;
use crate::{Error, ObjectFields};

/// What waits to be removed, in the value of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reclaim {
    File,
    Manifest,
}

impl Reclaim {
    pub(crate) fn to_row(self) -> Bytes {
        Bytes::from_static(match self {
            Self::File => &[1, 1],
            Self::Manifest => &[1, 2],
        })
    }

    pub(crate) fn from_row(row: &[u8]) -> Result<Self, Error> {
        match row {
            [1, 1] => Ok(Self::File),
            [1, 2] => Ok(Self::Manifest),
            _ => Err(Error::corrupt("what waits to be removed")),
        }
    }
}

/// Fails unless the bucket exists.
pub(super) async fn require_bucket<T: Txn>(txn: &mut T, bucket: &str) -> Result<(), Error> {
    match txn.get(&key::bucket(bucket)).await? {
        Some(_) => Ok(()),
        None => Err(Error::NoSuchBucket),
    }
}

/// Returns how counters see that the object came.
pub(super) fn came(object: &ObjectFields, is_current: bool) -> StatChange {
    StatChange::Came(counted(object, is_current))
}

/// Returns how counters see that the object went.
pub(super) fn gone(object: &ObjectFields, is_current: bool) -> StatChange {
    StatChange::Gone(counted(object, is_current))
}

fn counted(object: &ObjectFields, is_current: bool) -> Counted {
    Counted {
        kind: object.kind,
        storage_class: object.attributes.storage_class.clone(),
        size: object.size,
        is_current,
    }
}

/// Writes down changes in the bucket's counters.
pub(super) async fn add_to_stat<T: Txn>(
    txn: &mut T,
    bucket: &str,
    changes: Vec<StatChange>,
) -> Result<(), Error> {
    txn.add(key::stat(bucket), Addition::Stat(changes)).await
}

/// Writes the rows of new data, and returns its extent, if it is not empty.
pub(super) fn store_data<T: Txn>(txn: &mut T, data: &NewData) -> Option<Extent> {
    let place = match &data.content {
        Content::Empty => return None,
        Content::Small(id, bytes) => {
            txn.put(key::content(*id), bytes.clone());
            Place::Content(*id)
        }
        Content::File(id) => {
            txn.put(key::file(*id), file_row(1, data.stored_size()));
            Place::File(*id)
        }
    };
    let is_sealed = data.encryption.is_some();
    Some(Extent { place, offset: 0, length: data.size, crc64: data.crc64, is_sealed })
}

/// Makes the extents an object's content; `manifest` names the manifest if they are many.
pub(super) fn assemble<T: Txn>(txn: &mut T, extents: &[Extent], manifest: DataId) -> DataRef {
    if extents.len() <= MAX_OWN_EXTENTS {
        return DataRef::Extents(Arc::from(extents));
    }
    let mut end = 0;
    for extent in extents {
        end += extent.length;
        txn.put(key::manifest_end(manifest, end), extent.to_row());
    }
    DataRef::Manifest(manifest)
}

/// Counts one more reference to the content.
pub(super) async fn add_refs<T: Txn>(txn: &mut T, data: &DataRef) -> Result<(), Error> {
    match data {
        DataRef::Manifest(id) => change_ref_count(txn, *id, 1).await.map(drop),
        DataRef::Extents(extents) => {
            for extent in extents.iter() {
                match extent.place {
                    Place::Content(id) => drop(change_ref_count(txn, id, 1).await?),
                    Place::File(id) => drop(change_file_ref_count(txn, id, 1).await?),
                }
            }
            Ok(())
        }
    }
}

/// Names the rows that are read where references to the content are counted.
pub(super) fn reads_of_refs(data: &DataRef, keys: &mut Vec<Bytes>) {
    match data {
        DataRef::Manifest(id) => keys.push(key::ref_count(*id)),
        DataRef::Extents(extents) => keys.extend(extents.iter().map(|extent| match extent.place {
            Place::Content(id) => key::ref_count(id),
            Place::File(id) => key::file(id),
        })),
    }
}

/// Counts one reference less to the content; what has none left is removed, or queued to be.
pub(super) async fn release_refs<T: Txn>(txn: &mut T, data: &DataRef) -> Result<(), Error> {
    match data {
        DataRef::Manifest(id) => {
            if change_ref_count(txn, *id, -1).await? == 0 {
                txn.put(key::reclaim(*id), Reclaim::Manifest.to_row());
            }
            Ok(())
        }
        DataRef::Extents(extents) => {
            for extent in extents.iter() {
                release_ref(txn, extent.place).await?;
            }
            Ok(())
        }
    }
}

/// Counts one reference less to small content or a data file.
pub(super) async fn release_ref<T: Txn>(txn: &mut T, place: Place) -> Result<(), Error> {
    match place {
        Place::Content(id) => {
            if change_ref_count(txn, id, -1).await? == 0 {
                txn.delete(key::content(id));
            }
        }
        Place::File(id) => {
            if change_file_ref_count(txn, id, -1).await? == 0 {
                txn.put(key::reclaim(id), Reclaim::File.to_row());
            }
        }
    }
    Ok(())
}

/// Adds to the refcount of small content or a manifest, and returns the new one. Without a row it is one.
async fn change_ref_count<T: Txn>(txn: &mut T, id: DataId, by: i32) -> Result<u32, Error> {
    let key = key::ref_count(id);
    let old = match txn.get(&key).await? {
        Some(row) => decode_ref_count(&row)?,
        None => 1,
    };
    let new = old.checked_add_signed(by).ok_or_else(|| Error::corrupt("how many objects share content"))?;
    match new {
        0 | 1 if old == 1 => {}
        0 | 1 => txn.delete(key),
        more => txn.put(key, ref_count_row(more)),
    }
    Ok(new)
}

/// Adds to the refcount of a data file, and returns the new one.
async fn change_file_ref_count<T: Txn>(txn: &mut T, id: DataId, by: i32) -> Result<u32, Error> {
    let key = key::file(id);
    let Some(row) = txn.get(&key).await? else {
        return Err(Error::corrupt(format!("data file {id} is not known")));
    };
    let (old, size) = decode_file(&row)?;
    let new = old.checked_add_signed(by).ok_or_else(|| Error::corrupt("how many extents refer to a file"))?;
    if new == 0 {
        txn.delete(key);
    } else {
        txn.put(key, file_row(new, size));
    }
    Ok(new)
}

pub(crate) fn ref_count_row(count: u32) -> Bytes {
    let mut out = Encoder::with_capacity(5);
    out.u8(1);
    out.u32(count);
    out.finish()
}

pub(crate) fn decode_ref_count(row: &[u8]) -> Result<u32, Error> {
    let mut from = Decoder::new(row, "how many objects share content");
    if from.u8()? != 1 {
        return Err(from.fail());
    }
    let count = from.u32()?;
    from.end()?;
    Ok(count)
}

pub(crate) fn file_row(count: u32, size: u64) -> Bytes {
    let mut out = Encoder::with_capacity(13);
    out.u8(1);
    out.u32(count);
    out.u64(size);
    out.finish()
}

/// Reads the row of a data file: how many extents refer to it, and its length.
pub(crate) fn decode_file(row: &[u8]) -> Result<(u32, u64), Error> {
    let mut from = Decoder::new(row, "a data file");
    if from.u8()? != 1 {
        return Err(from.fail());
    }
    let found = (from.u32()?, from.u64()?);
    from.end()?;
    Ok(found)
}

/// Returns the rows whose keys begin with the prefix, at most `limit`.
pub(super) async fn scan_prefix<T: Txn>(
    txn: &mut T,
    prefix: &[u8],
    limit: usize,
) -> Result<Vec<(Bytes, Bytes)>, Error> {
    let end = key::after_prefix(prefix);
    txn.scan(Bound::Included(prefix), Bound::Excluded(&end), limit).await
}
