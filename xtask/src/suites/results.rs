//! What became of each test of a suite, and the file in which a run hands that on.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    Passed,
    /// The suite itself passes over it.
    Skipped,
    Failed,
    /// It did not end in time and was stopped.
    TimedOut,
    /// It took the whole program down with it.
    Died,
    /// The program ended without coming to it.
    NotReached,
}

/// A test's end, with what it printed if it did not pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TestResult {
    pub(super) verdict: Verdict,
    pub(super) seconds: f64,
    pub(super) note: String,
}

/// The results of a run by the names of the tests.
pub(super) type Results = BTreeMap<String, TestResult>;

/// Takes down one more end of a test; of several the worst counts.
pub(super) fn add(results: &mut Results, test: String, result: TestResult) {
    match results.get(&test) {
        Some(known) if known.verdict >= result.verdict => {}
        _ => drop(results.insert(test, result)),
    }
}

/// Writes results as JSON.
pub(super) fn write(file: &Path, results: &Results) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(results)?;
    std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
}

/// Reads what `write` has written.
pub(super) fn read(file: &Path) -> anyhow::Result<Results> {
    let text = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} holds no results", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_ends_of_a_test_the_worst_counts() {
        let end = |verdict| TestResult { verdict, seconds: 0.0, note: String::new() };
        let mut results = Results::new();
        for verdict in [Verdict::Passed, Verdict::Failed, Verdict::Skipped] {
            add(&mut results, "a".to_owned(), end(verdict));
        }
        assert_eq!(results.get("a"), Some(&end(Verdict::Failed)));
    }
}
