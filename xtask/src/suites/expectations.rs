//! The lists `conformance/suites/<suite>.toml`: every test that does not pass, under one reason each, and how a run compares
//! with them. A test that fails unlisted and a listed one that passes are both wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};
use serde::Deserialize;

use super::results::{Results, Verdict};
use super::suite::{Signature, SuiteName};
use crate::workspace;

/// The list of one suite.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectations {
    /// Tests that the short run leaves out, because they wait for long.
    #[serde(default)]
    pub(super) slow: BTreeSet<String>,
    #[serde(default, rename = "reason")]
    reasons: Vec<Reason>,
}

/// Why some tests do not pass.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    kind: Kind,
    why: String,
    /// With every signature version.
    #[serde(default)]
    tests: BTreeSet<String>,
    #[serde(default)]
    only_v1: BTreeSet<String>,
    #[serde(default)]
    only_v4: BTreeSet<String>,
    /// In some runs they pass, in others not: what they do depends on chance.
    #[serde(default)]
    sometimes: BTreeSet<String>,
}

/// Whose affair it is that a test does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// A feature of OSS that Ossicle does not have.
    NotBuilt,
    /// Another service of the cloud, or a host of it.
    Cloud,
    /// The suite itself: it passes over the test, or asks for what no server does.
    Suite,
    /// A fault of Ossicle's that is known.
    Ours,
    /// Nobody has looked yet; such a test counts as failed.
    Unexplained,
}

/// How a run compares with its list.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) passed: u64,
    /// Tests that did not pass, as listed.
    pub(super) listed: BTreeMap<Kind, u64>,
    /// What is wrong: a sentence for each test.
    pub(super) wrong: Vec<String>,
}

#[derive(Clone, Copy)]
struct Expected<'a> {
    reason: &'a Reason,
    sometimes: bool,
}

const HEAD: &str = "[[reason]]";

/// Reads a suite's list.
pub(super) fn read(suite: SuiteName) -> anyhow::Result<Expectations> {
    let file = file(suite);
    let text =
        std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    parse(&text).with_context(|| format!("{} is no list of expectations", file.display()))
}

/// Rewrites a suite's list after these runs: reasons stay, tests that pass go, new ones come in as unexplained.
pub(super) fn update(suite: SuiteName, runs: &[(Signature, Results)]) -> anyhow::Result<PathBuf> {
    let file = file(suite);
    let text =
        std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    let head = text.find(HEAD).map_or(text.as_str(), |at| text.get(..at).unwrap_or_default());
    let mut expectations = parse(&text)?;
    expectations.take_in(runs);
    let text = format!("{}\n\n{}", head.trim_end(), expectations.reasons_as_toml());
    std::fs::write(&file, format!("{}\n", text.trim_end()))
        .with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(file)
}

fn file(suite: SuiteName) -> PathBuf {
    folder().join(format!("{suite}.toml"))
}

/// Returns the folder of the lists and of what the suites need to be fetched and built.
pub(super) fn folder() -> PathBuf {
    workspace::root().join("conformance/suites")
}

fn parse(text: &str) -> anyhow::Result<Expectations> {
    let expectations: Expectations = toml::from_str(text)?;
    let mut seen: BTreeSet<(&str, Signature)> = BTreeSet::new();
    for reason in &expectations.reasons {
        if reason.why.trim().is_empty() {
            bail!("a reason without `why`");
        }
        for signature in Signature::ALL {
            for (test, _) in reason.of(signature) {
                if !seen.insert((test, signature)) {
                    bail!("{test} has two reasons with {signature}");
                }
            }
        }
    }
    Ok(expectations)
}

impl Reason {
    /// Returns the tests it names for a signature version, and whether only sometimes.
    fn of(&self, signature: Signature) -> impl Iterator<Item = (&str, bool)> {
        let only = match signature {
            Signature::V1 => &self.only_v1,
            Signature::V4 => &self.only_v4,
        };
        let always = self.tests.iter().chain(only).map(|test| (test.as_str(), false));
        always.chain(self.sometimes.iter().map(|test| (test.as_str(), true)))
    }
}

impl Expectations {
    /// Compares a run with the list; `known` are all tests of the suite, run or not.
    pub(super) fn compare(
        &self,
        signature: Signature,
        results: &Results,
        known: &BTreeSet<String>,
    ) -> Comparison {
        let mut comparison = Comparison::default();
        let expected = self.by_test(signature);
        for (test, result) in results {
            let passed = result.verdict == Verdict::Passed;
            match expected.get(test.as_str()) {
                Some(Expected { reason, .. }) if reason.kind == Kind::Unexplained && !passed => {
                    comparison
                        .wrong
                        .push(format!("{test}: does not pass, and its reason is yet to be found"));
                }
                Some(Expected { reason, sometimes: false }) if passed => {
                    comparison.wrong.push(format!("{test}: passes, but is listed ({})", reason.why));
                }
                Some(Expected { reason, .. }) if !passed => {
                    *comparison.listed.entry(reason.kind).or_default() += 1;
                }
                None if !passed => comparison
                    .wrong
                    .push(format!("{test}: {}, and is not listed", describe(result.verdict, &result.note))),
                Some(_) | None => comparison.passed += 1,
            }
        }
        for test in expected.keys().filter(|test| !known.contains(**test) && !results.contains_key(**test)) {
            comparison.wrong.push(format!("{test}: is listed, but the suite has no such test"));
        }
        comparison
    }

    fn by_test(&self, signature: Signature) -> BTreeMap<&str, Expected<'_>> {
        let rows = |reason| move |(test, sometimes)| (test, Expected { reason, sometimes });
        self.reasons.iter().flat_map(|reason| reason.of(signature).map(rows(reason))).collect()
    }

    fn take_in(&mut self, runs: &[(Signature, Results)]) {
        let mut failing: BTreeMap<String, BTreeSet<Signature>> = BTreeMap::new();
        for (signature, results) in runs {
            let expected = self.by_test(*signature);
            let failed = results.iter().filter(|(_, result)| result.verdict != Verdict::Passed);
            for (test, _) in failed.filter(|(test, _)| !expected.contains_key(test.as_str())) {
                failing.entry(test.clone()).or_default().insert(*signature);
            }
        }
        for (signature, results) in runs {
            for reason in &mut self.reasons {
                reason.drop_passing(*signature, results, runs);
            }
        }
        for (test, signatures) in failing {
            self.unexplained().list(test, &signatures);
        }
        self.reasons.retain(|reason| !reason.is_empty());
    }

    fn unexplained(&mut self) -> &mut Reason {
        let at = self.reasons.iter().position(|reason| reason.kind == Kind::Unexplained);
        let at = at.unwrap_or(self.reasons.len());
        if at == self.reasons.len() {
            self.reasons.push(Reason {
                kind: Kind::Unexplained,
                why: "not looked at yet".to_owned(),
                tests: BTreeSet::new(),
                only_v1: BTreeSet::new(),
                only_v4: BTreeSet::new(),
                sometimes: BTreeSet::new(),
            });
        }
        #[expect(clippy::indexing_slicing, reason = "the position was found or made above")]
        &mut self.reasons[at]
    }

    fn reasons_as_toml(&self) -> String {
        let mut text = String::new();
        for reason in &self.reasons {
            let _ = writeln!(text, "{HEAD}\nkind = \"{}\"\nwhy = {}", reason.kind, quoted(&reason.why));
            let lists = [
                ("tests", &reason.tests),
                ("only_v1", &reason.only_v1),
                ("only_v4", &reason.only_v4),
                ("sometimes", &reason.sometimes),
            ];
            for (name, tests) in lists.into_iter().filter(|(_, tests)| !tests.is_empty()) {
                let _ = writeln!(text, "{name} = [");
                for test in tests {
                    let _ = writeln!(text, "    {},", quoted(test));
                }
                text.push_str("]\n");
            }
            text.push('\n');
        }
        text
    }
}

impl Reason {
    fn is_empty(&self) -> bool {
        [&self.tests, &self.only_v1, &self.only_v4, &self.sometimes].iter().all(|tests| tests.is_empty())
    }

    fn list(&mut self, test: String, signatures: &BTreeSet<Signature>) {
        match (signatures.contains(&Signature::V1), signatures.contains(&Signature::V4)) {
            (true, false) => self.only_v1.insert(test),
            (false, true) => self.only_v4.insert(test),
            _ => self.tests.insert(test),
        };
    }

    /// Takes out what passed with a signature version; a test that passed with one of two stays listed for the other.
    fn drop_passing(&mut self, signature: Signature, results: &Results, runs: &[(Signature, Results)]) {
        let passes = |test: &String| results.get(test).is_some_and(|it| it.verdict == Verdict::Passed);
        let (own, other, other_signature) = match signature {
            Signature::V1 => (&mut self.only_v1, &mut self.only_v4, Signature::V4),
            Signature::V4 => (&mut self.only_v4, &mut self.only_v1, Signature::V1),
        };
        own.retain(|test| !passes(test));
        let passing: Vec<String> = self.tests.iter().filter(|test| passes(test)).cloned().collect();
        for test in passing {
            self.tests.remove(&test);
            let passes_too = runs.iter().any(|(signature, results)| {
                *signature == other_signature
                    && results.get(&test).is_some_and(|it| it.verdict == Verdict::Passed)
            });
            if !passes_too {
                other.insert(test);
            }
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Kind::NotBuilt => "not-built",
            Kind::Cloud => "cloud",
            Kind::Suite => "suite",
            Kind::Ours => "ours",
            Kind::Unexplained => "unexplained",
        })
    }
}

fn describe(verdict: Verdict, note: &str) -> String {
    let words = match verdict {
        Verdict::Passed => "passes",
        Verdict::Skipped => "is skipped by the suite",
        Verdict::Failed => "fails",
        Verdict::TimedOut => "did not end in time",
        Verdict::Died => "ended the whole program",
        Verdict::NotReached => "was not reached",
    };
    let last = note.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let last: String = last.chars().take(200).collect();
    if last.is_empty() { words.to_owned() } else { format!("{words} (`{last}`)") }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suites::results::TestResult;

    const LIST: &str = r#"
        slow = ["slow"]
        [[reason]]
        kind = "not-built"
        why = "versioning"
        tests = ["a", "b"]
        only_v1 = ["c"]
        sometimes = ["d"]
    "#;

    fn results(rows: &[(&str, Verdict)]) -> Results {
        let end = |verdict| TestResult { verdict, seconds: 0.0, note: String::new() };
        rows.iter().map(|(test, verdict)| ((*test).to_owned(), end(*verdict))).collect()
    }

    fn known() -> BTreeSet<String> {
        ["a", "b", "c", "d", "e"].map(str::to_owned).into()
    }

    #[test]
    fn a_run_is_as_listed_or_says_what_is_not() {
        use Verdict::{Failed, Passed, TimedOut};
        let list = parse(LIST).unwrap();
        let check = |signature, rows: &[(&str, Verdict)], passed, listed, wrong: &[&str]| {
            let comparison = list.compare(signature, &results(rows), &known());
            assert_eq!(comparison.passed, passed, "{rows:?}");
            assert_eq!(comparison.listed.values().sum::<u64>(), listed, "{rows:?}");
            assert_eq!(comparison.wrong, wrong, "{rows:?}");
        };
        check(Signature::V1, &[("a", Failed), ("b", TimedOut), ("c", Failed), ("e", Passed)], 1, 3, &[]);
        check(Signature::V1, &[("d", Passed)], 1, 0, &[]);
        check(Signature::V1, &[("d", Failed)], 0, 1, &[]);
        check(Signature::V4, &[("c", Failed)], 0, 0, &["c: fails, and is not listed"]);
        check(Signature::V1, &[("a", Passed)], 0, 0, &["a: passes, but is listed (versioning)"]);
    }

    #[test]
    fn a_listed_test_that_the_suite_does_not_have_is_wrong() {
        let list = parse(LIST).unwrap();
        let known = ["a", "b", "d"].map(str::to_owned).into();
        let comparison = list.compare(Signature::V1, &Results::new(), &known);
        assert_eq!(comparison.wrong, ["c: is listed, but the suite has no such test"]);
    }

    #[test]
    fn an_unexplained_test_counts_as_failed() {
        let list = parse("[[reason]]\nkind='unexplained'\nwhy='?'\ntests=['a']").unwrap();
        let comparison = list.compare(Signature::V1, &results(&[("a", Verdict::Failed)]), &known());
        assert_eq!(comparison.wrong.len(), 1);
    }

    #[test]
    fn a_test_has_one_reason() {
        let twice = "[[reason]]\nkind='cloud'\nwhy='x'\ntests=['a']\n[[reason]]\nkind='suite'\nwhy='y'\nonly_v4=['a']";
        assert!(parse(twice).is_err());
        assert!(parse("[[reason]]\nkind='cloud'\nwhy=' '\ntests=['a']").is_err());
    }

    #[test]
    fn an_update_keeps_reasons_and_lists_what_is_new() {
        use Verdict::{Failed, Passed};
        let mut list = parse(LIST).unwrap();
        list.take_in(&[
            (Signature::V1, results(&[("a", Passed), ("b", Passed), ("c", Passed), ("e", Failed)])),
            (Signature::V4, results(&[("a", Passed), ("b", Failed), ("c", Passed), ("e", Passed)])),
        ]);
        let text = list.reasons_as_toml();
        assert_eq!(
            text,
            "[[reason]]\nkind = \"not-built\"\nwhy = \"versioning\"\nonly_v4 = [\n    \"b\",\n]\n\
             sometimes = [\n    \"d\",\n]\n\n\
             [[reason]]\nkind = \"unexplained\"\nwhy = \"not looked at yet\"\nonly_v1 = [\n    \"e\",\n]\n\n"
        );
        parse(&text).unwrap();
    }

    #[test]
    fn the_lists_of_the_tree_can_be_read() {
        for suite in SuiteName::ALL {
            read(suite).unwrap();
        }
    }
}
