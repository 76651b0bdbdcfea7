//! `cargo xtask deny`: licences, bans and sources of the dependency tree, and advisories where their database can be had.

use std::process::{Command, Stdio};

use anyhow::Context;

use crate::report::Outcome;
use crate::{tools, workspace};

/// Runs cargo-deny and says whether the tree is fine.
pub(crate) fn run() -> anyhow::Result<bool> {
    match outcome()? {
        Outcome::Ran(_) => Ok(true),
        Outcome::Failed(why) | Outcome::Skipped(why) => {
            println!("{why}");
            Ok(false)
        }
    }
}

/// Does the same as a step of a larger run.
pub(crate) fn outcome() -> anyhow::Result<Outcome> {
    if let Some(cure) = tools::missing(&[tools::CARGO_DENY]) {
        return Ok(Outcome::Skipped(cure));
    }
    let clean = check(&["bans", "licenses", "sources"])?;
    let advised = if database_reachable()? { check(&["advisories"])? } else { true };
    Ok(Outcome::of_step(clean && advised, "cargo-deny found something, see above"))
}

fn check(what: &[&str]) -> anyhow::Result<bool> {
    let status = deny()
        .args(["check", "--hide-inclusion-graph"])
        .args(what)
        .status()
        .context("cargo-deny could not be started")?;
    Ok(status.success())
}

/// Asks whether the advisory database can be fetched. It is a git repository; where it cannot be fetched its
/// check says nothing about the tree.
fn database_reachable() -> anyhow::Result<bool> {
    let fetched = deny()
        .args(["fetch", "db"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("cargo-deny could not be started")?
        .success();
    if !fetched {
        println!("the advisory database cannot be fetched here; advisories were not checked");
    }
    Ok(fetched)
}

fn deny() -> Command {
    let mut command = Command::new("cargo-deny");
    command.current_dir(workspace::root()).args(["--all-features", "--color", "never"]);
    command
}
