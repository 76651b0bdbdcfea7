//! Runs a suite's program to the end of its tests: one that hangs, or takes the program down, costs itself and not those
//! after it, because the rest is run again in a new program.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::results::{self, Results, TestResult, Verdict};
use crate::process::{self, Running};

/// How often a program is looked at that says nothing.
const TICK: Duration = Duration::from_millis(200);
/// So many lines of what a test prints are kept.
const NOTE_LINES: usize = 30;
const NOTE_LINE: usize = 400;

/// What a line of a program's output tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Started(String),
    Ended(String, Verdict),
    /// Something about the frame around the tests; no test's own words.
    Frame,
}

/// Reads events out of a program's lines.
pub(super) type Reader = fn(&str) -> Option<Event>;

/// The tests of a program that is running, as far as they are known.
struct Progress {
    remaining: Vec<String>,
    current: Option<String>,
    since: Instant,
    note: Vec<String>,
    results: Results,
}

/// Runs these tests, each within the bound, in as many programs as it takes; `program` starts one for the tests given.
pub(super) fn run(
    tests: Vec<String>,
    bound: Duration,
    reader: Reader,
    log: &mut File,
    mut program: impl FnMut(&[String]) -> anyhow::Result<Command>,
    mut ended: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Results> {
    let mut progress = Progress::new(tests);
    while !progress.remaining.is_empty() {
        let before = progress.remaining.len();
        let mut command = program(&progress.remaining)?;
        let why = one_program(&mut command, &mut progress, bound, reader, log)?;
        ended()?;
        progress.cut(why);
        if progress.remaining.len() == before {
            progress.give_up();
        }
    }
    Ok(progress.results)
}

/// Runs one program until it ends or a test is over its time.
fn one_program(
    command: &mut Command,
    progress: &mut Progress,
    bound: Duration,
    reader: Reader,
    log: &mut File,
) -> anyhow::Result<Verdict> {
    let (output, input) = std::io::pipe()?;
    let mut child = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(input.try_clone()?)
        .stderr(input)
        .spawn()
        .map(Running)
        .with_context(|| format!("{command:?} could not be started"))?;
    // The command holds the writing ends of the pipe, which would keep it from ever ending.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let lines = process::lines_from(output);
    progress.since = Instant::now();
    let verdict = loop {
        match lines.recv_timeout(TICK) {
            Ok(line) => {
                writeln!(log, "{line}").context("the log cannot be written")?;
                progress.line(&line, reader);
            }
            Err(RecvTimeoutError::Timeout) if child.0.try_wait()?.is_some() => break Verdict::Died,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break Verdict::Died,
        }
        if progress.since.elapsed() > bound {
            break Verdict::TimedOut;
        }
    };
    process::kill_group(&mut child.0);
    Ok(verdict)
}

impl Progress {
    fn new(tests: Vec<String>) -> Progress {
        Progress {
            remaining: tests,
            current: None,
            since: Instant::now(),
            note: Vec::new(),
            results: Results::new(),
        }
    }

    /// Takes in a line of the program.
    fn line(&mut self, line: &str, reader: Reader) {
        match reader(line) {
            Some(Event::Started(test)) => {
                self.note.clear();
                self.since = Instant::now();
                self.current = Some(test);
            }
            Some(Event::Ended(test, verdict)) => self.end(test, verdict),
            Some(Event::Frame) => {}
            None => {
                if self.note.len() == NOTE_LINES {
                    self.note.remove(0);
                }
                self.note.push(line.chars().take(NOTE_LINE).collect());
            }
        }
    }

    fn end(&mut self, test: String, verdict: Verdict) {
        let note = if verdict == Verdict::Passed { String::new() } else { self.note.join("\n") };
        self.note.clear();
        self.remaining.retain(|other| *other != test);
        let seconds = self.since.elapsed().as_secs_f64();
        results::add(&mut self.results, test, TestResult { verdict, seconds, note });
        self.current = None;
        self.since = Instant::now();
    }

    /// Ends the test that was under way when the program went.
    fn cut(&mut self, verdict: Verdict) {
        if let Some(test) = self.current.take() {
            self.end(test, verdict);
        }
    }

    /// Ends all that are left: a program that comes to none of them will not do so another time.
    fn give_up(&mut self) {
        let note = std::mem::take(&mut self.note);
        for test in std::mem::take(&mut self.remaining) {
            self.note.clone_from(&note);
            self.end(test, Verdict::NotReached);
        }
    }
}

/// Fails if a program that only lists does not succeed; its output otherwise.
pub(super) fn lines_of(command: &mut Command) -> anyhow::Result<Vec<String>> {
    let done = command.output().with_context(|| format!("{command:?} could not be started"))?;
    if !done.status.success() {
        bail!(
            "{command:?} ended with {}:\n{}{}",
            done.status,
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&done.stdout).lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(line: &str) -> Option<Event> {
        let (word, test) = line.split_once(' ')?;
        let test = test.to_owned();
        match word {
            "start" => Some(Event::Started(test)),
            "pass" => Some(Event::Ended(test, Verdict::Passed)),
            "fail" => Some(Event::Ended(test, Verdict::Failed)),
            _ => None,
        }
    }

    /// Runs a script as a suite's program; `$@` are the tests it is asked for.
    fn outcome(tests: &[&str], script: &str) -> Vec<(String, Verdict, String)> {
        let mut log = tempfile::tempfile().unwrap();
        let tests = tests.iter().map(|test| (*test).to_owned()).collect();
        let program = |tests: &[String]| {
            let mut command = Command::new("sh");
            command.args(["-c", script, "sh"]).args(tests);
            Ok(command)
        };
        let results = run(tests, Duration::from_millis(600), reader, &mut log, program, || Ok(())).unwrap();
        results.into_iter().map(|(test, result)| (test, result.verdict, result.note)).collect()
    }

    fn row(test: &str, verdict: Verdict, note: &str) -> (String, Verdict, String) {
        (test.to_owned(), verdict, note.to_owned())
    }

    #[test]
    fn a_test_keeps_what_it_printed_only_if_it_failed() {
        assert_eq!(
            outcome(&["a", "b"], "echo start a; echo x; echo pass a; echo start b; echo y >&2; echo fail b"),
            [row("a", Verdict::Passed, ""), row("b", Verdict::Failed, "y")]
        );
    }

    #[test]
    fn a_test_that_hangs_or_kills_the_program_costs_only_itself() {
        let one_by_one = "for t in \"$@\"; do echo start $t; case $t in hang) sleep 60;; die) exit 2;; esac; \
                          echo pass $t; done";
        assert_eq!(
            outcome(&["a", "hang", "b", "die", "c"], one_by_one),
            [
                row("a", Verdict::Passed, ""),
                row("b", Verdict::Passed, ""),
                row("c", Verdict::Passed, ""),
                row("die", Verdict::Died, ""),
                row("hang", Verdict::TimedOut, ""),
            ]
        );
    }

    #[test]
    fn a_program_that_comes_to_no_test_is_not_started_for_ever() {
        assert_eq!(
            outcome(&["a", "b"], "echo no such module"),
            [
                row("a", Verdict::NotReached, "no such module"),
                row("b", Verdict::NotReached, "no such module")
            ]
        );
    }
}
