//! The suite of `alibabacloud-oss-go-sdk-v2`: the integration tests of its package `oss`. Those of its other packages are for
//! other services.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::drive::Event;
use super::go_build::Module;
use super::program::Program;
use super::results::Verdict;

const PACKAGE: &str = "oss";
const TAG: &str = "integration";

/// Fetches the module and builds its test program.
pub(super) fn prepare(folder: &Path) -> anyhow::Result<Vec<Program>> {
    let module = Module::fetch("go2", "github.com/aliyun/alibabacloud-oss-go-sdk-v2")?;
    let executable = folder.join("go2.test");
    module.build(PACKAGE, &["-tags", TAG], &executable)?;
    let tests = integration_tests(&module.source.join(PACKAGE))?;
    let name = "go2".to_owned();
    let within = PathBuf::from(PACKAGE);
    Ok(vec![Program { name, source: module.source, within, executable, tests, parts: 1 }])
}

/// Returns the tests in the files that are compiled for integration only; the others need no server.
fn integration_tests(package: &Path) -> anyhow::Result<Vec<String>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(package)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    files.sort();
    let mut tests = Vec::new();
    for file in files.iter().filter(|file| file.to_string_lossy().ends_with("_test.go")) {
        let text = std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
        if text.contains(&format!("//go:build {TAG}")) {
            tests.extend(text.lines().filter_map(declared_test).map(str::to_owned));
        }
    }
    Ok(tests)
}

fn declared_test(line: &str) -> Option<&str> {
    let (name, arguments) = line.strip_prefix("func ")?.split_once('(')?;
    (name.starts_with("Test") && arguments.contains("*testing.T")).then_some(name)
}

/// Returns the command that runs these tests.
pub(super) fn command(program: &Path, tests: &[String]) -> Command {
    let mut command = Command::new(program);
    command.args(["-test.v", "-test.timeout=0"]).arg(format!("-test.run=^({})$", tests.join("|")));
    command
}

/// Reads a line such as `--- PASS: TestPutObject (0.12s)`; tests within tests are not counted.
pub(super) fn event(line: &str) -> Option<Event> {
    const LABELS: [(&str, Option<Verdict>); 4] = [
        ("=== RUN   ", None),
        ("--- PASS: ", Some(Verdict::Passed)),
        ("--- FAIL: ", Some(Verdict::Failed)),
        ("--- SKIP: ", Some(Verdict::Skipped)),
    ];
    // A test may have printed something without a line's end before.
    let (verdict, rest) =
        LABELS.iter().find_map(|(label, verdict)| Some((verdict, line.split_once(label)?.1)))?;
    let name = rest.split(' ').next().filter(|name| name.starts_with("Test") && !name.contains('/'))?;
    Some(match verdict {
        None => Event::Started(name.to_owned()),
        Some(verdict) => Event::Ended(name.to_owned(), *verdict),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_go_test() {
        let ended = |name: &str, verdict| Some(Event::Ended(name.to_owned(), verdict));
        let check = |line: &str, expected: Option<Event>| assert_eq!(event(line), expected, "{line}");
        check("=== RUN   TestPutObject", Some(Event::Started("TestPutObject".to_owned())));
        check("--- PASS: TestPutObject (0.12s)", ended("TestPutObject", Verdict::Passed));
        check("error:--- FAIL: TestPutObject (0.12s)", ended("TestPutObject", Verdict::Failed));
        check("--- SKIP: TestPutObject (0.00s)", ended("TestPutObject", Verdict::Skipped));
        check("    --- PASS: TestPutObject/empty (0.00s)", None);
        check("=== RUN   TestPutObject/empty", None);
        check("=== PAUSE TestPutObject", None);
        check("PASS", None);
    }

    #[test]
    fn declarations_of_tests() {
        let check = |line: &str, expected: Option<&str>| assert_eq!(declared_test(line), expected, "{line}");
        check("func TestPutObject(t *testing.T) {", Some("TestPutObject"));
        check("func testPutObject(t *testing.T) {", None);
        check("func TestKey(key string) {", None);
        check("\tfunc TestPutObject(t *testing.T) {", None);
    }
}
