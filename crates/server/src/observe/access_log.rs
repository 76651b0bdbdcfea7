//! The access log: one line for each request, in the format that OSS's own logging feature writes.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use http::header::{AsHeaderName, CONTENT_LENGTH, CONTENT_RANGE, REFERER, USER_AGENT};
use http::{HeaderMap, StatusCode};
use ossicle_protocol::{ErrorCode, Operation, Target, Timestamp, percent_encode, shortened};

use crate::access::auth::Caller;
use crate::access::identity::Identity;
use crate::observe::request_id::RequestId;

/// What one line tells.
pub(crate) struct Line<'a> {
    pub(crate) now: Timestamp,
    pub(crate) client_ip: IpAddr,
    pub(crate) head: &'a http::request::Parts,
    pub(crate) status: StatusCode,
    pub(crate) answered: &'a HeaderMap,
    pub(crate) sent: u64,
    pub(crate) elapsed: Duration,
    pub(crate) request_id: RequestId,
    pub(crate) host: &'a str,
    /// The account that owns the bucket, where there is one.
    pub(crate) bucket_owner: Option<&'a str>,
    pub(crate) caller: Option<&'a Caller>,
    pub(crate) operation: Option<Operation>,
    /// The name that OSS has for it, also where it is not built.
    pub(crate) operation_name: &'static str,
    pub(crate) target: Option<&'a Target>,
    pub(crate) error: Option<ErrorCode>,
}

/// Where lines go: through a queue to a thread that writes them, so that a slow disk holds up no request.
#[derive(Debug, Clone)]
pub(crate) struct AccessLog {
    lines: Option<std::sync::mpsc::SyncSender<String>>,
}

/// Lines that may wait for the disk; more are dropped rather than waited for.
const QUEUE: usize = 16 * 1024;

/// The longest request target in a line, and the longest of the other texts that clients choose.
const TARGET_LIMIT: usize = 4 * 1024;
const TEXT_LIMIT: usize = 512;

impl AccessLog {
    /// Opens the file for appending; without one, nothing is written.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self { lines: None }) };
        let file = open_or_create(path)?;
        let (sender, receiver) = std::sync::mpsc::sync_channel::<String>(QUEUE);
        std::thread::Builder::new().name("access-log".to_owned()).spawn(move || {
            let mut out = io::BufWriter::new(file);
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

/// The mode of a log that is made here: the group may read it, as log shippers do. One that is there keeps its own.
const MODE: u32 = 0o640;

fn open_or_create(path: &Path) -> io::Result<File> {
    let append = || OpenOptions::new().append(true).open(path);
    match append() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return opened,
    }
    match OpenOptions::new().append(true).create_new(true).mode(MODE).open(path) {
        // A log rotation was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => append(),
        created => {
            let file = created?;
            // The umask took from the mode above.
            file.set_permissions(Permissions::from_mode(MODE))?;
            Ok(file)
        }
    }
}

/// Writes the fields in the order of OSS's manual ("Log storage"). What is not known here is `-`, as the manual has it: the
/// change of the bucket's size, and what this server has nothing of, such as a content delivery network.
fn format_line(line: &Line<'_>) -> String {
    let text = |name| line.head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-");
    let bucket = line.target.and_then(Target::bucket).map_or("-", |bucket| bucket.as_str());
    let key =
        line.target.and_then(Target::key).map_or_else(|| "-".to_owned(), |key| percent_encode(key.as_str()));
    let target = line.head.uri.path_and_query().map_or("/", |target| target.as_str());
    let operation = line.operation_name;
    let key_id = line.caller.map_or("-", Caller::name);
    let requester = line.caller.and_then(Caller::identity).map_or("-", Identity::id);
    let owner = line.bucket_owner.unwrap_or("-");
    let size = object_size(line).unwrap_or_else(|| "-".to_owned());
    let class = line.answered.get("x-oss-storage-class").and_then(|class| class.to_str().ok()).unwrap_or("-");
    let error = match line.error {
        Some(code) => code.as_str(),
        // The upload itself succeeded, so that nothing failed on the way to this answer.
        None if line.status.as_u16() == 203 => ErrorCode::CallbackFailed.as_str(),
        None => "-",
    };
    let mut out = String::with_capacity(512);
    let (time, elapsed) = (time(line.now), line.elapsed.as_millis());
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "{} - - [{time}] \"{} {} HTTP/1.1\" ",
        line.client_ip,
        line.head.method,
        quoted(target, TARGET_LIMIT)
    );
    let _ = write!(out, "{} {} {elapsed} ", line.status.as_u16(), line.sent);
    let _ = write!(
        out,
        "\"{}\" \"{}\" ",
        quoted(text(REFERER), TEXT_LIMIT),
        quoted(text(USER_AGENT), TEXT_LIMIT)
    );
    let _ = write!(out, "\"{}\" \"{}\" \"true\" ", quoted(line.host, TEXT_LIMIT), line.request_id);
    let _ = write!(out, "\"{requester}\" \"{operation}\" \"{bucket}\" \"{key}\" ");
    let _ = write!(out, "{size} {elapsed} \"{error}\" {} \"{owner}\" - ", request_length(line.head));
    let _ = writeln!(out, "\"-\" \"{class}\" \"-\" \"-\" \"{}\"", quoted(key_id, TEXT_LIMIT));
    out
}

/// Returns the size of the object that was read or written, where request and answer tell it.
fn object_size(line: &Line<'_>) -> Option<String> {
    fn number(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
        headers.get(name)?.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
    }
    if !line.status.is_success() {
        return None;
    }
    let size = match line.operation? {
        Operation::GetObject => match line.answered.get(CONTENT_RANGE) {
            Some(range) => range.to_str().ok()?.rsplit('/').next(),
            None => return Some(line.sent.to_string()),
        },
        Operation::HeadObject => number(line.answered, CONTENT_LENGTH),
        Operation::PutObject | Operation::UploadPart => number(&line.head.headers, CONTENT_LENGTH),
        Operation::AppendObject => number(line.answered, "x-oss-next-append-position"),
        _ => None,
    };
    size.map(str::to_owned)
}

/// Returns the length of the request in bytes, head included.
fn request_length(head: &http::request::Parts) -> u64 {
    let target = head.uri.path_and_query().map_or(1, |target| target.as_str().len());
    let line = head.method.as_str().len() + target + "  HTTP/1.1\r\n".len();
    let headers = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    let body = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    (line + headers.sum::<usize>() + "\r\n".len()) as u64 + body.unwrap_or(0_u64)
}

/// Writes a time as "23/Nov/2026:15:04:43 +0000", from "Mon, 23 Nov 2026 15:04:43 GMT".
fn time(now: Timestamp) -> String {
    let date = now.http_date();
    let mut fields = date.split(' ').skip(1);
    let mut next = || fields.next().unwrap_or("-");
    let (day, month, year, clock) = (next(), next(), next(), next());
    format!("{day}/{month}/{year}:{clock} +0000")
}

/// Keeps a field of the client's from ending its quotes or its line, and from filling the disk.
fn quoted(text: &str, most: usize) -> String {
    shortened(text, most).chars().map(|c| if c == '"' || c.is_control() { '_' } else { c }).collect()
}
