//! Reading everything and comparing it with the checksums it was written with, while others may go on using the store: at no more
//! than a rate, patient while content is out of reach, and without taking for damage what was replaced meanwhile.

use std::num::NonZeroU64;
use std::ops::Bound;
use std::time::{Duration, Instant};

use bytes::Bytes;
use md5::{Digest as _, Md5};

use super::findings::{Finding, ScrubReport};
use crate::command::part_number;
use crate::data::{ReadPlan, Reader};
use crate::engine::{Query, Row, View};
use crate::key::{self, Tag};
use crate::record::PartRecord;
use crate::store::Store;
use crate::{Error, ListBuckets, ListVersions, Object, ObjectKind, VersionEntry, VersionRef};

/// Objects and parts looked up at once.
const PAGE: usize = 200;

/// What is out of reach is tried again after these pauses.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

/// What the work is done with.
struct Scrubber<'a, F> {
    store: &'a Store,
    pace: Pace,
    progress: F,
    report: ScrubReport,
}

/// Bytes that may be read by now.
struct Pace {
    bytes_per_second: Option<NonZeroU64>,
    since: Instant,
    bytes: u64,
}

/// The work ends before everything was read.
struct Ended;

/// The checksums that were written.
struct Expected {
    size: u64,
    crc64: u64,
    /// Where it is that of the whole content.
    md5: Option<[u8; 16]>,
}

impl Store {
    /// Reads every object with all versions and the parts of uploads in progress, at no more than so many bytes a second, and compares it
    /// with the checksums it was written with. `progress` gets the bytes as they are read, and ends the work by returning `false`.
    ///
    /// # Errors
    /// Failures of the index, and [`Error::Unavailable`] when content stays out of reach. What is damaged is in the report.
    pub async fn scrub(
        &self,
        bytes_per_second: Option<NonZeroU64>,
        progress: impl FnMut(u64) -> bool,
    ) -> Result<ScrubReport, Error> {
        let pace = Pace { bytes_per_second, since: Instant::now(), bytes: 0 };
        let mut scrubber = Scrubber { store: self, pace, progress, report: ScrubReport::default() };
        let is_complete = scrubber.objects().await?.is_ok() && scrubber.parts().await?.is_ok();
        Ok(ScrubReport { is_complete, ..scrubber.report })
    }
}

impl<F: FnMut(u64) -> bool> Scrubber<'_, F> {
    async fn objects(&mut self) -> Result<Result<(), Ended>, Error> {
        let all = ListBuckets { max: usize::MAX - 1, ..ListBuckets::default() };
        for bucket in self.store.list_buckets(&all).await?.buckets {
            let mut which = ListVersions { bucket: bucket.name, max: PAGE, ..ListVersions::default() };
            loop {
                let page = match self.store.list_versions(&which).await {
                    Err(Error::NoSuchBucket) => break,
                    page => page?,
                };
                for listed in page.versions {
                    let VersionEntry::Object(object) = listed.entry else { continue };
                    if self.object(&object).await?.is_err() {
                        return Ok(Err(Ended));
                    }
                }
                match page.next {
                    Some((key, version)) => (which.key_marker, which.version_marker) = (key, version),
                    None => break,
                }
            }
        }
        Ok(Ok(()))
    }

    async fn object(&mut self, listed: &Object) -> Result<Result<(), Ended>, Error> {
        let (bucket, key, version) = (&listed.bucket, &listed.key, VersionRef::of(listed.version_id));
        let mut pauses = PAUSES.iter();
        loop {
            let found = self.store.open_object_version(bucket, key, version).await?;
            let Some(VersionEntry::Object(object)) = found else { return Ok(Ok(())) };
            let reader = self.store.read(&object, 0..u64::MAX);
            let whole = matches!(object.kind, ObjectKind::Normal | ObjectKind::Multipart);
            let expected =
                Expected { size: object.size, crc64: object.crc64, md5: object.md5.filter(|_| whole) };
            match self.read(reader, &expected).await {
                Ok(Err(Ended)) => return Ok(Err(Ended)),
                Ok(Ok(())) => {}
                Err(error @ Error::Unavailable { .. }) => {
                    tokio::time::sleep(*pauses.next().ok_or(error)?).await;
                    continue;
                }
                Err(error) => {
                    let now = self.store.object_version(bucket, key, version).await?;
                    let is_same = matches!(&now, Some(VersionEntry::Object(now)) if now.generation == object.generation);
                    if !is_same && pauses.next().is_some() {
                        continue;
                    }
                    self.report.findings.push(Finding::damaged(&format!("{bucket}/{key}"), &error));
                }
            }
            self.report.objects += 1;
            return Ok(Ok(()));
        }
    }

    async fn parts(&mut self) -> Result<Result<(), Ended>, Error> {
        let mut from = Bound::Included(key::whole(Tag::Part));
        loop {
            let rows = self.store.parts().engine.query(PartRows { from: from.clone() }).await?;
            let Some((last, _)) = rows.last() else { return Ok(Ok(())) };
            from = Bound::Excluded(last.clone());
            for (key, row) in &rows {
                if self.part(key, row).await?.is_err() {
                    return Ok(Err(Ended));
                }
            }
        }
    }

    async fn part(&mut self, key: &Bytes, row: &Bytes) -> Result<Result<(), Ended>, Error> {
        // What cannot be read is for the check to tell.
        let Ok(part) = PartRecord::decode(row) else { return Ok(Ok(())) };
        let expected = Expected { size: part.size, crc64: part.crc64, md5: Some(part.md5) };
        let mut pauses = PAUSES.iter();
        loop {
            let plan = ReadPlan {
                source: self.store.source(),
                data: part.data.clone(),
                size: part.size,
                at_hand: None,
                range: 0..u64::MAX,
            };
            match self.read(Reader::new(plan), &expected).await {
                Ok(Err(Ended)) => return Ok(Err(Ended)),
                Ok(Ok(())) => self.report.parts += 1,
                Err(error @ Error::Unavailable { .. }) => {
                    tokio::time::sleep(*pauses.next().ok_or(error)?).await;
                    continue;
                }
                Err(error) => {
                    let now = self.store.parts().engine.query(PartRow { key: key.clone() }).await?;
                    if now.as_ref() == Some(row) {
                        self.report.parts += 1;
                        let what = format!("part {} of an upload in progress", part_number(key)?);
                        self.report.findings.push(Finding::damaged(&what, &error));
                    }
                }
            }
            return Ok(Ok(()));
        }
    }

    /// Reads all there is and compares it.
    async fn read(&mut self, mut reader: Reader, expected: &Expected) -> Result<Result<(), Ended>, Error> {
        let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Xz);
        let mut md5 = expected.md5.map(|_| Md5::new());
        let mut bytes = 0;
        while let Some(piece) = reader.next().await {
            let piece = piece?;
            let length = piece.len() as u64;
            digest.update(&piece);
            if let Some(md5) = &mut md5 {
                md5.update(&piece);
            }
            bytes += length;
            self.report.bytes += length;
            if !(self.progress)(length) {
                return Ok(Err(Ended));
            }
            self.pace.wait(length).await;
        }
        let is_other_md5 = md5.is_some_and(|md5| Some(md5.finalize().into()) != expected.md5);
        if bytes != expected.size || digest.finalize() != expected.crc64 || is_other_md5 {
            return Err(Error::corrupt("the object as a whole is not what was written"));
        }
        Ok(Ok(()))
    }
}

impl Pace {
    /// Waits until so many more bytes may have been read.
    async fn wait(&mut self, bytes: u64) {
        let Some(rate) = self.bytes_per_second else { return };
        self.bytes += bytes;
        let millis = u128::from(self.bytes) * 1000 / u128::from(rate.get());
        let due = Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX));
        let early = due.saturating_sub(self.since.elapsed());
        if !early.is_zero() {
            tokio::time::sleep(early).await;
        }
    }
}

struct PartRows {
    from: Bound<Bytes>,
}

impl Query for PartRows {
    type Output = Vec<Row>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        let from = self.from.as_ref().map(AsRef::as_ref);
        view.scan(from, Bound::Excluded(&key::after_prefix(&[Tag::Part as u8])), PAGE).await
    }
}

struct PartRow {
    key: Bytes,
}

impl Query for PartRow {
    type Output = Option<Bytes>;

    async fn run(&self, view: &View) -> Result<Self::Output, Error> {
        view.get(&self.key).await
    }
}
