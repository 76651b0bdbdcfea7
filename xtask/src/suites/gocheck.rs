//! Programs built with gocheck (`gopkg.in/check.v1`): how they are asked for tests and how their output is read.

use std::path::Path;
use std::process::Command;

use super::drive::{self, Event};
use super::results::Verdict;

/// Asks a program for its tests, `Suite.Test` each.
pub(super) fn list(program: &Path) -> anyhow::Result<Vec<String>> {
    // Even to list its tests, the suite makes a log file where it runs.
    let folder = program.parent().unwrap_or(program);
    let lines = drive::lines_of(Command::new(program).arg("-check.list").current_dir(folder))?;
    Ok(lines.into_iter().filter(|line| is_test(line)).collect())
}

/// Returns the command that runs these tests.
pub(super) fn command(program: &Path, tests: &[String]) -> Command {
    let mut command = Command::new(program);
    let names: Vec<String> = tests.iter().map(|test| test.replace('.', r"\.")).collect();
    command.arg("-check.vv").arg(format!("-check.f=^({})$", names.join("|")));
    command
}

/// Reads a line such as `PASS: bucket_test.go:120: OssBucketSuite.TestPutObject`.
pub(super) fn event(line: &str) -> Option<Event> {
    const LABELS: [(&str, Option<Verdict>); 7] = [
        ("START: ", None),
        ("PASS: ", Some(Verdict::Passed)),
        ("FAIL EXPECTED: ", Some(Verdict::Passed)),
        ("SKIP: ", Some(Verdict::Skipped)),
        ("FAIL: ", Some(Verdict::Failed)),
        ("PANIC: ", Some(Verdict::Failed)),
        ("MISS: ", Some(Verdict::NotReached)),
    ];
    // A test may have printed something without a line's end before.
    let (verdict, rest) =
        LABELS.iter().find_map(|(label, verdict)| Some((verdict, line.split_once(label)?.1)))?;
    let (place, name) = rest.split_once(": ")?;
    let (file, number) = place.rsplit_once(':')?;
    if !file.ends_with(".go") || number.parse::<u32>().is_err() {
        return None;
    }
    let name = name.split(['\t', ' ']).next()?;
    match verdict {
        None if is_test(name) => Some(Event::Started(name.to_owned())),
        Some(verdict) if is_test(name) || is_failed_fixture(name, *verdict) => {
            Some(Event::Ended(name.to_owned(), *verdict))
        }
        _ => Some(Event::Frame),
    }
}

fn is_test(name: &str) -> bool {
    name.split_once('.').is_some_and(|(_, method)| method.starts_with("Test"))
}

/// Returns the names under which the frames around these tests may fail.
pub(super) fn fixtures(tests: &[String]) -> impl Iterator<Item = String> {
    let suites = tests.iter().filter_map(|test| test.split_once('.')).map(|(suite, _)| suite);
    suites.flat_map(|suite| [format!("{suite}.SetUpSuite"), format!("{suite}.TearDownSuite")])
}

/// Returns whether this is the failed set-up or clean-up of a whole suite, which counts as a test of its own.
fn is_failed_fixture(name: &str, verdict: Verdict) -> bool {
    verdict == Verdict::Failed && (name.ends_with(".SetUpSuite") || name.ends_with(".TearDownSuite"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_gocheck() {
        let started = |name: &str| Some(Event::Started(name.to_owned()));
        let ended = |name: &str, verdict| Some(Event::Ended(name.to_owned(), verdict));
        let check = |line: &str, expected: Option<Event>| assert_eq!(event(line), expected, "{line}");
        check(
            "START: bucket_test.go:140: OssBucketSuite.TestPutObject",
            started("OssBucketSuite.TestPutObject"),
        );
        check(
            "PASS: bucket_test.go:140: OssBucketSuite.TestPutObject\t0.120s",
            ended("OssBucketSuite.TestPutObject", Verdict::Passed),
        );
        check("FAIL: a_test.go:1: S.TestA", ended("S.TestA", Verdict::Failed));
        check("PANIC: a_test.go:1: S.TestA", ended("S.TestA", Verdict::Failed));
        check("MISS: a_test.go:1: S.TestA", ended("S.TestA", Verdict::NotReached));
        check("SKIP: a_test.go:1: S.TestA (no such service)", ended("S.TestA", Verdict::Skipped));
        check("progress 100%PASS: a_test.go:1: S.TestA\t1s", ended("S.TestA", Verdict::Passed));
        check("START: a_test.go:1: S.SetUpTest", Some(Event::Frame));
        check("PASS: a_test.go:1: S.SetUpSuite\t0.1s", Some(Event::Frame));
        check("FAIL: a_test.go:1: S.SetUpSuite", ended("S.SetUpSuite", Verdict::Failed));
        check("FAIL: a_test.go:1: S.TearDownTest", Some(Event::Frame));
        check("... value *errors.errorString = FAIL: not found", None);
        check("OOPS: 3 passed, 1 FAILED", None);
        check("FAIL", None);
    }

    #[test]
    fn only_the_tests_asked_for_are_selected() {
        let command = command(Path::new("p"), &["S.TestA".to_owned(), "S.TestAB".to_owned()]);
        let arguments: Vec<_> = command.get_args().collect();
        assert_eq!(arguments, ["-check.vv", r"-check.f=^(S\.TestA|S\.TestAB)$"]);
    }
}
