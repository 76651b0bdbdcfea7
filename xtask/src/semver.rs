//! `cargo xtask semver`: whether the library that strangers use still has the API of its last release, with
//! cargo-semver-checks.

use std::process::Command;

use anyhow::{Context, bail};

use crate::{tools, workspace};

/// The package whose API is promised to others.
const PACKAGE: &str = "ossicle-callback";

/// Compares with a revision, or with the newest release.
pub(crate) fn run(baseline: Option<String>) -> anyhow::Result<bool> {
    if let Some(cure) = tools::missing(&[tools::SEMVER_CHECKS]) {
        println!("{cure}");
        return Ok(false);
    }
    let listing = Command::new("git")
        .current_dir(workspace::root())
        .args(["tag", "--list", "v*", "--sort=-version:refname"])
        .output()
        .context("git could not be started; it lists the releases")?;
    if !listing.status.success() {
        bail!("git tag failed: {}", String::from_utf8_lossy(&listing.stderr).trim());
    }
    let Some(revision) = baseline.or_else(|| newest(&String::from_utf8_lossy(&listing.stdout))) else {
        println!("there is no release to compare with yet; --baseline REVISION names something else");
        return Ok(true);
    };
    println!("comparing {PACKAGE} with {revision}");
    let status = Command::new("cargo-semver-checks")
        .current_dir(workspace::root())
        .args(["semver-checks", "--package", PACKAGE, "--all-features", "--color", "never"])
        .args(["--baseline-rev", &revision])
        .status()
        .context("cargo-semver-checks could not be started")?;
    Ok(status.success())
}

/// Returns the first release in git's listing; candidates for one, such as `v1.0.0-rc.1`, are none.
fn newest(tags: &str) -> Option<String> {
    let is_release = |tag: &&str| tag.starts_with('v') && !tag.contains('-');
    tags.lines().map(str::trim).find(is_release).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_no_releases() {
        let check =
            |tags: &str, expected: Option<&str>| assert_eq!(newest(tags).as_deref(), expected, "{tags}");
        check("v1.1.0-rc.1\nv1.0.0\nv0.9.0\n", Some("v1.0.0"));
        check("v1.0.0-rc.1\n", None);
        check("", None);
    }
}
