//! `ossicle fsck`: whether a data folder is whole, and on request setting right what can be. The server must not run.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use ossicle_store::{Finding, FsckReport, Store, StoreOptions};
use serde_json::json;

use super::moment::since_ms;
use super::uploads_in_progress::UploadsInProgress;
use super::{Exit, Format, print};
use crate::terminal::in_a_line;

/// Arguments of `ossicle fsck`.
#[derive(Debug, Args)]
pub(super) struct Fsck {
    /// The data folder; no server may be using it.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Remove what nothing refers to and set counts right.
    #[arg(long)]
    repair: bool,
    /// With --repair: abort the multipart uploads that were begun so long ago (7d, 12h) or before a time
    /// (2026-01-31T12:00:00Z). Without this none is touched.
    #[arg(long, value_name = "AGE", requires = "repair", value_parser = since_ms)]
    abort_uploads_older_than: Option<i64>,
    /// Text for people, or JSON for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Fsck {
    pub(super) fn run(self) -> Result<(), Exit> {
        let runtime = crate::startup::runtime(1).map_err(Exit::unusable)?;
        runtime.block_on(async {
            let store = open(&self.data_dir).map_err(Exit::unusable)?;
            let outcome = self.look(&store).await;
            store.close().await;
            let (report, uploads) = outcome.map_err(Exit::failed)?;
            let open = report.findings.iter().filter(|finding| !finding.repaired).count();
            let text = match self.format {
                Format::Json => format!(
                    "{}\n",
                    json!({
                        "buckets": report.buckets, "objects": report.objects, "uploads": report.uploads,
                        "files": report.files, "deliveries": report.deliveries,
                        "findings": report.findings.iter().map(as_json).collect::<Vec<_>>(),
                        "uploads_in_progress": uploads.to_json(),
                    })
                ),
                Format::Text => format!(
                    "{}{}checked {} buckets, {} objects, {} uploads in progress, {} data files, {} deliveries: {}\n",
                    describe(&report.findings),
                    uploads.describe(),
                    report.buckets,
                    report.objects,
                    report.uploads,
                    report.files,
                    report.deliveries,
                    verdict(report.findings.len(), open),
                ),
            };
            print(&text)?;
            if open == 0 { Ok(()) } else { Err(Exit::failed(anyhow!("{open} findings are open"))) }
        })
    }
}

impl Fsck {
    async fn look(&self, store: &Store) -> Result<(FsckReport, UploadsInProgress), ossicle_store::Error> {
        let report = store.fsck(self.repair).await?;
        let uploads = UploadsInProgress::find(store, self.abort_uploads_older_than).await?;
        Ok((report, uploads))
    }
}

/// Opens a data folder for a command that works on it alone.
pub(super) fn open(data_dir: &Path) -> anyhow::Result<Store> {
    if !data_dir.is_dir() {
        return Err(anyhow!("there is no data folder {}; check --data-dir", data_dir.display()));
    }
    Store::open(data_dir, StoreOptions::default())
        .with_context(|| format!("cannot open {}: stop the server that uses it first", data_dir.display()))
}

/// Writes a line for each finding.
pub(super) fn describe(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(|finding| {
            format!("{}{}\n", if finding.repaired { "repaired: " } else { "" }, in_a_line(&finding.what))
        })
        .collect()
}

/// Writes a finding for programs.
pub(super) fn as_json(finding: &Finding) -> serde_json::Value {
    json!({ "kind": format!("{:?}", finding.kind), "what": finding.what, "repaired": finding.repaired })
}

fn verdict(all: usize, open: usize) -> String {
    match (all, open) {
        (0, _) => "everything is as it should be".to_owned(),
        (all, 0) => format!("{all} findings, all set right"),
        (all, open) => format!("{all} findings, {open} of them open; --repair sets right what can be"),
    }
}
