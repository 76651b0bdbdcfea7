//! Checking a store as a whole: whether everything that is referred to is there, whether anything is there that
//! nothing refers to, and whether counts agree; and, apart from that (`scrub.rs`), whether all bytes are what was written.
//!
//! Where other nodes go on changing rows, the check reads in slices, since a database keeps what is deleted as long as somebody
//! looks at an earlier state. What looks wrong twice is looked at once more, at one state.

mod findings;
mod recount;
mod scrub;
mod survey;

use std::collections::HashSet;

use bytes::Bytes;

pub use findings::{Finding, FindingKind, FsckReport, ScrubReport};

use crate::Error;
use crate::command::RewriteRows;
use crate::data::Source;
use crate::engine::{Query, View};
use crate::id::DataId;
use crate::key;
use crate::reclaim::find_orphans;
use crate::store::Store;
use recount::Recounted;
use survey::{CheckAll, ExpectedBlob, Survey};

/// Blobs looked up at once.
const PAGE: usize = 200;

impl Store {
    /// Checks that everything that is referred to is there, that nothing else is, and that counts agree; contents
    /// are not read, see [`Store::scrub`].
    ///
    /// Others may go on using the store meanwhile, and what they change is no finding. With `repair`, what is superfluous is removed
    /// and counts are set right; then nothing may be written meanwhile.
    /// What is missing cannot be brought back: such findings name the object, for its owner to upload again or
    /// delete. Nothing is repaired while a record is there that cannot be read, damaged or of a later version: it refers to who
    /// knows what.
    ///
    /// # Errors
    /// Failures of the disk that keep the check from going on.
    pub async fn fsck(&self, repair: bool) -> Result<FsckReport, Error> {
        if self.is_shared() && !repair {
            return check_in_use(&self.source()).await;
        }
        let source = self.source();
        let orphans = find_orphans(&source, &|| true).await?;
        let survey = self.parts().engine.query(CheckAll { blobs: source.blobs.clone(), orphans }).await?;
        let mut report = survey.report;
        measure(&source, survey.expected, &mut report).await?;
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
}

/// Checks what others use: in slices, and once more at one state what was wrong twice.
async fn check_in_use(source: &Source) -> Result<FsckReport, Error> {
    let mut survey = survey_in_slices(source).await?;
    let suspects = subjects(&survey);
    if !suspects.is_empty() {
        survey = survey_in_slices(source).await?;
        if !suspects.is_disjoint(&subjects(&survey)) {
            let orphans = find_orphans(source, &|| true).await?;
            let blobs = source.blobs.clone();
            survey = source.engine.query(CheckAll { blobs, orphans }).await?;
        } else {
            survey.report.findings.clear();
        }
    }
    let mut report = survey.report;
    for recount in survey.recounts {
        let what = recount.to_string();
        match source.engine.query(recount).await {
            Ok(Recounted::Wrong(finding)) => report.findings.push(finding),
            Ok(Recounted::TooMany) => report.uncompared.push(what),
            // That it cannot be read is among the findings.
            Ok(Recounted::Right) | Err(Error::Corrupt { .. } | Error::LaterVersion { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    measure(source, survey.expected, &mut report).await?;
    drop(survey.pin);
    Ok(report)
}

async fn survey_in_slices(source: &Source) -> Result<Survey, Error> {
    let orphans = find_orphans(source, &|| true).await?;
    CheckAll { blobs: source.blobs.clone(), orphans }.in_slices(&source.engine).await
}

/// Returns what the findings of a survey are about, without the counts, which change from one to the next.
fn subjects(survey: &Survey) -> HashSet<String> {
    let findings = survey.report.findings.iter();
    findings.map(|finding| finding.what.split(" is s").next().unwrap_or_default().to_owned()).collect()
}

/// Looks whether blobs are as long as what refers to them needs.
async fn measure(source: &Source, expected: Vec<ExpectedBlob>, report: &mut FsckReport) -> Result<(), Error> {
    for page in expected.chunks(PAGE) {
        let lengths = source.blobs.lengths(page.iter().map(|blob| blob.id).collect()).await?;
        for (ExpectedBlob { id, size, needed, by }, length) in page.iter().zip(lengths) {
            let lost = match length {
                Ok(length) if length >= *needed => continue,
                Ok(length) => format!("{by} has lost the end of its data file {id}: {length} of {size}"),
                Err(error) => format!("{by} has lost its data file {id}: {error}"),
            };
            // Its row goes before it does.
            if source.engine.query(IsReferredTo { id: *id }).await? {
                report.add(FindingKind::MissingContent, lost);
            }
        }
    }
    Ok(())
}

/// Whether something still refers to a blob.
struct IsReferredTo {
    id: DataId,
}

impl Query for IsReferredTo {
    type Output = bool;

    async fn run(&self, view: &View) -> Result<bool, Error> {
        Ok(view.get(&key::file(self.id)).await?.is_some())
    }
}
