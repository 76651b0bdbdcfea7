//! Uploads with a callback by clients that outlive the server.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::form::{Form, Policy};
use crate::{Bucket, Request, document};

/// How an object is uploaded.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// By PutObject.
    Put,
    /// In parts, by CompleteMultipartUpload.
    Complete,
    /// By PostObject.
    Post,
}

/// An answer, as far as it matters here.
#[derive(Debug)]
pub struct Outcome {
    /// The status.
    pub status: u16,
    /// The request's id.
    pub id: String,
    /// The head, without the empty line.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Returns the value of `x-oss-callback`.
pub fn callback(url: &str) -> String {
    STANDARD.encode(json!({"callbackUrl": url, "callbackBody": "key=${object}&size=${size}"}).to_string())
}

/// Uploads `key` and tells the answer; `None` if the server did not live to give one.
pub fn upload(bucket: &Bucket, way: Way, key: &str, url: &str) -> Option<Outcome> {
    let (address, value) = (bucket.server.address(), callback(url));
    match way {
        Way::Put => {
            let request = bucket.key("PUT", key).header("x-oss-callback", &value).body(key);
            send(address, &request)
        }
        Way::Post => {
            let policy = Policy::new().condition(&format!("{{\"bucket\":\"{}\"}}", bucket.name)).v1();
            let form = Form::new().field("key", key).fields(policy).field("callback", &value);
            send(address, &form.file("file", key).onto(bucket.root("POST", "")))
        }
        Way::Complete => {
            let begun = send(address, &bucket.key("POST", key).query("uploads", ""))?;
            let upload = document::first(std::str::from_utf8(&begun.body).unwrap(), "UploadId")?;
            let part = bucket.key("PUT", key).query("partNumber", "1").query("uploadId", &upload).body(key);
            let etag = header(&send(address, &part)?.head, "ETag")?;
            let complete = bucket.complete(key, &upload, &[(1, etag)]);
            send(address, &complete.header("x-oss-callback", &value))
        }
    }
}

impl Outcome {
    /// Returns a header's value; its name in any case.
    pub fn header(&self, name: &str) -> Option<String> {
        header(&self.head, name)
    }
}

/// Sends a request to a server that may be killed at any moment.
pub fn send(address: SocketAddr, request: &Request) -> Option<Outcome> {
    send_within(address, request, Duration::from_secs(60))
}

/// Does the same, and takes a longer silence for the server's end.
pub fn send_within(address: SocketAddr, request: &Request, patience: Duration) -> Option<Outcome> {
    let mut stream = TcpStream::connect_timeout(&address, patience).ok()?;
    stream.set_read_timeout(Some(patience)).unwrap();
    stream.set_write_timeout(Some(patience)).unwrap();
    stream.write_all(&request.to_bytes()).ok()?;
    let (mut bytes, mut piece) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length: usize = header(&head, "Content-Length").map_or(0, |length| length.parse().unwrap());
        if bytes.len() >= end + 4 + length {
            return Some(Outcome {
                status: head.split(' ').nth(1).unwrap().parse().unwrap(),
                id: header(&head, "x-oss-request-id").unwrap(),
                head,
                body: bytes.split_off(end + 4),
            });
        }
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    let lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
    lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
}
