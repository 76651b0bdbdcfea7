//! `cargo xtask suites`: the test suites that the authors of the official SDKs wrote for OSS itself, unpatched, to their ends,
//! against a server built from this tree.
//!
//! Each run has a network namespace of its own, in which the names of the service lead to the server and nothing leaves the
//! machine. What does not pass is listed with its reason in `conformance/suites/`, and a run that differs from its list fails.

mod dns;
mod drive;
mod expectations;
mod go1;
mod go2;
mod go_build;
mod gocheck;
mod https;
mod identities;
mod job;
mod made_bucket;
mod namespace;
mod oss2;
mod program;
mod results;
mod stand_in;
mod suite;

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, bail};

use self::expectations::{Comparison, Kind};
use self::job::Job;
use self::program::Program;
use self::results::{Results, Verdict};
use self::suite::{Signature, SuiteName};
use crate::report::{Outcome, Report, Tally};
use crate::tools::{self, Tool};
use crate::workspace;

pub(crate) use self::job::run as run_job;

/// Runs that go on at the same time: the suites wait more than they work.
const SIDE_BY_SIDE: usize = 4;

/// What `cargo xtask suites` is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The suites to run; all of them when none is given
    suites: Vec<SuiteName>,
    /// Only with this signature version
    #[arg(long)]
    signature: Option<Signature>,
    /// Leave out the tests that wait for long, as `cargo xtask test` does
    #[arg(long)]
    ci: bool,
    /// Only tests whose name contains this
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// Use this server instead of building one
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Rewrite the lists of what does not pass; reasons are kept, and new entries want one
    #[arg(long, conflicts_with = "only")]
    update: bool,
}

/// A suite with one signature version, after its runs.
struct Finished {
    suite: SuiteName,
    signature: Signature,
    known: BTreeSet<String>,
    results: Results,
}

/// Builds the server and runs what the arguments ask for.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let mut report = Report::default();
    let binary = match &arguments.binary {
        Some(binary) => binary.canonicalize().context("no such server")?,
        None => workspace::build_ossicle(false)?,
    };
    report.step("suites", || outcome_of(&binary, arguments));
    Ok(report.close(false))
}

/// Runs the short form of all suites, as a step of `cargo xtask test`.
pub(crate) fn outcome(binary: &Path) -> anyhow::Result<Outcome> {
    let arguments = Arguments {
        suites: Vec::new(),
        signature: None,
        ci: true,
        only: Vec::new(),
        binary: None,
        update: false,
    };
    outcome_of(binary, &arguments)
}

fn outcome_of(binary: &Path, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let all = SuiteName::ALL.to_vec();
    let suites = if arguments.suites.is_empty() { &all } else { &arguments.suites };
    for suite in suites {
        if let Some(cure) = tools::missing(tools_for(*suite)) {
            return Ok(Outcome::Skipped(cure));
        }
    }
    if let Some(why) = namespace::refusal()? {
        return Ok(Outcome::Skipped(why));
    }
    let signatures = arguments.signature.map_or(Signature::ALL.to_vec(), |signature| vec![signature]);
    let mut finished = Vec::new();
    let mut jobs = VecDeque::new();
    for suite in suites {
        for signature in &signatures {
            let (known, of_suite) = jobs_of(*suite, *signature, binary, arguments)?;
            jobs.extend(of_suite);
            finished.push(Finished { suite: *suite, signature: *signature, known, results: Results::new() });
        }
    }
    run_jobs(jobs, &mut finished)?;
    if arguments.update {
        update(&finished)?;
    }
    judge(&finished)
}

/// Returns the tools without which a suite cannot run.
fn tools_for(suite: SuiteName) -> &'static [Tool] {
    match suite {
        SuiteName::Oss2 => &[tools::PYTHON, tools::LOCALEDEF],
        SuiteName::Go1 | SuiteName::Go2 => &[tools::GO],
    }
}

/// Fetches and builds what a run needs; the only step that uses a network.
fn prepare(suite: SuiteName, signature: Signature, folder: &Path) -> anyhow::Result<Vec<Program>> {
    match suite {
        SuiteName::Oss2 => oss2::prepare(folder),
        SuiteName::Go1 => go1::prepare(signature, folder),
        SuiteName::Go2 => go2::prepare(folder),
    }
}

/// Fetches a suite and divides it into jobs; also returns the names of all its tests.
fn jobs_of(
    suite: SuiteName,
    signature: Signature,
    server: &Path,
    arguments: &Arguments,
) -> anyhow::Result<(BTreeSet<String>, Vec<Job>)> {
    let folder = workspace::target_dir().join("suites");
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    println!("{suite} {signature}: fetching and building");
    let slow = expectations::read(suite)?.slow;
    let programs = prepare(suite, signature, &folder).with_context(|| format!("{suite} is not ready"))?;
    let mut known = BTreeSet::new();
    let mut jobs = Vec::new();
    for program in programs {
        known.extend(program.tests.iter().cloned());
        if suite == SuiteName::Go1 {
            known.extend(gocheck::fixtures(&program.tests));
        }
        let wanted = |test: &String| {
            let named = || arguments.only.iter().any(|text| test.contains(text.as_str()));
            (arguments.only.is_empty() || named()) && !(arguments.ci && slow.contains(test))
        };
        let tests: Vec<String> = program.tests.iter().filter(|test| wanted(test)).cloned().collect();
        let size = tests.len().div_ceil(program.parts).max(1);
        for (number, part) in tests.chunks(size).enumerate() {
            let name = format!("{}-{signature}-{}", program.name, number + 1);
            jobs.push(Job::new(suite, signature, &folder.join(name), &program, server, part.to_vec()));
        }
    }
    Ok((known, jobs))
}

/// Runs the jobs, several at a time, each in a namespace.
fn run_jobs(jobs: VecDeque<Job>, finished: &mut [Finished]) -> anyhow::Result<()> {
    let queue = Mutex::new(jobs);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let ended: Vec<anyhow::Result<(Job, Results)>> = std::thread::scope(|scope| {
        let work = || {
            let mut ended = Vec::new();
            while let Some(job) = next() {
                ended.push(job.run_in_namespace().map(|results| (job, results)));
            }
            ended
        };
        let workers: Vec<_> = (0..SIDE_BY_SIDE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    for end in ended {
        let (job, results) = end?;
        let of_job = |run: &&mut Finished| run.suite == job.suite && run.signature == job.signature;
        let run = finished.iter_mut().find(of_job).context("a job of no suite")?;
        for (test, result) in results {
            results::add(&mut run.results, test, result);
        }
    }
    Ok(())
}

fn update(finished: &[Finished]) -> anyhow::Result<()> {
    let suites: BTreeSet<SuiteName> = finished.iter().map(|run| run.suite).collect();
    for suite in suites {
        let of_suite = finished.iter().filter(|run| run.suite == suite);
        let runs: Vec<_> = of_suite.map(|run| (run.signature, run.results.clone())).collect();
        println!("rewritten: {}", expectations::update(suite, &runs)?.display());
    }
    Ok(())
}

/// Prints how the runs compare with their lists.
fn judge(finished: &[Finished]) -> anyhow::Result<Outcome> {
    let mut total = Tally::default();
    let mut table = String::new();
    for run in finished {
        let comparison = expectations::read(run.suite)?.compare(run.signature, &run.results, &run.known);
        for sentence in &comparison.wrong {
            println!("FAILED {} {} {sentence}", run.suite, run.signature);
        }
        total.add(Tally { passed: comparison.passed, failed: comparison.wrong.len() as u64, skipped: 0 });
        table.push_str(&row(run, &comparison));
    }
    let kinds = [Kind::NotBuilt, Kind::Cloud, Kind::Suite, Kind::Ours];
    let heads: String = kinds.iter().map(|kind| format!("{kind:>11}")).collect();
    println!("\n{:<8}{:>4}{:>7}{:>8}{heads}{:>12}", "suite", "", "tests", "passed", "unexpected");
    print!("{table}");
    if total.passed == 0 && total.failed == 0 {
        bail!("no test has such a name");
    }
    Ok(Outcome::Ran(total))
}

fn row(run: &Finished, comparison: &Comparison) -> String {
    let kinds = [Kind::NotBuilt, Kind::Cloud, Kind::Suite, Kind::Ours];
    let listed: String = kinds
        .iter()
        .map(|kind| format!("{:>11}", comparison.listed.get(kind).copied().unwrap_or_default()))
        .collect();
    let passed = run.results.values().filter(|result| result.verdict == Verdict::Passed).count();
    format!(
        "{:<8}{:>4}{:>7}{passed:>8}{listed}{:>12}\n",
        run.suite.to_string(),
        run.signature.to_string(),
        run.results.len(),
        comparison.wrong.len()
    )
}
