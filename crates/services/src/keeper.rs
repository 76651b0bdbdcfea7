//! A process that ends with the one that started it, however that ends: a shell stands between the two and waits for the end of
//! a pipe.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::process::Pid;

/// Runs the program until a line names the signal that ends it, or the pipe ends: then its folder goes with it. Who leaves a
/// stopped process behind makes the system send a hang-up, which must not end the shell first.
const SCRIPT: &str = r#"
trap '' HUP
"$@" </dev/null >>"$LOG" 2>&1 &
echo $!
read -r signal
kill -"${signal:-$LAST_SIGNAL}" $! 2>/dev/null
kill -CONT $! 2>/dev/null
wait $!
[ -n "$signal" ] || [ -z "$FOLDER" ] || rm -rf -- "$FOLDER"
"#;

/// How to keep a process.
#[derive(Debug)]
pub(crate) struct Keep<'a> {
    /// Where what it prints goes to.
    pub(crate) log: &'a Path,
    /// What ends it when nobody wants it any more.
    pub(crate) last_signal: &'a str,
    /// Removed then.
    pub(crate) folder: Option<&'a Path>,
}

/// The process.
#[derive(Debug)]
pub(crate) struct Keeper {
    shell: Child,
    /// Closed to end it.
    input: Option<ChildStdin>,
    pid: Pid,
    log: PathBuf,
}

impl Keeper {
    /// Starts this program with its arguments and environment.
    pub(crate) fn start(program: &Command, keep: &Keep<'_>) -> io::Result<Self> {
        File::options().create(true).append(true).open(keep.log)?;
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, "sh"]).arg(program.get_program()).args(program.get_args());
        for (name, value) in program.get_envs() {
            shell.env(name, value.unwrap_or_default());
        }
        shell.env("LOG", keep.log).env("LAST_SIGNAL", keep.last_signal);
        shell.env("FOLDER", keep.folder.unwrap_or(Path::new("")));
        // An interrupt from the terminal is for who started it, who ends it then.
        shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut shell = shell.spawn()?;
        let input = shell.stdin.take();
        let mut line = String::new();
        if let Some(output) = shell.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let pid = line.trim().parse().ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other("the shell does not tell the process's number"))?;
        Ok(Self { shell, input, pid, log: keep.log.to_owned() })
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Ends the process by the signal of this name, and leaves its folder.
    pub(crate) fn end(mut self, signal: &str) -> io::Result<()> {
        if let Some(mut input) = self.input.take() {
            writeln!(input, "{signal}")?;
        }
        self.shell.wait()?;
        Ok(())
    }

    /// Tells that the process has ended by itself, with the end of what it printed.
    pub(crate) fn check_running(&self) -> io::Result<()> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid.as_raw_nonzero()));
        let state = stat.ok().and_then(|stat| stat.rsplit_once(") ")?.1.chars().next());
        if state.is_some_and(|state| state != 'Z') {
            return Ok(());
        }
        Err(io::Error::other(format!("it has ended: {}", self.last_words())))
    }

    /// Returns the end of what the process printed.
    pub(crate) fn last_words(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let end = log.get(log.len().saturating_sub(1000)..).unwrap_or_default();
        String::from_utf8_lossy(end).trim().to_owned()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.shell.wait();
    }
}
