//! A program of a suite, and the folder that each run of it gets.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// A program of a suite, ready to run without a network.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) name: String,
    /// What its folder is copied from for each run.
    pub(super) source: PathBuf,
    /// Where in the folder it runs.
    pub(super) within: PathBuf,
    pub(super) executable: PathBuf,
    pub(super) tests: Vec<String>,
    /// Into how many runs it may be divided, each with a server of its own.
    pub(super) parts: usize,
}

/// Copies a folder to a place where there is none yet or an older copy, as files that can be written.
pub(super) fn copy_folder(source: &Path, target: &Path) -> anyhow::Result<()> {
    if target.exists() {
        std::fs::remove_dir_all(target)?;
    }
    let mut copy = Command::new("cp");
    copy.args(["-R", "--no-preserve=mode"]).arg(source).arg(target);
    if !copy.status().context("cp could not be started")?.success() {
        bail!("{} could not be copied", source.display());
    }
    Ok(())
}
