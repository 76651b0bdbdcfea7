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

/// Names that are left to the line tables: of constants and tables, which no backtrace tells, and of what drops values, which
/// are long.
const LEFT_OUT: [&str; 5] = ["anon.*", "GCC_except_table*", "__PRETTY_FUNCTION__*", ".L*", "*drop_in_place*"];

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
    let (binary, line_tables) = (dist.join(BINARY), dist.join(LINE_TABLES));
    objcopy(&dist, &["--only-keep-debug".as_ref(), whole.as_os_str(), line_tables.as_os_str()])?;
    let link = format!("--add-gnu-debuglink={LINE_TABLES}");
    let mut strip = vec![OsStr::new("--strip-debug"), OsStr::new(&link), OsStr::new("--wildcard")];
    strip.extend(LEFT_OUT.iter().flat_map(|name| [OsStr::new("--strip-symbol"), OsStr::new(name)]));
    strip.extend([whole.as_os_str(), binary.as_os_str()]);
    objcopy(&dist, &strip)?;
    for file in [&binary, &line_tables] {
        println!("{} {} bytes", file.display(), size(file)?);
    }
    let is_small = size(&binary)? <= MOST_BYTES;
    if !is_small {
        println!("the binary is larger than {MOST_BYTES} bytes");
    }
    Ok(is_small)
}

/// Runs objcopy in the folder where the file of `--add-gnu-debuglink` is.
fn objcopy(folder: &Path, arguments: &[&OsStr]) -> anyhow::Result<()> {
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
