//! Running a command to its end.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::harness::signing::root_key;
use crate::harness::{Bucket, Server};

/// How a command ended and what it wrote.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// Standard output as one JSON document a line.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{self:?}")))
            .collect()
    }

    /// Checks the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(code == 0, self.err.is_empty(), "an error is told on standard error: {self:?}");
        self
    }
}

/// Runs `ossicle` with these arguments.
#[track_caller]
pub(crate) fn ossicle(arguments: &[&str]) -> Done {
    with_input(arguments, b"", None)
}

/// The same against the console of a server, with the root key in the environment.
#[track_caller]
pub(crate) fn on(server: &Server, arguments: &[&str]) -> Done {
    with_input(arguments, b"", Some(server))
}

/// The same with something on standard input.
#[track_caller]
pub(crate) fn with_input(arguments: &[&str], input: &[u8], server: Option<&Server>) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ossicle"));
    command.env_clear().args(arguments);
    if let Some(server) = server {
        let key = root_key();
        command
            .env("OSSICLE_CONSOLE", format!("http://{}", server.console()))
            .env("OSSICLE_ROOT_ACCESS_KEY_ID", key.id)
            .env("OSSICLE_ROOT_ACCESS_KEY_SECRET", key.secret);
    }
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that has no use for its input may be gone before it is written.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Done { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// Uploads with a callback and tells the id of its delivery.
#[track_caller]
pub(crate) fn upload(bucket: &Bucket, key: &str, url: &str) -> String {
    let callback = json!({"callbackUrl": url, "callbackBody": "key=${object}&size=${size}"});
    let value = STANDARD.encode(callback.to_string());
    let answer = bucket.key("PUT", key).header("x-oss-callback", &value).body("Hello OSS!").send();
    assert!(matches!(answer.status, 200 | 203), "{answer:?}");
    let id = answer.must("x-oss-request-id").to_owned();
    bucket.server.delivery_of(&id);
    id
}

/// A file in a folder, by its text.
pub(crate) fn path(folder: &Path, name: &str) -> String {
    PathBuf::from(folder).join(name).to_str().unwrap().to_owned()
}
