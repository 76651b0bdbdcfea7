//! What the steps of a run came to, and the summary with its closing line `N passed, N failed, N skipped`.

use std::fmt;
use std::time::Duration;

/// Cases counted one by one; a step without cases of its own counts as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

/// How a step ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It ran to its end; it failed when any of its cases did.
    Ran(Tally),
    /// It could not run to its end, for this reason.
    Failed(String),
    /// It was not run; the text says what would make it run.
    Skipped(String),
}

/// The steps of one run, in order.
#[derive(Debug, Default)]
pub(crate) struct Report {
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    name: String,
    outcome: Outcome,
    took: Duration,
}

impl Tally {
    /// Adds the counts of another tally to these.
    pub(crate) fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

impl Outcome {
    /// Returns the outcome of a step that has no cases of its own.
    pub(crate) fn of_step(success: bool, why_not: &str) -> Outcome {
        if success {
            Outcome::Ran(Tally { passed: 1, ..Tally::default() })
        } else {
            Outcome::Failed(why_not.to_owned())
        }
    }

    fn tally(&self) -> Tally {
        match self {
            Outcome::Ran(tally) => *tally,
            Outcome::Failed(_) => Tally { failed: 1, ..Tally::default() },
            Outcome::Skipped(_) => Tally { skipped: 1, ..Tally::default() },
        }
    }
}

impl Report {
    /// Runs a step and takes down how it ended; an error is a failed step, not the end of the run.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> anyhow::Result<Outcome>) {
        println!("\n== {name}");
        let started = std::time::Instant::now();
        let outcome = work().unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        if let Outcome::Failed(why) | Outcome::Skipped(why) = &outcome {
            println!("{why}");
        }
        self.steps.push(Step { name: name.to_owned(), outcome, took: started.elapsed() });
    }

    /// Prints the summary and says whether the run as a whole passed.
    pub(crate) fn close(&self, strict: bool) -> bool {
        println!("\n{:<28} {:>7}", "step", "seconds");
        for step in &self.steps {
            let words = match &step.outcome {
                Outcome::Ran(tally) => tally.to_string(),
                Outcome::Failed(why) => format!("FAILED: {why}"),
                Outcome::Skipped(why) => format!("skipped: {why}"),
            };
            println!("{:<28} {:>7.1}  {words}", step.name, step.took.as_secs_f64());
        }
        let total = self.total();
        let passed = total.failed == 0 && total.passed > 0 && !(strict && total.skipped > 0);
        if total.failed == 0 && !passed {
            println!("a skipped test is a failure in strict mode");
        }
        println!("\n{total}");
        passed
    }

    fn total(&self) -> Tally {
        let mut total = Tally::default();
        for step in &self.steps {
            total.add(step.outcome.tally());
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcomes: Vec<Outcome>) -> Report {
        let mut report = Report::default();
        for outcome in outcomes {
            report.step("step", || Ok(outcome));
        }
        report
    }

    #[test]
    fn a_run_passes_only_without_failures_and_in_strict_mode_without_skips() {
        let check = |outcomes: fn() -> Vec<Outcome>, relaxed: bool, strict: bool| {
            assert_eq!(report(outcomes()).close(false), relaxed);
            assert_eq!(report(outcomes()).close(true), strict);
        };
        check(|| vec![Outcome::of_step(true, "")], true, true);
        check(|| vec![Outcome::of_step(false, "why")], false, false);
        check(|| vec![Outcome::of_step(true, ""), Outcome::Skipped("no tool".into())], true, false);
        check(|| vec![Outcome::Ran(Tally { passed: 3, failed: 0, skipped: 1 })], true, false);
        check(|| vec![Outcome::Ran(Tally { passed: 3, failed: 1, skipped: 0 })], false, false);
        check(Vec::new, false, false);
    }

    #[test]
    fn an_error_inside_a_step_is_a_failed_step() {
        let mut report = Report::default();
        report.step("broken", || Err(anyhow::anyhow!("no disk")));
        assert_eq!(report.total(), Tally { passed: 0, failed: 1, skipped: 0 });
    }
}
