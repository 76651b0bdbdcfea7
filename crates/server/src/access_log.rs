//! The access log: one line for each request, in the format that OSS's own logging feature writes.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use http::StatusCode;
use http::header::{REFERER, USER_AGENT};
use ossicle_protocol::{Target, Timestamp, percent_encode};

use crate::request_id::RequestId;

/// What one line tells.
pub(crate) struct Line<'a> {
    pub(crate) now: Timestamp,
    pub(crate) client_ip: IpAddr,
    pub(crate) head: &'a http::request::Parts,
    pub(crate) status: StatusCode,
    pub(crate) sent: u64,
    pub(crate) elapsed: Duration,
    pub(crate) request_id: RequestId,
    pub(crate) host: &'a str,
    pub(crate) caller: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) target: Option<&'a Target>,
}

/// Where lines go: through a queue to a thread that writes them, so that a slow disk holds up no request.
#[derive(Debug, Clone)]
pub(crate) struct AccessLog {
    lines: Option<std::sync::mpsc::SyncSender<String>>,
}

/// Lines that may wait for the disk; more are dropped rather than waited for.
const QUEUE: usize = 16 * 1024;

impl AccessLog {
    /// Opens the file for appending; without one, nothing is written.
    pub(crate) fn open(path: Option<&Path>) -> std::io::Result<Self> {
        let Some(path) = path else { return Ok(Self { lines: None }) };
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
        let (sender, receiver) = std::sync::mpsc::sync_channel::<String>(QUEUE);
        std::thread::Builder::new().name("access-log".to_owned()).spawn(move || {
            let mut out = std::io::BufWriter::new(file);
            while let Ok(line) = receiver.recv() {
                let more = std::iter::from_fn(|| receiver.try_recv().ok());
                let written =
                    std::iter::once(line).chain(more).try_for_each(|line| out.write_all(line.as_bytes()));
                if let Err(error) = written.and_then(|()| out.flush()) {
                    tracing::warn!(%error, "cannot write the access log");
                }
            }
        })?;
        Ok(Self { lines: Some(sender) })
    }

    /// Queues a line.
    pub(crate) fn write(&self, line: &Line<'_>) {
        let Some(lines) = &self.lines else { return };
        if lines.try_send(format_line(line)).is_err() {
            tracing::debug!("the access log cannot keep up; a line is lost");
        }
    }
}

fn format_line(line: &Line<'_>) -> String {
    let text = |name| line.head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-");
    let bucket = line.target.and_then(Target::bucket).map_or("-", |bucket| bucket.as_str());
    let key =
        line.target.and_then(Target::key).map_or_else(|| "-".to_owned(), |key| percent_encode(key.as_str()));
    let target = line.head.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut out = String::with_capacity(512);
    let (time, elapsed) = (time(line.now), line.elapsed.as_millis());
    // Writing to a string cannot fail.
    let _ =
        write!(out, "{} - - [{time}] \"{} {} HTTP/1.1\" ", line.client_ip, line.head.method, quoted(target));
    let _ = write!(out, "{} {} {elapsed} ", line.status.as_u16(), line.sent);
    let _ = write!(out, "\"{}\" \"{}\" ", quoted(text(REFERER)), quoted(text(USER_AGENT)));
    let _ = write!(out, "\"{}\" \"{}\" \"true\" ", quoted(line.host), line.request_id);
    let _ = writeln!(out, "\"{}\" \"{}\" \"{bucket}\" \"{key}\"", quoted(line.caller), line.operation);
    out
}

/// "23/Nov/2026:15:04:43 +0000", from "Mon, 23 Nov 2026 15:04:43 GMT".
fn time(now: Timestamp) -> String {
    let date = now.http_date();
    let mut fields = date.split(' ').skip(1);
    let mut next = || fields.next().unwrap_or("-");
    let (day, month, year, clock) = (next(), next(), next(), next());
    format!("{day}/{month}/{year}:{clock} +0000")
}

/// Keeps a field of the client's from ending its quotes or its line.
fn quoted(text: &str) -> String {
    text.chars().map(|c| if c == '"' || c.is_control() { '_' } else { c }).collect()
}
