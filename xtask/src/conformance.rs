//! `cargo xtask conformance`: the official SDKs, unmodified, against a server built from this tree.
//!
//! A suite is a `run.sh` in a folder of its own. It gets the server's addresses and keys in its environment,
//! prints a line for each case, closes with `N passed, N failed`, and exits 0 only when all passed. What the cases
//! check is the suite's own affair.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use clap::ValueEnum;

use crate::compatibility;
use crate::process::{self, Finished};
use crate::report::{Outcome, Report, Tally};
use crate::running_server::{self, RunningServer};
use crate::tools::{self, Tool};
use crate::workspace;

/// Long enough for a first run that downloads an SDK and its dependencies and builds them on two slow cores.
const SUITE_BOUND: Duration = Duration::from_secs(20 * 60);

/// A language whose SDK is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// `oss2` and `alibabacloud-oss-v2`
    Python,
    /// `ali-oss`
    Node,
    /// `com.aliyun.oss:aliyun-sdk-oss`
    Java,
    /// `aliyun-oss-go-sdk`
    GoV1,
    /// `alibabacloud-oss-go-sdk-v2`
    GoV2,
}

/// A suite: what it is called, the folder of its `run.sh`, and the programs that this needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    folder: &'static str,
    tools: &'static [Tool],
}

/// The console in a real browser.
pub(crate) const BROWSER: Suite = Suite {
    name: "browser",
    folder: "conformance/browser",
    tools: &[tools::NODE, tools::NPM, tools::CHROMIUM],
};

/// The example application servers.
pub(crate) const EXAMPLES: Suite = Suite {
    name: "examples",
    folder: "examples",
    tools: &[tools::PYTHON, tools::NODE, tools::NPM, tools::JAVAC, tools::MAVEN, tools::GO],
};

impl Language {
    /// Returns the suite that runs this language's SDKs.
    pub(crate) fn suite(self) -> Suite {
        match self {
            Language::Python => {
                Suite { name: "python", folder: "conformance/python", tools: &[tools::PYTHON] }
            }
            Language::Node => {
                Suite { name: "node", folder: "conformance/node", tools: &[tools::NODE, tools::NPM] }
            }
            Language::Java => {
                Suite { name: "java", folder: "conformance/java", tools: &[tools::JAVAC, tools::MAVEN] }
            }
            Language::GoV1 => Suite { name: "go-v1", folder: "conformance/go-v1", tools: &[tools::GO] },
            Language::GoV2 => Suite { name: "go-v2", folder: "conformance/go-v2", tools: &[tools::GO] },
        }
    }
}

/// Builds the server and runs the suites of these languages, or of all.
pub(crate) fn run(languages: &[Language]) -> anyhow::Result<bool> {
    let languages = if languages.is_empty() { Language::value_variants() } else { languages };
    let binary = workspace::build_ossicle(false)?;
    let mut report = Report::default();
    for language in languages {
        let suite = language.suite();
        report.step(&format!("conformance {}", suite.name), || outcome(&binary, suite));
    }
    Ok(report.close(false))
}

/// Builds the server and runs one suite by itself.
pub(crate) fn run_one(suite: Suite) -> anyhow::Result<bool> {
    let binary = workspace::build_ossicle(false)?;
    let mut report = Report::default();
    report.step(suite.name, || outcome(&binary, suite));
    Ok(report.close(true))
}

/// Runs one suite against a server of its own and checks that this server then stops cleanly.
pub(crate) fn outcome(binary: &Path, suite: Suite) -> anyhow::Result<Outcome> {
    if let Some(cure) = tools::missing(suite.tools) {
        return Ok(Outcome::Skipped(cure));
    }
    let script = workspace::root().join(suite.folder).join("run.sh");
    if !script.is_file() {
        return Ok(Outcome::Skipped(format!("{} does not exist", script.display())));
    }
    compatibility::record(suite.name, None)?;
    let server = RunningServer::start(binary, suite.name)?;
    let finished = process::run_showing(&mut suite_command(&script, &server, binary), Some(SUITE_BOUND));
    let log = server.log_tail();
    let stopped = server.stop();
    let finished = finished?;
    let outcome = judge(&finished);
    stopped?;
    if matches!(outcome, Outcome::Ran(Tally { failed: 0, .. })) {
        compatibility::record(suite.name, Some(&passed_cases(&finished)))?;
    } else {
        println!("-- the last lines of the server's log\n{log}");
    }
    Ok(outcome)
}

fn suite_command(script: &Path, server: &RunningServer, binary: &Path) -> Command {
    let mut command = Command::new("bash");
    command.arg(script);
    if let Some(folder) = script.parent() {
        command.current_dir(folder);
    }
    command
        .env("OSSICLE_ENDPOINT", &server.endpoint)
        .env("OSSICLE_CONSOLE", &server.console)
        .env("OSSICLE_STS", &server.sts)
        .env("OSSICLE_ACCESS_KEY_ID", running_server::ACCESS_KEY_ID)
        .env("OSSICLE_ACCESS_KEY_SECRET", running_server::ACCESS_KEY_SECRET)
        .env("OSSICLE_REGION", "cn-hangzhou")
        .env("OSSICLE_BUCKET_PREFIX", "conf")
        // For a suite that needs a second server with settings of its own.
        .env("OSSICLE_BINARY", binary)
        .env("OSSICLE_ARTEFACTS", workspace::target_dir().join("artefacts"));
    if let Some(chromium) = tools::CHROMIUM.find() {
        command.env("OSSICLE_CHROMIUM", chromium);
    }
    command
}

fn passed_cases(finished: &Finished) -> Vec<String> {
    finished
        .lines
        .iter()
        .filter_map(|line| line.strip_prefix("ok "))
        .map(|name| name.trim().to_owned())
        .collect()
}

/// Judges a suite by its closing line and exit status; one whose two do not say the same is not believed.
fn judge(finished: &Finished) -> Outcome {
    let Some(tally) = finished.lines.iter().rev().find_map(|line| closing_line(line)) else {
        return Outcome::Failed(format!("no closing line `N passed, N failed` ({})", finished.status));
    };
    if tally.passed == 0 {
        return Outcome::Failed("not one case passed".to_owned());
    }
    if finished.status.success() != (tally.failed == 0) {
        return Outcome::Failed(format!("`{tally}`, but {}", finished.status));
    }
    Outcome::Ran(tally)
}

/// Reads `N passed, N failed` with, perhaps, `, N skipped` after it.
pub(crate) fn closing_line(line: &str) -> Option<Tally> {
    let mut tally = Tally::default();
    let mut seen = (false, false);
    for part in line.trim().split(", ") {
        let (count, word) = part.split_once(' ')?;
        let count = count.parse().ok()?;
        match word {
            "passed" => (tally.passed, seen.0) = (count, true),
            "failed" => (tally.failed, seen.1) = (count, true),
            "skipped" => tally.skipped = count,
            _ => return None,
        }
    }
    (seen == (true, true)).then_some(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines() {
        let check = |line: &str, expected: Option<(u64, u64, u64)>| {
            let expected = expected.map(|(passed, failed, skipped)| Tally { passed, failed, skipped });
            assert_eq!(closing_line(line), expected, "{line}");
        };
        check("12 passed, 0 failed", Some((12, 0, 0)));
        check("  12 passed, 3 failed, 1 skipped\r", Some((12, 3, 1)));
        check("ok put_object_with_callback", None);
        check("12 passed", None);
        check("FAILED x: 1 passed, 0 failed", None);
        check("", None);
    }

    #[test]
    fn a_suite_is_believed_only_when_its_words_and_its_exit_agree() {
        let check = |script: &str, passes: bool| {
            let finished = process::run_showing(Command::new("sh").args(["-c", script]), None).unwrap();
            assert_eq!(matches!(judge(&finished), Outcome::Ran(Tally { failed: 0, .. })), passes, "{script}");
        };
        check("echo '2 passed, 0 failed'", true);
        check("echo '2 passed, 0 failed'; exit 1", false);
        check("echo '2 passed, 1 failed'; exit 1", false);
        check("echo '2 passed, 1 failed'", false);
        check("echo '0 passed, 0 failed'", false);
        check("echo hello", false);
    }
}
