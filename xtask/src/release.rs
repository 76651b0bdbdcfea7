//! `cargo xtask release`: the binary that users get, and its line tables in a file of their own beside it.
//!
//! The binary names the other file in its `.gnu_debuglink` section, where backtraces, gdb and perf look it up.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::tools::{self, OBJCOPY};
use crate::workspace;

/// The profile that keeps the line tables.
const PROFILE: &str = "traceable";

const BINARY: &str = "ossicle";
const LINE_TABLES: &str = "ossicle.debug";

/// No larger binary is given out without somebody having thought about it.
const MOST_BYTES: u64 = 20_000_000;

/// Builds both files into `target/dist`.
pub(crate) fn run() -> anyhow::Result<bool> {
    if let Some(cure) = tools::missing(&[OBJCOPY]) {
        bail!("{cure}");
    }
    let mut build = workspace::cargo();
    build.args(["build", "--profile", PROFILE, "--package", "ossicle-server", "--bin", BINARY]);
    if !build.status().context("cargo could not be started")?.success() {
        bail!("the `{BINARY}` binary does not build");
    }
    let whole = workspace::target_dir().join(PROFILE).join(BINARY);
    let dist = workspace::target_dir().join("dist");
    std::fs::create_dir_all(&dist).with_context(|| format!("{} cannot be made", dist.display()))?;
    let to = |file: &str| dist.join(file);
    objcopy(&dist, ["--only-keep-debug".as_ref(), whole.as_os_str(), to(LINE_TABLES).as_os_str()])?;
    let link = format!("--add-gnu-debuglink={LINE_TABLES}");
    objcopy(&dist, ["--strip-debug".as_ref(), link.as_ref(), whole.as_os_str(), to(BINARY).as_os_str()])?;
    for file in [BINARY, LINE_TABLES] {
        println!("{} {} bytes", to(file).display(), size(&to(file))?);
    }
    let is_small = size(&to(BINARY))? <= MOST_BYTES;
    if !is_small {
        println!("the binary is larger than {MOST_BYTES} bytes");
    }
    Ok(is_small)
}

/// Runs objcopy in the folder where the file of `--add-gnu-debuglink` is.
fn objcopy<const N: usize>(folder: &Path, arguments: [&OsStr; N]) -> anyhow::Result<()> {
    let mut command = Command::new("objcopy");
    command.current_dir(folder).args(arguments);
    if !command.status().context("objcopy could not be started")?.success() {
        bail!("objcopy failed");
    }
    Ok(())
}

fn size(file: &Path) -> anyhow::Result<u64> {
    Ok(std::fs::metadata(file).with_context(|| format!("{} is not there", file.display()))?.len())
}
