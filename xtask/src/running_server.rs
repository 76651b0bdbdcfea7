//! A server that is tested or measured: `ossicle serve` on free ports with a data folder of its own, stopped and checked at
//! the end.

use std::ffi::OsString;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::process::{self, Running};
use crate::workspace;

/// The keys every suite signs with.
pub(crate) const ACCESS_KEY_ID: &str = "conformance-key-id";
pub(crate) const ACCESS_KEY_SECRET: &str = "conformance-key-secret";

const START_BOUND: Duration = Duration::from_secs(30);
const STOP_BOUND: Duration = Duration::from_secs(30);

/// A server that has said it is ready.
pub(crate) struct RunningServer {
    pub(crate) endpoint: String,
    pub(crate) console: String,
    pub(crate) sts: String,
    process: Running,
    binary: PathBuf,
    how: How,
    log: PathBuf,
    /// Removed with everything in it when the server is gone. A node of a cluster has none.
    _data: Option<TempDir>,
}

/// How to start a server.
struct How {
    ports: Ports,
    arguments: Vec<OsString>,
    /// Environment variables.
    settings: Vec<(String, String)>,
}

/// Where the API and the console listen. STS always has a free port.
type Ports = [&'static str; 2];

/// Environment variables that set what is not as by default.
pub(crate) type Settings = &'static [(&'static str, &'static str)];

/// The URLs of the API, the console and STS.
type Urls = [String; 3];

const FREE_PORTS: Ports = ["127.0.0.1:0", "127.0.0.1:0"];
/// That of HTTP for the API, for clients that are told a host name only.
const WELL_KNOWN_PORTS: Ports = ["127.0.0.1:80", "127.0.0.1:9001"];

impl RunningServer {
    /// Starts a server; its data folder and its log are in `target/servers`, on a disk rather than in memory.
    pub(crate) fn start(binary: &Path, name: &str) -> anyhow::Result<RunningServer> {
        let folder = workspace::target_dir().join("servers");
        std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let data =
            tempfile::Builder::new().prefix(name).tempdir_in(&folder).context("no temporary folder")?;
        let log = folder.join(format!("{name}.log"));
        Self::start_on(binary, FREE_PORTS, &[], log, data)
    }

    /// Starts a node of a cluster, with what it is told in its environment and perhaps a configuration file.
    pub(crate) fn start_node(
        binary: &Path,
        name: &str,
        config: Option<&Path>,
        settings: Vec<(String, String)>,
    ) -> anyhow::Result<RunningServer> {
        let log = workspace::target_dir().join("servers").join(format!("{name}.log"));
        let arguments = config.map(|config| vec!["--config".into(), config.into()]).unwrap_or_default();
        Self::start_with(binary, How { ports: FREE_PORTS, arguments, settings }, log, None)
    }

    /// Starts a server on the ports of the service itself, with everything of it in this folder.
    pub(crate) fn start_on_well_known_ports(
        binary: &Path,
        folder: &Path,
        settings: Settings,
    ) -> anyhow::Result<RunningServer> {
        let data =
            tempfile::Builder::new().prefix("server").tempdir_in(folder).context("no temporary folder")?;
        let log = data.path().with_added_extension("log");
        Self::start_on(binary, WELL_KNOWN_PORTS, settings, log, data)
    }

    fn start_on(
        binary: &Path,
        ports: Ports,
        settings: Settings,
        log: PathBuf,
        data: TempDir,
    ) -> anyhow::Result<RunningServer> {
        let arguments = vec!["--data-dir".into(), data.path().into()];
        let settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::start_with(binary, How { ports, arguments, settings }, log, Some(data))
    }

    fn start_with(
        binary: &Path,
        how: How,
        log: PathBuf,
        data: Option<TempDir>,
    ) -> anyhow::Result<RunningServer> {
        let (process, [endpoint, console, sts]) = launch(binary, &how, &log)?;
        let binary = binary.to_path_buf();
        Ok(RunningServer { endpoint, console, sts, process, binary, how, log, _data: data })
    }

    /// Returns where the API listens.
    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        let authority = self.endpoint.strip_prefix("http://").context("not a plain HTTP endpoint")?;
        authority.parse().with_context(|| format!("not an address: {authority}"))
    }

    /// Returns the server's process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// Returns the end of what the server has logged so far.
    pub(crate) fn log_tail(&self) -> String {
        tail(&self.log)
    }

    /// Ends the server with SIGKILL, or cleanly, and starts it again on its data; says how long the start took.
    pub(crate) fn restart(&mut self, kill: bool) -> anyhow::Result<Duration> {
        if kill {
            self.process.0.kill()?;
            self.process.0.wait()?;
        } else {
            self.end_cleanly()?;
        }
        let before = Instant::now();
        (self.process, [self.endpoint, self.console, self.sts]) = launch(&self.binary, &self.how, &self.log)?;
        Ok(before.elapsed())
    }

    /// Stops the server as an operator would; anything but a clean exit is an error.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        self.end_cleanly()
    }

    fn end_cleanly(&mut self) -> anyhow::Result<()> {
        let status = process::terminate(&mut self.process, STOP_BOUND).context("stopping the server")?;
        if !status.success() {
            bail!("after SIGTERM the server ended with {status}, not 0; its log says:\n{}", tail(&self.log));
        }
        Ok(())
    }
}

fn launch(binary: &Path, how: &How, log: &Path) -> anyhow::Result<(Running, Urls)> {
    let [api, console] = how.ports;
    let process = Command::new(binary)
        .args(["serve", "--listen", api, "--console", console, "--allow-private-callbacks"])
        .args(&how.arguments)
        .env("OSSICLE_ROOT_ACCESS_KEY_ID", ACCESS_KEY_ID)
        .env("OSSICLE_ROOT_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET)
        .env("OSSICLE_STS_LISTEN", "127.0.0.1:0")
        .env("NO_COLOR", "1")
        .envs(how.settings.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(log).with_context(|| format!("{} cannot be written", log.display()))?)
        .spawn()
        .with_context(|| format!("{} could not be started", binary.display()))?;
    let mut process = Running(process);
    let urls = wait_until_ready(&mut process.0)
        .with_context(|| format!("the server did not start, its log says:\n{}", tail(log)))?;
    Ok((process, urls))
}

fn wait_until_ready(process: &mut Child) -> anyhow::Result<Urls> {
    let output = process::lines_of(process)?;
    let line = output.recv_timeout(START_BOUND).context("no line on standard output")?;
    let urls = ready_line(&line).with_context(|| format!("not a ready line: {line}"))?;
    // Whatever it prints later must find a reader, or the server would stall on a full pipe.
    std::thread::spawn(move || output.into_iter().for_each(drop));
    Ok(urls)
}

/// Reads `ready {"endpoint":"http://…","console":"http://…","sts":"http://…"}`. Builds of before, which benchmarks are run
/// against, have no STS.
fn ready_line(line: &str) -> Option<Urls> {
    let said: serde_json::Value = serde_json::from_str(line.strip_prefix("ready ")?).ok()?;
    let address = |name: &str| Some(said.get(name)?.as_str()?.to_owned());
    Some([address("endpoint")?, address("console")?, address("sts").unwrap_or_default()])
}

fn tail(log: &Path) -> String {
    let text =
        std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(20)).copied().collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_lines() {
        let check = |line: &str, expected: Option<[&str; 3]>| {
            assert_eq!(ready_line(line), expected.map(|urls| urls.map(str::to_owned)), "{line}");
        };
        check(
            r#"ready {"endpoint":"http://127.0.0.1:9000","console":"http://127.0.0.1:9001","sts":"http://127.0.0.1:9003"}"#,
            Some(["http://127.0.0.1:9000", "http://127.0.0.1:9001", "http://127.0.0.1:9003"]),
        );
        check(r#"ready {"endpoint":"a","console":"b"}"#, Some(["a", "b", ""]));
        check(r#"ready {"endpoint":"http://127.0.0.1:9000"}"#, None);
        check("listening on 9000", None);
    }

    #[test]
    fn a_server_that_exits_at_once_is_reported_with_its_words() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("server");
        std::fs::write(&program, "#!/bin/sh\necho 'no keys' >&2\nexit 2\n").unwrap();
        std::process::Command::new("chmod").arg("+x").arg(&program).status().unwrap();
        let error = RunningServer::start(&program, "exits-at-once").err().unwrap();
        assert!(format!("{error:#}").contains("no keys"), "{error:#}");
    }
}
