//! `cargo xtask test`: every test there is, cheapest first, with one summary at the end.

use std::process::Command;

use anyhow::Context;
use clap::ValueEnum;

use crate::conformance::{self, Language};
use crate::process::{self, Finished};
use crate::report::{Outcome, Report, Tally};
use crate::{cluster, compatibility, deny, production, snippets, suites, tidy, workspace};

/// Runs everything and says whether it passed.
pub(crate) fn run(strict: bool) -> anyhow::Result<bool> {
    let mut report = Report::default();
    report.step("format", || {
        plain(workspace::cargo().args(["fmt", "--all", "--", "--check"]), "run `cargo fmt --all`")
    });
    report.step("tidy", tidy::outcome);
    report.step("deny", deny::outcome);
    report.step("clippy", || {
        let mut clippy = workspace::cargo();
        clippy.args(["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]);
        plain(&mut clippy, "clippy has something to say, see above")
    });
    report.step("cargo test", || cargo_test(strict));
    match workspace::build_ossicle(false) {
        Ok(binary) => {
            for language in Language::value_variants() {
                let suite = language.suite();
                report.step(&format!("conformance {}", suite.name), || conformance::outcome(&binary, suite));
            }
            report.step("compatibility table", compatibility::outcome);
            report.step("suites", || suites::outcome(&binary));
            report.step("snippets", || snippets::outcome(&binary));
            report.step("systemd unit", || production::unit_outcome(&binary));
            report.step("nginx", || production::proxy_outcome(&binary));
            report.step("cluster", || cluster::outcome(&binary));
            for suite in [conformance::EXAMPLES, conformance::BROWSER] {
                report.step(suite.name, || conformance::outcome(&binary, suite));
            }
        }
        Err(error) => report.step("build", || Err(error)),
    }
    Ok(report.close(strict))
}

fn plain(command: &mut Command, why_not: &str) -> anyhow::Result<Outcome> {
    let status = command.status().context("cargo could not be started")?;
    Ok(Outcome::of_step(status.success(), why_not))
}

fn cargo_test(strict: bool) -> anyhow::Result<Outcome> {
    let mut tests = workspace::cargo();
    if strict {
        // Without them, tests go without a server that is not installed.
        tests.env("OSSICLE_TEST_REQUIRE_POSTGRES", "1").env("OSSICLE_TEST_REQUIRE_SEAWEEDFS", "1");
    }
    tests.args(["test", "--workspace", "--all-features", "--no-fail-fast"]);
    Ok(judge(&process::run_showing(&mut tests, None)?))
}

fn judge(finished: &Finished) -> Outcome {
    let mut total = Tally::default();
    for tally in finished.lines.iter().filter_map(|line| result_line(line)) {
        total.add(tally);
    }
    if finished.status.success() != (total.failed == 0) || total.passed == 0 {
        return Outcome::Failed(format!("{total}, but cargo test ended with {}", finished.status));
    }
    Outcome::Ran(total)
}

/// Reads `test result: ok. 5 passed; 0 failed; 0 ignored; …` as the test harness prints it.
fn result_line(line: &str) -> Option<Tally> {
    let (_, counts) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
    let count = |word: &str| counts.split("; ").find_map(|part| part.strip_suffix(word)?.trim().parse().ok());
    Some(Tally { passed: count("passed")?, failed: count("failed")?, skipped: count("ignored")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines() {
        let check = |line: &str, expected: Option<(u64, u64, u64)>| {
            let expected = expected.map(|(passed, failed, skipped)| Tally { passed, failed, skipped });
            assert_eq!(result_line(line), expected, "{line}");
        };
        check(
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            Some((5, 0, 1)),
        );
        check(
            "test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.01s",
            Some((5, 2, 0)),
        );
        check("test ops::put_object ... ok", None);
        check("test result: unknown", None);
    }
}
