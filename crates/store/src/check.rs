//! Checking a store as a whole: whether everything that is referred to is there, whether anything is there that
//! nothing refers to, and whether counts agree; and, apart from that, whether all bytes are what was written.

mod findings;
mod survey;

use bytes::Bytes;

pub use findings::{Finding, FindingKind, FsckReport, ScrubReport};

use crate::blobs::Blobs;
use crate::command::RewriteRows;
use crate::reclaim::find_orphans;
use crate::store::Store;
use crate::{Error, ListBuckets, ListVersions, VersionEntry, VersionRef};
use survey::{CheckAll, ExpectedBlob};

/// Objects and blobs looked up at once.
const PAGE: usize = 200;

impl Store {
    /// Checks that everything that is referred to is there, that nothing else is, and that counts agree; contents
    /// are not read, see [`Store::scrub`].
    ///
    /// With `repair`, what is superfluous is removed and counts are set right; nothing may be written meanwhile.
    /// What is missing cannot be brought back: such findings name the object, for its owner to upload again or
    /// delete. Nothing is repaired while a record is there that cannot be read, damaged or of a later version: it refers to who
    /// knows what.
    ///
    /// # Errors
    /// Failures of the disk that keep the check from going on.
    pub async fn fsck(&self, repair: bool) -> Result<FsckReport, Error> {
        let source = self.source();
        let orphans = find_orphans(&source, &|| true).await?;
        let survey = self.parts().engine.query(CheckAll { blobs: source.blobs.clone(), orphans }).await?;
        let mut report = survey.report;
        measure(&source.blobs, survey.expected, &mut report).await?;
        drop(survey.pin);
        if repair && survey.is_understood {
            if !survey.orphans.is_empty() {
                source.blobs.remove(survey.orphans.into_iter().collect()).await.outcome?;
            }
            if !survey.rewrite.is_empty() {
                let rows: Vec<(Bytes, Option<Bytes>)> = survey.rewrite.into_iter().collect();
                self.parts().engine.commit(RewriteRows { rows }, None).await?;
            }
            for finding in &mut report.findings {
                finding.repaired = finding.kind.is_repairable();
            }
        }
        Ok(report)
    }

    /// Reads every object, with all versions, and compares it with the checksum it was written with. `progress` gets the bytes
    /// after each object, and ends the work by returning `false`.
    ///
    /// # Errors
    /// Failures of the index. Objects that cannot be read are in the report.
    pub async fn scrub(&self, mut progress: impl FnMut(u64) -> bool) -> Result<ScrubReport, Error> {
        let mut report = ScrubReport::default();
        let all = ListBuckets { max: usize::MAX - 1, ..ListBuckets::default() };
        for bucket in self.list_buckets(&all).await?.buckets {
            let mut which = ListVersions { bucket: bucket.name, max: PAGE, ..ListVersions::default() };
            loop {
                let page = match self.list_versions(&which).await {
                    Err(Error::NoSuchBucket) => break,
                    page => page?,
                };
                for listed in page.versions {
                    let VersionEntry::Object(object) = listed.entry else { continue };
                    let version = VersionRef::of(object.version_id);
                    let bytes = self.scrub_object(&object.bucket, &object.key, version, &mut report).await;
                    if !progress(bytes) {
                        return Ok(report);
                    }
                }
                match page.next {
                    Some((key, version)) => (which.key_marker, which.version_marker) = (key, version),
                    None => break,
                }
            }
        }
        report.is_complete = true;
        Ok(report)
    }

    async fn scrub_object(
        &self,
        bucket: &str,
        key: &str,
        version: VersionRef,
        report: &mut ScrubReport,
    ) -> u64 {
        let outcome = self.read_through(bucket, key, version).await;
        let (bytes, error) = match outcome {
            Ok(bytes) => (bytes, None),
            Err((bytes, error)) => (bytes, Some(error)),
        };
        report.objects += 1;
        report.bytes += bytes;
        if let Some(error) = error {
            report.findings.push(Finding::damaged(bucket, key, &error));
        }
        bytes
    }

    async fn read_through(&self, bucket: &str, key: &str, version: VersionRef) -> Result<u64, (u64, Error)> {
        let found = self.open_object_version(bucket, key, version).await.map_err(|e| (0, e))?;
        let Some(VersionEntry::Object(object)) = found else { return Ok(0) };
        let mut reader = self.read(&object, 0..u64::MAX);
        let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Xz);
        let mut bytes = 0;
        while let Some(piece) = reader.next().await {
            let piece = piece.map_err(|e| (bytes, e))?;
            bytes += piece.len() as u64;
            digest.update(&piece);
        }
        if bytes != object.size || digest.finalize() != object.crc64 {
            return Err((bytes, Error::corrupt("the object as a whole is not what was written")));
        }
        Ok(bytes)
    }
}

/// Looks whether blobs are as long as what refers to them needs.
async fn measure(blobs: &Blobs, expected: Vec<ExpectedBlob>, report: &mut FsckReport) -> Result<(), Error> {
    for page in expected.chunks(PAGE) {
        let lengths = blobs.lengths(page.iter().map(|blob| blob.id).collect()).await?;
        for (ExpectedBlob { id, size, needed, by }, length) in page.iter().zip(lengths) {
            let lost = match length {
                Ok(length) if length >= *needed => continue,
                Ok(length) => format!("{by} has lost the end of its data file {id}: {length} of {size}"),
                Err(error) => format!("{by} has lost its data file {id}: {error}"),
            };
            report.add(FindingKind::MissingContent, lost);
        }
    }
    Ok(())
}
