//! Where the tree is and how cargo is called in it. Knows nothing of what the commands do there.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// Returns the folder that holds the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Returns the folder into which cargo builds, `CARGO_TARGET_DIR` included.
pub(crate) fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Returns the cargo that runs this program, started at the root of the workspace.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Builds the `ossicle` binary and says where it is.
pub(crate) fn build_ossicle(release: bool) -> anyhow::Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--package", "ossicle-server", "--bin", "ossicle"]);
    if release {
        build.arg("--release");
    }
    if !build.status().context("cargo could not be started")?.success() {
        bail!("the `ossicle` binary does not build");
    }
    Ok(target_dir().join(if release { "release" } else { "debug" }).join("ossicle"))
}

/// Returns every file that git knows or would add, below the root, with `/` between folders.
pub(crate) fn files() -> anyhow::Result<Vec<String>> {
    let listing = Command::new("git")
        .current_dir(root())
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .context("git could not be started; it lists the files of the tree")?;
    if !listing.status.success() {
        bail!("git ls-files failed: {}", String::from_utf8_lossy(&listing.stderr).trim());
    }
    let names = String::from_utf8(listing.stdout).context("a file name is not UTF-8")?;
    Ok(names
        .split('\0')
        .filter(|name| !name.is_empty() && root().join(name).is_file())
        .map(str::to_owned)
        .collect())
}
