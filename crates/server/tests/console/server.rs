//! The binary as its users run it, on ports and in a folder of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) const KEY_ID: &str = "console-test";
pub(crate) const KEY_SECRET: &str = "console-test-secret";

/// A server that runs until this is dropped.
pub(crate) struct Server {
    process: Child,
    /// Authority of the API.
    pub(crate) endpoint: String,
    /// Authority of the console.
    pub(crate) console: String,
    /// Authority of the listener for metrics, if there is one.
    pub(crate) metrics: Option<String>,
    _data: Option<TempDir>,
}

impl Server {
    /// `ossicle serve`, with further settings in the environment.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().to_owned();
        Self::launch(&path, Some(data), settings)
    }

    /// The same in a folder that outlives it.
    pub(crate) fn start_in(data: &Path, settings: &[(&str, &str)]) -> Self {
        Self::launch(data, None, settings)
    }

    fn launch(path: &Path, data: Option<TempDir>, settings: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ossicle"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--console",
                "127.0.0.1:0",
                "--allow-private-callbacks",
            ])
            .arg("--data-dir")
            .arg(path)
            .env("OSSICLE_ROOT_ACCESS_KEY_ID", KEY_ID)
            .env("OSSICLE_ROOT_ACCESS_KEY_SECRET", KEY_SECRET)
            .env("OSSICLE_LOG_LEVEL", "error")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(line.strip_prefix("ready ").unwrap()).unwrap();
        let authority =
            |name: &str| ready[name].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        let metrics = ready.get("metrics").map(|_| authority("metrics"));
        Self { endpoint: authority("endpoint"), console: authority("console"), metrics, process, _data: data }
    }

    /// `ossicle dev`, once it waits for uploads.
    pub(crate) fn start_dev() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_ossicle"))
            .args(["dev", "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0", "--sts", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(data.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut authority = |name: &str| {
            let line = lines.find(|line| line.trim_start().starts_with(name)).unwrap();
            let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
            url.strip_prefix("http://").unwrap().to_owned()
        };
        let (endpoint, console) = (authority("store"), authority("console"));
        // Nobody may close the pipe while the server prints.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, endpoint, console, metrics: None, _data: Some(data) }
    }

    /// Asks it to stop and tells how long that took.
    pub(crate) fn stop(mut self) -> Duration {
        let begun = Instant::now();
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                assert!(status.success());
                return begun.elapsed();
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "the server does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
