//! The suite of `aliyun-oss-go-sdk`: the packages `oss` and `oss/crypto`, both with gocheck.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::go_build::Module;
use super::gocheck;
use super::program::Program;
use super::suite::Signature;

const MODULE: &str = "github.com/aliyun/aliyun-oss-go-sdk";
/// The packages, and into how many runs each may be divided: most of their time the tests of the first wait.
const PACKAGES: [(&str, &str, usize); 2] = [("go1", "oss", 4), ("go1-crypto", "oss/crypto", 1)];

/// Fetches the module and builds its test programs.
pub(super) fn prepare(signature: Signature, folder: &Path) -> anyhow::Result<Vec<Program>> {
    let mut module = Module::fetch("go1", MODULE)?;
    if signature == Signature::V4 {
        module = sign_with_v4(&module, &folder.join("go1-v4-source"))?;
    }
    let mut programs = Vec::new();
    for (name, package, parts) in PACKAGES {
        let executable = folder.join(format!("{name}-{signature}.test"));
        module.build(package, &[], &executable)?;
        let tests = gocheck::list(&executable)?;
        programs.push(Program {
            name: name.to_owned(),
            source: module.source.clone(),
            within: PathBuf::from(package),
            executable,
            tests,
            parts,
        });
    }
    Ok(programs)
}

/// Makes the SDK's clients sign with V4 unless told otherwise: the suite has no variable for the version, its tests stay
/// as they are, and in a copy of the SDK two defaults change.
fn sign_with_v4(module: &Module, folder: &Path) -> anyhow::Result<Module> {
    const DEFAULT: &str = "config.AuthVersion = AuthV1\n";
    const INSTEAD: &str = "config.AuthVersion = AuthV4\n\tconfig.Region = \"cn-hangzhou\"\n";
    let copy = module.copy(folder)?;
    let file = copy.source.join("oss/conf.go");
    let text = std::fs::read_to_string(&file).context("the SDK's configuration is not where it was")?;
    if text.matches(DEFAULT).count() != 1 {
        bail!("the SDK's default signature version is not where it was");
    }
    std::fs::write(&file, text.replace(DEFAULT, INSTEAD))?;
    Ok(copy)
}
