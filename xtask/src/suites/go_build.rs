//! Test programs of Go modules: built from the module cache at the versions that `conformance/suites/<name>/go.mod` pins.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::drive;
use super::expectations;
use super::program;

/// A Go module that has been fetched.
pub(super) struct Module {
    /// Where `go.mod` is.
    manifest: PathBuf,
    path: &'static str,
    /// Where the module's files are in Go's cache.
    pub(super) source: PathBuf,
}

impl Module {
    /// Fetches a module and what its tests need.
    pub(super) fn fetch(name: &str, path: &'static str) -> anyhow::Result<Module> {
        let manifest = expectations::folder().join(name);
        drive::lines_of(go(&manifest).args(["mod", "download"]))?;
        let found = drive::lines_of(go(&manifest).args(["list", "-m", "-f", "{{.Dir}}", path]))?;
        let source = found.first().context("go does not know where the module is")?.into();
        Ok(Module { manifest, path, source })
    }

    /// Copies a module out of the cache, so that it can be changed; what is built then is the copy.
    pub(super) fn copy(&self, folder: &Path) -> anyhow::Result<Module> {
        program::copy_folder(&self.source, folder)?;
        let source = folder.to_path_buf();
        std::fs::write(source.join("go.mod"), format!("module {}\n", self.path))?;
        let manifest = folder.with_extension("manifest");
        program::copy_folder(&self.manifest, &manifest)?;
        let replace = format!("-replace={}={}", self.path, folder.display());
        drive::lines_of(go(&manifest).args(["mod", "edit", &replace]))?;
        Ok(Module { manifest, path: self.path, source })
    }

    /// Builds the test program of one of its packages.
    pub(super) fn build(&self, package: &str, arguments: &[&str], program: &Path) -> anyhow::Result<()> {
        let mut build = go(&self.manifest);
        build.args(["test", "-c"]).args(arguments).arg("-o").arg(program);
        build.arg(format!("{}/{package}", self.path));
        drive::lines_of(&mut build).map(drop)
    }
}

/// Returns a go command without cgo, so that the programs resolve names themselves and build without a C
/// compiler.
fn go(manifest: &Path) -> Command {
    let mut command = Command::new("go");
    command.current_dir(manifest).env("CGO_ENABLED", "0").env("GOWORK", "off");
    command
}
