//! The suite of `oss2` for Python: the tests that its source distribution brings along, run by pytest.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use super::drive::{self, Event};
use super::expectations;
use super::program::Program;
use super::results::Verdict;

/// Tells pytest to announce each test; see the file.
const PLUGIN: &str = "announce";
/// What stands before the plugin's words.
const MARK: &str = "@ossicle ";

/// Fetches the suite and what it runs with, and asks it for its tests.
pub(super) fn prepare(folder: &Path) -> anyhow::Result<Vec<Program>> {
    let folder = folder.join("oss2-fetched");
    let requirements = expectations::folder().join("oss2/requirements.txt");
    let stamp = folder.join("requirements.installed");
    let wanted = std::fs::read(&requirements).context("conformance/suites/oss2/requirements.txt")?;
    if std::fs::read(&stamp).ok().as_ref() != Some(&wanted) {
        fetch(&folder, &requirements)?;
        std::fs::write(&stamp, wanted)?;
    }
    let source = folder.join("source");
    let python = folder.join("venv/bin/python");
    let mut list = Command::new(&python);
    list.args(["-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", "--collect-only", "-q", "tests"])
        .env("PYTHONPATH", plugin_folder())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(&source);
    let tests: Vec<String> =
        drive::lines_of(&mut list)?.iter().filter_map(|line| listed(line)).map(str::to_owned).collect();
    if tests.is_empty() {
        bail!("pytest finds no tests in {}", source.display());
    }
    let name = "oss2".to_owned();
    Ok(vec![Program { name, source, within: PathBuf::new(), executable: python, tests, parts: 1 }])
}

fn fetch(folder: &Path, requirements: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let text = std::fs::read_to_string(requirements)?;
    let sdk = text.lines().find(|line| line.starts_with("oss2==")).context("no version of oss2")?;
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder);
        drive::lines_of(&mut command).map(drop)
    };
    let requirements = requirements.to_string_lossy();
    run("python3", &["-m", "venv", "venv"])?;
    let pip = ["-m", "pip", "--quiet", "--disable-pip-version-check"];
    let python = folder.join("venv/bin/python");
    let python = python.to_string_lossy();
    run(&python, &[&pip[..], &["install", "--no-deps", "-r", &requirements]].concat())?;
    let download = ["download", "--no-deps", "--no-build-isolation", "--no-binary", "oss2", sdk];
    run(&python, &[&pip[..], &download].concat())?;
    let archive = format!("{}.tar.gz", sdk.replace("==", "-"));
    run(&python, &["-m", "tarfile", "-e", &archive, "."])?;
    std::fs::rename(folder.join(archive.trim_end_matches(".tar.gz")), folder.join("source"))?;
    std::fs::create_dir(locales(&folder.join("source")))?;
    run("localedef", &["-i", "zh_CN", "-f", "UTF-8", "locales/zh_CN.UTF-8"])
}

/// Returns the folder of the locales that the suite asks for, given that of its source.
pub(super) fn locales(source: &Path) -> PathBuf {
    source.with_file_name("locales")
}

/// Returns the plugin's folder.
pub(super) fn plugin_folder() -> PathBuf {
    expectations::folder().join("oss2")
}

/// Returns the command that runs these tests.
pub(super) fn command(python: &Path, tests: &[String]) -> Command {
    let mut command = Command::new(python);
    // Python's own tracebacks: those of pytest read source code, and trip over the deep stack of a recursive test.
    command.args(["-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", "--tb=native", "-q"]).args(tests);
    command
}

/// Reads the plugin's message in a line; pytest may have printed a dot before.
fn marked(line: &str) -> Option<&str> {
    Some(line.split_once(MARK)?.1)
}

fn listed(line: &str) -> Option<&str> {
    marked(line)?.strip_prefix("listed ")
}

/// Reads a line of the plugin.
pub(super) fn event(line: &str) -> Option<Event> {
    let (word, test) = marked(line)?.split_once(' ')?;
    let test = test.to_owned();
    match word {
        "started" => Some(Event::Started(test)),
        "passed" => Some(Event::Ended(test, Verdict::Passed)),
        "failed" => Some(Event::Ended(test, Verdict::Failed)),
        "skipped" => Some(Event::Ended(test, Verdict::Skipped)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_plugin() {
        let check = |line: &str, expected: Option<Event>| assert_eq!(event(line), expected, "{line}");
        let test = || "tests/test_bucket.py::TestBucket::test_acl".to_owned();
        check(&format!("@ossicle started {}", test()), Some(Event::Started(test())));
        check(&format!("@ossicle passed {}", test()), Some(Event::Ended(test(), Verdict::Passed)));
        check(&format!("..F@ossicle failed {}", test()), Some(Event::Ended(test(), Verdict::Failed)));
        check(&format!("@ossicle skipped {}", test()), Some(Event::Ended(test(), Verdict::Skipped)));
        check(&format!("@ossicle listed {}", test()), None);
        check("tests/test_bucket.py::TestBucket::test_acl PASSED [ 1%]", None);
        check("....F", None);
    }
}
