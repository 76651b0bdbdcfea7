//! Child processes: their output shown as it comes and kept, their time bounded, nothing left running behind them.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal};

/// How long output may still arrive from grandchildren after the child itself has exited.
const OUTPUT_GRACE: Duration = Duration::from_secs(2);

/// A child that has come to its end.
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    /// What it printed on standard output.
    pub(crate) lines: Vec<String>,
}

/// A child that does not outlive this value.
#[derive(Debug)]
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both are errors when the child has ended already, which is the ordinary case.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a child to its end, showing its standard output line by line.
///
/// With a bound the child leads a process group of its own, so that a program that outlives it goes together with all
/// it started. Without one it stays in ours, where Ctrl-C on a terminal reaches it.
pub(crate) fn run_showing(command: &mut Command, bound: Option<Duration>) -> anyhow::Result<Finished> {
    let program = command.get_program().to_string_lossy().into_owned();
    if bound.is_some() {
        command.process_group(0);
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{program}` could not be started"))?;
    let output = lines_of(&mut child)?;
    let started = Instant::now();
    let mut lines = Vec::new();
    let mut ended: Option<(ExitStatus, Instant)> = None;
    loop {
        match output.recv_timeout(Duration::from_millis(50)) {
            Ok(line) => {
                println!("{line}");
                lines.push(line);
            }
            Err(RecvTimeoutError::Disconnected) if ended.is_some() => break,
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(Duration::from_millis(20)),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if ended.is_none() {
            ended = child.try_wait()?.map(|status| (status, Instant::now()));
        }
        if ended.is_some_and(|(_, at)| at.elapsed() > OUTPUT_GRACE) {
            break;
        }
        if let (None, Some(bound)) = (&ended, bound)
            && started.elapsed() > bound
        {
            kill_group(&mut child);
            bail!("`{program}` was still running after {} s and was stopped", bound.as_secs());
        }
    }
    if bound.is_some() {
        kill_group(&mut child);
    }
    match ended {
        Some((status, _)) => Ok(Finished { status, lines }),
        None => bail!("`{program}` closed its output but did not end"),
    }
}

/// Reads the lines that a child prints on standard output, by a thread of their own.
pub(crate) fn lines_of(child: &mut Child) -> anyhow::Result<Receiver<String>> {
    Ok(lines_from(child.stdout.take().context("the child's output is not a pipe")?))
}

/// Reads the lines that come out of a pipe, by a thread of their own.
pub(crate) fn lines_from(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Asks a child to stop and waits; one that does not obey is killed and reported.
pub(crate) fn terminate(Running(child): &mut Running, bound: Duration) -> anyhow::Result<ExitStatus> {
    if let Some(pid) = Pid::from_raw(i32::try_from(child.id())?) {
        rustix::process::kill_process(pid, Signal::TERM).context("SIGTERM could not be sent")?;
    }
    let deadline = Instant::now() + bound;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().context("the process could not be killed")?;
    child.wait().context("the killed process could not be waited for")?;
    bail!("the process was still running {} s after SIGTERM and was killed", bound.as_secs())
}

/// Ends a child that leads a process group of its own, with all that it started.
pub(crate) fn kill_group(child: &mut Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // The group is empty already when the child ended cleanly, which is an error here and a good thing there.
        let _ = rustix::process::kill_process_group(pid, Signal::KILL);
    }
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_and_status_are_kept() {
        let finished = run_showing(&mut shell("echo one; echo two; exit 3"), None).unwrap();
        assert_eq!(finished.lines, ["one", "two"]);
        assert_eq!(finished.status.code(), Some(3));
    }

    #[test]
    fn a_program_over_its_time_is_stopped_with_its_children() {
        let started = Instant::now();
        let outcome = run_showing(&mut shell("sleep 60 & sleep 60"), Some(Duration::from_millis(200)));
        assert!(outcome.is_err());
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_grandchild_that_keeps_the_output_open_does_not_hold_us_up() {
        let started = Instant::now();
        let finished =
            run_showing(&mut shell("sleep 60 & echo done"), Some(Duration::from_secs(30))).unwrap();
        assert_eq!(finished.lines, ["done"]);
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn terminate_reports_the_exit_code_of_a_program_that_obeys() {
        let mut child = Running(shell("trap 'exit 7' TERM; while :; do sleep 0.05; done").spawn().unwrap());
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(terminate(&mut child, Duration::from_secs(5)).unwrap().code(), Some(7));
    }
}
