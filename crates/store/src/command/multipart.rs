//! Commands of multipart uploads.

use std::sync::Arc;

use bytes::Bytes;
use crc_fast::CrcAlgorithm;
use md5::{Digest, Md5};

use super::data::{assemble, reads_of_refs, release_refs, require_bucket, scan_prefix, store_data};
use super::delivery::record;
use super::object_version::{Keeping, get_object, reads_with_object, replace_object};
use crate::counters::{Addition, StatChange};
use crate::data::Md5State;
use crate::engine::{Command, FoundRows, Txn};
use crate::extent::{DataRef, Extent};
use crate::id::{DataId, UploadId};
use crate::key;
use crate::record::{PartRecord, UploadRecord, hex_upper};
use crate::{
    AbortUpload, Attributes, CompleteUpload, Error, ObjectFields, ObjectKind, Part, Parts, PutPart,
    Versioning,
};

/// Begins an upload.
#[derive(Debug)]
pub(crate) struct Initiate {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) id: UploadId,
    pub(crate) record: UploadRecord,
}

impl Command for Initiate {
    type Output = ();

    fn reads(&self, keys: &mut Vec<Bytes>) {
        keys.push(key::bucket(&self.bucket));
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        require_bucket(txn, &self.bucket).await?;
        txn.put(key::upload(&self.bucket, &self.key, self.id), self.record.encode());
        txn.add(key::stat(&self.bucket), Addition::Stat(vec![StatChange::UploadBegan])).await
    }
}

/// Writes a part.
#[derive(Debug)]
pub(crate) struct PutPartCommand {
    pub(crate) id: UploadId,
    pub(crate) part: PutPart,
}

impl Command for PutPartCommand {
    type Output = Part;

    fn reads(&self, keys: &mut Vec<Bytes>) {
        keys.push(key::upload(&self.part.bucket, &self.part.key, self.id));
        keys.push(key::part(self.id, self.part.number));
    }

    fn reads_then(&self, found: &FoundRows<'_>, keys: &mut Vec<Bytes>) {
        let row = found(&key::part(self.id, self.part.number));
        if let Some(Ok(old)) = row.map(|row| PartRecord::decode(&row)) {
            reads_of_refs(&old.data, keys);
        }
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<Part, Error> {
        let put = &self.part;
        let upload = require_upload(txn, &put.bucket, &put.key, self.id).await?;
        if upload.attributes.encryption != put.data.new.encryption {
            return Err(Error::PreconditionFailed);
        }
        let key = key::part(self.id, put.number);
        let old = txn.get(&key).await?.map(|row| PartRecord::decode(&row)).transpose()?;
        if upload.sequential {
            self.check_order(old.as_ref())?;
        } else if let Some(old) = &old {
            release_refs(txn, &old.data).await?;
        }
        let data = &put.data.new;
        let extents: Arc<[_]> = store_data(txn, data).into_iter().collect();
        let part = PartRecord {
            size: data.size,
            crc64: data.crc64,
            md5: data.md5,
            last_modified_ms: put.now_ms,
            through: put.data.through.clone(),
            data: DataRef::Extents(extents),
        };
        txn.put(key, part.encode());
        Ok(to_part(put.number, &part))
    }
}

impl PutPartCommand {
    /// Refuses what does not continue the parts that are there. Those are never replaced, so the part before this one is
    /// still the one that the data continued.
    fn check_order(&self, old: Option<&PartRecord>) -> Result<(), Error> {
        match old {
            Some(old) => Err(Error::PartExists { number: self.part.number, etag: hex_upper(&old.md5) }),
            None if self.part.data.through.is_none() => Err(Error::PartNotSequential),
            None => Ok(()),
        }
    }
}

/// Returns the MD5 that the next part of an upload continues whose parts come in order.
pub(crate) fn continued(
    number: u32,
    present: Option<&[u8]>,
    before: Option<&[u8]>,
) -> Result<Md5State, Error> {
    if let Some(present) = present {
        let etag = hex_upper(&PartRecord::decode(present)?.md5);
        return Err(Error::PartExists { number, etag });
    }
    match before {
        None if number == 1 => Ok(Md5State::new()),
        None => Err(Error::PartNotSequential),
        Some(before) => PartRecord::decode(before)?.through.ok_or(Error::PartNotSequential),
    }
}

pub(crate) fn to_part(number: u32, record: &PartRecord) -> Part {
    Part {
        number,
        etag: hex_upper(&record.md5),
        size: record.size,
        crc64: record.crc64,
        last_modified_ms: record.last_modified_ms,
    }
}

/// Reads the part's number from its key.
pub(crate) fn part_number(key: &[u8]) -> Result<u32, Error> {
    let digits = key.last_chunk::<4>().ok_or_else(|| Error::corrupt("a part's key"))?;
    Ok(u32::from_be_bytes(*digits))
}

/// Drops an upload.
#[derive(Debug)]
pub(crate) struct Abort {
    pub(crate) abort: AbortUpload,
    pub(crate) id: UploadId,
}

impl Command for Abort {
    type Output = ();
    const GROWS: bool = false;

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<(), Error> {
        let abort = &self.abort;
        let is_newer =
            |time_ms: i64| abort.idle_since_ms.is_some_and(|idle_since_ms| time_ms > idle_since_ms);
        let upload = require_upload(txn, &abort.bucket, &abort.key, self.id).await?;
        if is_newer(upload.initiated_ms) {
            return Err(Error::PreconditionFailed);
        }
        for (key, row) in scan_prefix(txn, &key::parts(self.id), usize::MAX).await? {
            let part = PartRecord::decode(&row)?;
            if is_newer(part.last_modified_ms) {
                return Err(Error::PreconditionFailed);
            }
            release_refs(txn, &part.data).await?;
            txn.delete(key);
        }
        end_upload(txn, &abort.bucket, &abort.key, self.id).await
    }
}

/// Makes an object of the parts.
#[derive(Debug)]
pub(crate) struct Complete {
    pub(crate) complete: CompleteUpload,
    pub(crate) id: UploadId,
    pub(crate) generation: u64,
    /// Names the manifest, should the object need one.
    pub(crate) manifest: DataId,
}

impl Command for Complete {
    type Output = ObjectFields;

    fn reads(&self, keys: &mut Vec<Bytes>) {
        let CompleteUpload { bucket, key, journal, .. } = &self.complete;
        keys.extend([key::bucket(bucket), key::object(bucket, key), key::upload(bucket, key, self.id)]);
        keys.extend(journal.iter().map(|journal| key::delivery(&journal.id)));
    }

    fn reads_then(&self, found: &FoundRows<'_>, keys: &mut Vec<Bytes>) {
        reads_with_object(found, (&self.complete.bucket, &self.complete.key), keys);
    }

    fn asks_time(&self) -> bool {
        self.complete.journal.is_some()
    }

    async fn run<T: Txn>(&self, txn: &mut T) -> Result<ObjectFields, Error> {
        let complete = &self.complete;
        let keeping = Keeping::of(txn, &complete.bucket, complete.now_ms).await?;
        let upload = require_upload(txn, &complete.bucket, &complete.key, self.id).await?;
        let mut there = Vec::new();
        for (key, row) in scan_prefix(txn, &key::parts(self.id), usize::MAX).await? {
            there.push((part_number(&key)?, PartRecord::decode(&row)?));
            txn.delete(key);
        }
        let (used, unused) = self.choose(there)?;
        self.check_sizes(&used)?;
        let old = get_object(txn, &complete.bucket, &complete.key).await?;
        if complete.forbid_overwrite && old.is_some() && keeping.versioning == Versioning::Unset {
            return Err(Error::ObjectExists);
        }
        for part in &unused {
            release_refs(txn, &part.data).await?;
        }
        let object = self.make_object(txn, upload, &used)?;
        let object = replace_object(txn, &keeping, old.as_ref(), object).await?;
        end_upload(txn, &complete.bucket, &complete.key, self.id).await?;
        if let Some(journal) = &complete.journal {
            record(txn, &complete.bucket, &complete.key, journal, complete.now_ms).await?;
        }
        Ok(object)
    }
}

type NumberedParts = Vec<(u32, PartRecord)>;

impl Complete {
    /// Divides the parts into those that make the object and the others. Both lists are in ascending order.
    fn choose(&self, there: NumberedParts) -> Result<(NumberedParts, Vec<PartRecord>), Error> {
        let Parts::Listed(listed) = &self.complete.parts else {
            return Ok((there, Vec::new()));
        };
        let ascending = listed.iter().zip(listed.iter().skip(1)).all(|((a, _), (b, _))| a < b);
        if !ascending {
            return Err(Error::InvalidPartOrder);
        }
        let mut used = Vec::with_capacity(listed.len());
        let mut unused = Vec::new();
        let mut there = there.into_iter().peekable();
        for (number, etag) in listed {
            while let Some((_, part)) = there.next_if(|(n, _)| n < number) {
                unused.push(part);
            }
            let part = there.next_if(|(n, part)| {
                n == number && hex_upper(&part.md5).eq_ignore_ascii_case(etag.trim().trim_matches('"'))
            });
            match part {
                Some(part) => used.push(part),
                None => return Err(Error::InvalidPart { number: *number, etag: etag.clone() }),
            }
        }
        unused.extend(there.map(|(_, part)| part));
        Ok((used, unused))
    }

    fn check_sizes(&self, parts: &[(u32, PartRecord)]) -> Result<(), Error> {
        let all_but_last = parts.split_last().map_or(parts, |(_, rest)| rest);
        match all_but_last.iter().find(|(_, part)| part.size < self.complete.min_part_size) {
            Some((number, part)) => {
                Err(Error::PartTooSmall { number: *number, etag: hex_upper(&part.md5), size: part.size })
            }
            None => Ok(()),
        }
    }

    /// Makes the object. Its ETag is the MD5 over the parts' ETags as text, in upper case, and their number.
    fn make_object<T: Txn>(
        &self,
        txn: &mut T,
        upload: UploadRecord,
        parts: &[(u32, PartRecord)],
    ) -> Result<ObjectFields, Error> {
        let complete = &self.complete;
        let mut extents: Vec<Extent> = Vec::with_capacity(parts.len());
        let mut digests = Md5::new();
        let (mut size, mut crc64) = (0, 0);
        for (_, part) in parts {
            match &part.data {
                DataRef::Extents(own) => extents.extend(own.iter()),
                DataRef::Manifest(_) => return Err(Error::corrupt("a part with a manifest")),
            }
            digests.update(hex_upper(&part.md5));
            crc64 = crc_fast::checksum_combine(CrcAlgorithm::Crc64Xz, crc64, part.crc64, part.size);
            size += part.size;
        }
        if complete.size.is_some_and(|expected| expected != size) {
            return Err(Error::SizeMismatch { actual: size });
        }
        if complete.crc64.is_some_and(|expected| expected != crc64) {
            return Err(Error::Crc64Mismatch { actual: crc64 });
        }
        let md5 = if upload.sequential { Some(md5_through(parts)?) } else { None };
        Ok(ObjectFields {
            bucket: complete.bucket.clone(),
            key: complete.key.clone(),
            etag: format!("{}-{}", hex_upper(&digests.finalize()), parts.len()),
            size,
            crc64,
            md5,
            last_modified_ms: complete.now_ms,
            kind: ObjectKind::Multipart,
            attributes: Attributes {
                acl: complete.acl.unwrap_or(upload.attributes.acl),
                ..upload.attributes
            },
            parts: u32::try_from(parts.len()).unwrap_or(u32::MAX),
            generation: self.generation,
            version_id: None,
            data: assemble(txn, &extents, self.manifest),
        })
    }
}

/// Returns the MD5 of parts that came in order, which must be all from the first on.
fn md5_through(parts: &[(u32, PartRecord)]) -> Result<[u8; 16], Error> {
    let Some((number, last)) = parts.last() else { return Ok(Md5State::new().finish()) };
    let through = last.through.as_ref().filter(|_| usize::try_from(*number).is_ok_and(|n| n == parts.len()));
    through.map(|state| state.clone().finish()).ok_or(Error::PartNotSequential)
}

async fn require_upload<T: Txn>(
    txn: &mut T,
    bucket: &str,
    key: &str,
    id: UploadId,
) -> Result<UploadRecord, Error> {
    require_bucket(txn, bucket).await?;
    match txn.get(&key::upload(bucket, key, id)).await? {
        Some(row) => UploadRecord::decode(&row),
        None => Err(Error::NoSuchUpload),
    }
}

async fn end_upload<T: Txn>(txn: &mut T, bucket: &str, key: &str, id: UploadId) -> Result<(), Error> {
    txn.delete(key::upload(bucket, key, id));
    txn.add(key::stat(bucket), Addition::Stat(vec![StatChange::UploadEnded])).await
}
