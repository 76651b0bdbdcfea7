//! The server as its users run it: a process with a data folder, or over the places of a cluster, found by its `ready` line.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::nodes::{self, Front};
use crate::request::Request;
use crate::signing::root_key;
use crate::wire::{Answer, Wire};

/// The master key of the nodes that tests start.
pub const MASTER_KEY: &str = "3c8f0d0e5b7a49f6a1d24e6b8c9d0a1f3c8f0d0e5b7a49f6a1d24e6b8c9d0a1f";

/// How to start a server.
#[derive(Debug, Default)]
pub struct Setup {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    data: Option<PathBuf>,
    cluster: Option<(String, String)>,
    no_private_callbacks: bool,
    bare: bool,
    lasting: bool,
    limits: Option<String>,
}

/// A running server, killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    /// The process, the first of several.
    pub child: Child,
    /// The other processes of a cluster that stands for a server.
    peers: Vec<Child>,
    _front: Option<Front>,
    folder: Option<TempDir>,
    data: PathBuf,
    ready: String,
    log: Arc<Mutex<String>>,
}

/// A process that ended by itself.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// All that it printed.
    pub stdout: String,
    /// All that it logged.
    pub stderr: String,
}

impl Setup {
    /// Returns a setup with the settings that tests want.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds arguments of `ossicle serve`.
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// Sets a variable of the environment, such as `OSSICLE_CALLBACK_TIMEOUT_MS`.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Uses a folder that outlives the server.
    pub fn data(mut self, folder: &Path) -> Self {
        self.data = Some(folder.to_owned());
        self
    }

    /// Runs the server as a node of a cluster over this database and this place for content, without a data folder. Its
    /// master key is [`MASTER_KEY`], unless the environment has another.
    pub fn cluster(mut self, metadata_url: &str, data_url: &str) -> Self {
        self.cluster = Some((metadata_url.to_owned(), data_url.to_owned()));
        self
    }

    /// Refuses callbacks to private addresses, as a server does unless told otherwise.
    pub fn no_private_callbacks(mut self) -> Self {
        self.no_private_callbacks = true;
        self
    }

    /// Passes nothing but what the test gives.
    pub fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Lets the server last as long as this process. Nothing is dropped at its end, so a shell waits for that end on a
    /// pipe and kills the server then.
    pub fn lasting(mut self) -> Self {
        self.lasting = true;
        self
    }

    /// Starts the server after a command of the shell, such as `ulimit -S -n 256`.
    pub fn under(mut self, limits: &str) -> Self {
        self.limits = Some(limits.to_owned());
        self
    }

    fn command(&self, folder: &Path, data: &Path) -> Command {
        let binary = binary();
        let mut command = if self.lasting {
            let mut command = Command::new("/bin/sh");
            let script = "folder=$1; shift; \"$@\" < /dev/null & server=$!; read -r _; kill -9 $server; rm -rf \"$folder\"";
            command.args(["-c", script, "sh"]).arg(folder).arg(binary).stdin(Stdio::piped());
            command
        } else if let Some(limits) = &self.limits {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", &format!("{limits} && exec \"$@\""), "sh"]).arg(binary);
            command
        } else {
            Command::new(binary)
        };
        command.env_clear().stdout(Stdio::piped()).stderr(Stdio::piped());
        if !self.lasting {
            command.stdin(Stdio::null());
        }
        if !self.bare {
            let key = root_key();
            command
                .env("OSSICLE_ROOT_ACCESS_KEY_ID", key.id)
                .env("OSSICLE_ROOT_ACCESS_KEY_SECRET", key.secret);
            command.arg("serve");
            match &self.cluster {
                Some((metadata, content)) => command
                    .env("OSSICLE_STORAGE_METADATA", metadata)
                    .env("OSSICLE_STORAGE_DATA", content)
                    .env("OSSICLE_MASTER_KEY", MASTER_KEY),
                None => command.arg("--data-dir").arg(data),
            };
            for place in ["--listen", "--console"] {
                if !self.arguments.iter().any(|argument| argument == place) {
                    command.args([place, "127.0.0.1:0"]);
                }
            }
            // Some archived object has to be readable without a wait.
            command.env("OSSICLE_RESTORE_COLD_ARCHIVE_EXPEDITED_S", "0");
            if !self.no_private_callbacks {
                command.arg("--allow-private-callbacks");
            }
        }
        command.args(&self.arguments).envs(self.environment.iter().cloned());
        command
    }

    /// Starts and waits until the server says that it is ready.
    #[track_caller]
    pub fn start(self) -> Server {
        self.try_start().unwrap_or_else(|ended| panic!("{ended}"))
    }

    /// Does the same, or returns what a server that ended instead said.
    pub fn try_start(mut self) -> Result<Server, String> {
        let folder = folder();
        let data = self.data.clone().unwrap_or_else(|| folder.path().join("data"));
        let log = Arc::new(Mutex::new(String::new()));
        let Some(count) = nodes::wanted().filter(|_| !self.bare && self.cluster.is_none()) else {
            let (child, ready) = self.start_one(folder.path(), &data, &log)?;
            let (peers, _front, folder) = (Vec::new(), None, Some(folder));
            return Ok(Server { child, peers, _front, folder, data, ready, log });
        };
        self.cluster = Some(nodes::places(&data));
        let (mut processes, mut ready) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (child, line) = self.start_one(folder.path(), &data, &log)?;
            processes.push(child);
            ready.push(line);
        }
        let (front, ready) = Front::start(&ready);
        let peers = processes.split_off(1);
        let child = processes.remove(0);
        Ok(Server { child, peers, _front: Some(front), folder: Some(folder), data, ready, log })
    }

    fn start_one(
        &self,
        folder: &Path,
        data: &Path,
        log: &Arc<Mutex<String>>,
    ) -> Result<(Child, String), String> {
        let mut child = self.command(folder, data).spawn().unwrap();
        let (kept, stderr) = (Arc::clone(log), child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines() {
                let Ok(line) = line else { break };
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        match line.strip_prefix("ready ") {
            Some(json) => Ok((child, json.trim_end().to_owned())),
            None => {
                let status = child.wait().unwrap();
                Err(format!("not ready, {status}: {line:?} {}", log.lock().unwrap()))
            }
        }
    }

    /// Runs a command that must end by itself.
    pub fn run(self) -> Ended {
        let folder = folder();
        let data = self.data.clone().unwrap_or_else(|| folder.path().join("data"));
        let mut child = self.command(folder.path(), &data).spawn().unwrap();
        let status = wait(&mut child, Duration::from_secs(20)).unwrap_or_else(|| {
            child.kill().unwrap();
            panic!("the command did not end: {self:?}");
        });
        let (mut stdout, mut stderr) = (String::new(), String::new());
        child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        Ended { status, stdout, stderr }
    }
}

impl Server {
    /// Returns the server that most tests share.
    pub fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Arc<Server>> = OnceLock::new();
        static ALONE: OnceLock<Arc<Server>> = OnceLock::new();
        let shared = if nodes::is_alone() { &ALONE } else { &SHARED };
        let server = shared.get_or_init(|| Arc::new(Setup::new().lasting().start()));
        server.assert_unharmed();
        Arc::clone(server)
    }

    fn assert_unharmed(&self) {
        let log = self.log();
        assert!(!log.contains("panicked at"), "the server panicked:\n{log}");
        assert!(!log.contains("InternalError"), "the server failed:\n{log}");
    }

    /// Returns the `ready` line's JSON.
    pub fn ready(&self) -> &str {
        &self.ready
    }

    /// Returns the address of the API.
    pub fn address(&self) -> SocketAddr {
        self.url("endpoint")
    }

    /// Returns the address of the console.
    pub fn console(&self) -> SocketAddr {
        self.url("console")
    }

    /// Returns the address of the Security Token Service, where it has one of its own.
    pub fn sts(&self) -> SocketAddr {
        self.url("sts")
    }

    fn url(&self, name: &str) -> SocketAddr {
        let ready: serde_json::Value = serde_json::from_str(&self.ready).unwrap();
        let url = ready[name].as_str().unwrap();
        let authority = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap();
        authority.parse().unwrap()
    }

    /// Begins a request to the API.
    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::new(self.address(), method, target)
    }

    /// Asks the console, with the root key for a password.
    #[track_caller]
    pub fn ask_console(&self, path: &str) -> Answer {
        self.send_to_console("GET", path, "")
    }

    /// Asks the console to do something.
    #[track_caller]
    pub fn post_console(&self, path: &str) -> Answer {
        self.send_to_console("POST", path, "")
    }

    /// Administers accounts, users, roles, keys and policies: `users/alice`, with a document or null.
    #[track_caller]
    pub fn administer(&self, method: &str, path: &str, document: &serde_json::Value) -> Answer {
        let body = if document.is_null() { String::new() } else { document.to_string() };
        self.send_to_console(method, &format!("/api/access/{path}"), &body)
    }

    /// Makes an access key at `keys` with these parameters (`?user=alice`), and returns its id and secret.
    #[track_caller]
    pub fn make_key(&self, parameters: &str) -> (String, String) {
        let made =
            self.administer("POST", &format!("keys{parameters}"), &serde_json::Value::Null).expect(200);
        let made: serde_json::Value = serde_json::from_str(made.text()).unwrap();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("id"), text("secret"))
    }

    #[track_caller]
    fn send_to_console(&self, method: &str, path: &str, body: &str) -> Answer {
        let (key, mut wire) = (root_key(), Wire::open(self.console()));
        let basic = STANDARD.encode(format!("{}:{}", key.id, key.secret));
        wire.send(format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Authorization: Basic {basic}\r\n\r\n{body}",
            self.console(),
            body.len()
        ));
        wire.answer()
    }

    /// Returns the journal's record of the callback that this answer is about, once its outcome is known.
    #[track_caller]
    pub fn delivery(&self, answer: &Answer) -> serde_json::Value {
        self.delivery_of(answer.must("x-oss-request-id"))
    }

    /// Returns the journal's record of this id, once its outcome is known.
    #[track_caller]
    pub fn delivery_of(&self, id: &str) -> serde_json::Value {
        self.delivery_once(id, |state| state != "pending")
    }

    /// Returns the journal's record once its state is what the test waits for, or as it is when that takes too
    /// long.
    #[track_caller]
    pub fn delivery_once(&self, id: &str, awaited: impl Fn(&str) -> bool) -> serde_json::Value {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let answer = self.ask_console(&format!("/api/deliveries/{id}")).expect(200);
            let record: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            if awaited(record["state"].as_str().unwrap()) || Instant::now() > deadline {
                return record;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Returns the public key that verifies callbacks, from the console.
    #[track_caller]
    pub fn public_key(&self) -> String {
        let mut wire = Wire::open(self.console());
        wire.send(format!("GET /callback_pub_key_v1.pem HTTP/1.1\r\nHost: {}\r\n\r\n", self.console()));
        wire.answer().expect(200).text().to_owned()
    }

    /// Returns the data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Returns the process's memory, in bytes.
    pub fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }

    /// Returns what was logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for a log line with this text.
    #[track_caller]
    pub fn wait_for_log(&self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !self.log().contains(text) {
            assert!(Instant::now() < deadline, "no {text:?} in the log:\n{}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asks the server to end, as a service manager does.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends the server as a power switch would, as far as a process can tell.
    pub fn crash(&self) {
        self.signal(Signal::KILL);
    }

    /// Sends a signal to its processes.
    pub fn signal(&self, signal: Signal) {
        for process in std::iter::once(&self.child).chain(&self.peers) {
            let id = Pid::from_raw(i32::try_from(process.id()).unwrap()).unwrap();
            kill_process(id, signal).unwrap();
        }
    }

    /// Waits for the end, which is that of the first process with a failure if one has any.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let processes = std::iter::once(&mut self.child).chain(&mut self.peers);
        let ends: Vec<ExitStatus> = processes
            .map(|process| wait(process, Duration::from_secs(20)).expect("the server did not end"))
            .collect();
        ends.iter().find(|end| !end.success()).copied().unwrap_or(ends[0])
    }

    /// Kills the server and keeps its data folder.
    pub fn kill(mut self) -> TempDir {
        self.end();
        self.folder.take().unwrap()
    }

    fn end(&mut self) {
        for process in std::iter::once(&mut self.child).chain(&mut self.peers) {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
        if !thread::panicking() {
            self.assert_unharmed();
        }
    }
}

/// Finds the server's binary: cargo names it to the tests that it runs. A test that is started by hand finds it beside the
/// folder that the test itself is in.
pub fn binary() -> PathBuf {
    std::env::var_os("CARGO_BIN_EXE_ossicle").map_or_else(
        || std::env::current_exe().unwrap().parent().unwrap().with_file_name("ossicle"),
        PathBuf::from,
    )
}

/// Makes a new folder, in memory where the system has such a place: these tests wait for no disk.
pub fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

fn wait(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
}
