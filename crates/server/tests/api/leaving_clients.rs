//! Clients that leave: what they asked for is done, logged and counted once it has arrived, and who only stops sending gets
//! the answer.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::harness::form::Form;
use crate::harness::request::Request;
use crate::harness::server::folder;
use crate::harness::{Answer, Application, Bucket, Reply, Setup, Wire};

/// A server with an access log.
struct Logged {
    bucket: Bucket,
    path: PathBuf,
    _folder: TempDir,
}

impl Logged {
    fn new() -> Self {
        let folder = folder();
        let path = folder.path().join("access.log");
        let server = Setup::new().set("OSSICLE_LOG_ACCESS_LOG", path.to_str().unwrap());
        Self { bucket: Bucket::on(&Arc::new(server.start())), path, _folder: folder }
    }

    /// How many lines there are of each operation and status.
    fn lines(&self) -> BTreeMap<(String, String), usize> {
        let mut counts = BTreeMap::new();
        for line in std::fs::read_to_string(&self.path).unwrap().lines() {
            let quoted: Vec<&str> = line.split('"').collect();
            let status = quoted[2].split_whitespace().next().unwrap();
            *counts.entry((quoted[15].to_owned(), status.to_owned())).or_default() += 1;
        }
        counts
    }

    /// Waits until the log has so many lines of an operation that went well.
    #[track_caller]
    fn wait_for(&self, operation: &str, expected: usize) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let count = || {
            let lines = self.lines();
            let good = |status: &str| status.starts_with('2');
            lines.iter().filter(|((name, status), _)| name == operation && good(status)).map(|(_, n)| n).sum()
        };
        while count() < expected && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        let found: usize = count();
        assert_eq!(found, expected, "{operation}: {:#?}", self.lines());
    }

    /// The sum of the series of the counted requests of an operation.
    fn counted(&self, operation: &str) -> f64 {
        let answer = self.bucket.server.ask_console("/metrics").expect(200);
        let series = format!("ossicle_requests_total{{operation=\"{operation}\",status=\"2");
        let lines = answer.text().lines().filter(|line| line.starts_with(&series));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
    }
}

/// Sends a request and resets the connection at once.
fn send_and_reset(request: &Request) {
    let mut wire = Wire::open(request.address());
    wire.send(request.to_bytes());
    wire.reset();
}

#[test]
fn uploads_of_clients_that_reset_at_once_are_stored_logged_and_counted() {
    let logged = Logged::new();
    let bucket = &logged.bucket;
    // A reset also takes back what the sender's own system still holds, so all of it has to fit into the receiver's.
    let sizes = [0, 4, 4 * 1024, 30 * 1024];
    for number in 0..120 {
        let body = vec![7; sizes[number % sizes.len()]];
        let request = bucket.key("PUT", &format!("{number:03}")).body(body);
        // One that does not wait for `100 Continue`: writing that fails while the upload is under way.
        let expecting = number % 3 == 0;
        let request = if expecting { request.header("Expect", "100-continue") } else { request };
        send_and_reset(&request);
    }
    logged.wait_for("PutObject", 120);
    let listed = bucket.root("GET", "?max-keys=1000").send().expect(200).elements("Key");
    assert_eq!(listed.len(), 120);
    assert_eq!(logged.counted("PutObject"), 120.0);
    assert_eq!(bucket.get("119"), vec![7; 30 * 1024]);
}

/// A request for every operation that changes something, with what it needs to go well.
fn changes(bucket: &Bucket) -> Vec<(&'static str, Request)> {
    for key in ["source", "gone", "gone-too"] {
        bucket.put(key, "x");
    }
    let (parts, abandoned) = (bucket.initiate("parts"), bucket.initiate("abandoned"));
    let of_upload = |key: &str, id: &str, rest: &str| format!("{key}?uploadId={id}{rest}");
    let source = format!("/{}/source", bucket.name);
    let cors = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
        </CORSRule></CORSConfiguration>";
    let deletion = "<Delete><Object><Key>gone-too</Key></Object></Delete>";
    bucket.set_acl("public-read-write");
    vec![
        ("CopyObject", bucket.key("PUT", "copy").header("x-oss-copy-source", &source)),
        ("AppendObject", bucket.at("POST", "log?append&position=0").body("x")),
        ("PutObjectACL", bucket.at("PUT", "source?acl").header("x-oss-object-acl", "public-read")),
        ("DeleteObject", bucket.key("DELETE", "gone")),
        ("DeleteMultipleObjects", bucket.root("POST", "?delete").body(deletion)),
        ("PostObject", Form::new().field("key", "form").file("f", "x").onto(bucket.root("POST", ""))),
        ("InitiateMultipartUpload", bucket.at("POST", "new?uploads")),
        ("UploadPart", bucket.at("PUT", &of_upload("parts", &parts, "&partNumber=1")).body("x")),
        (
            "UploadPartCopy",
            bucket
                .at("PUT", &of_upload("parts", &parts, "&partNumber=2"))
                .header("x-oss-copy-source", &source),
        ),
        ("AbortMultipartUpload", bucket.at("DELETE", &of_upload("abandoned", &abandoned, ""))),
        ("PutBucketCors", bucket.root("PUT", "?cors").body(cors)),
        ("PutBucketAcl", bucket.root("PUT", "?acl").header("x-oss-acl", "private")),
    ]
}

#[test]
fn every_change_whose_client_resets_at_once_is_made_and_logged() {
    let logged = Logged::new();
    let bucket = &logged.bucket;
    for (operation, request) in changes(bucket) {
        let before = logged.lines().into_iter().filter(|((name, _), _)| name == operation);
        let before: usize = before.map(|(_, count)| count).sum();
        send_and_reset(&request);
        logged.wait_for(operation, before + 1);
    }
    assert_eq!(bucket.get("copy"), b"x");
    bucket.assert_keys(&["copy", "form", "log", "source"]);
}

#[test]
fn completing_an_upload_goes_on_when_the_client_leaves() {
    let logged = Logged::new();
    let bucket = &logged.bucket;
    let completions: Vec<Request> = (0..40)
        .map(|number| {
            let key = format!("{number:02}");
            let upload = bucket.initiate(&key);
            let etag = bucket.part(&key, &upload, 1, b"x");
            bucket.complete(&key, &upload, &[(1, etag)])
        })
        .collect();
    for completion in &completions {
        send_and_reset(completion);
    }
    logged.wait_for("CompleteMultipartUpload", 40);
    let listed = bucket.root("GET", "").send().expect(200).elements("Key");
    assert_eq!(listed.len(), 40);
    assert!(bucket.root("GET", "?uploads").send().expect(200).elements("UploadId").is_empty());
}

/// An application server that takes its time, and the callback to it.
fn slow_application(pause: Duration) -> (Application, String) {
    use base64::Engine as _;
    let application = Application::always(Reply::after(pause, Reply::json("{}")));
    let callback = format!("{{\"callbackUrl\":\"{}\",\"callbackBody\":\"x\"}}", application.url("/"));
    (application, base64::engine::general_purpose::STANDARD.encode(callback))
}

#[test]
fn a_stop_waits_for_what_clients_asked_for_before_they_left() {
    let folder = folder();
    let path = folder.path().join("access.log");
    let data = folder.path().join("data");
    let setup = || Setup::new().data(&data).set("OSSICLE_LOG_ACCESS_LOG", path.to_str().unwrap());
    let mut server = Arc::new(setup().start());
    let bucket = Bucket::on(&server);
    let name = bucket.name.clone();
    let (application, callback) = slow_application(Duration::from_millis(1500));
    send_and_reset(&bucket.key("PUT", "k").header("x-oss-callback", &callback).body("x"));
    application.wait_for(1);
    drop(bucket);
    server.terminate();
    let stopped = Arc::get_mut(&mut server).unwrap().wait();
    assert!(stopped.success(), "{stopped}");
    let log = std::fs::read_to_string(&path).unwrap();
    assert!(log.lines().any(|line| line.contains("\"PutObject\"") && line.contains("\" 200 ")), "{log}");
    let restarted = setup().start();
    assert_eq!(restarted.request("GET", &format!("/{name}/k")).send().expect(200).body, b"x");
}

#[test]
fn who_stops_sending_gets_the_answer() {
    let logged = Logged::new();
    let bucket = &logged.bucket;
    let ask = |request: Request| -> Answer {
        let mut wire = Wire::open(request.address());
        wire.send(request.to_bytes());
        wire.finish_sending();
        let answer = wire.answer();
        assert!(wire.is_closed());
        answer
    };
    for round in 0..20 {
        ask(bucket.key("PUT", "k").body(vec![7; round * 10_000])).expect(200);
        assert_eq!(ask(bucket.key("GET", "k")).expect(200).body.len(), round * 10_000);
        ask(bucket.key("GET", "none")).expect_error(404, "NoSuchKey");
        ask(bucket.root("GET", "")).expect(200);
    }
    for (operation, request) in changes(bucket) {
        let answer = ask(request);
        assert!(matches!(answer.status, 200 | 204), "{operation} {answer:?}");
    }
    // Long after the client has closed its side.
    let (_application, callback) = slow_application(Duration::from_millis(300));
    assert_eq!(
        ask(bucket.key("PUT", "k").header("x-oss-callback", &callback).body("x")).expect(200).body,
        b"{}"
    );
}

#[test]
fn a_body_that_is_not_whole_when_the_client_leaves_is_nothing() {
    let logged = Logged::new();
    let bucket = &logged.bucket;
    let whole = bucket.key("PUT", "k").body(vec![7; 300_000]).to_bytes();
    let chunked = bucket.key("PUT", "k").unframed().header("Transfer-Encoding", "chunked").head();
    for _ in 0..20 {
        for bytes in [&whole[..whole.len() - 1], (chunked.clone() + "5\r\nHello\r\n").as_bytes()] {
            let mut wire = Wire::open(bucket.server.address());
            wire.send(bytes);
            wire.reset();
        }
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    let refused = || logged.lines().get(&("PutObject".to_owned(), "400".to_owned())).copied().unwrap_or(0);
    while refused() < 40 && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(refused(), 40, "{:?}", logged.lines());
    bucket.assert_keys(&[]);
}

#[test]
fn a_refusal_of_who_expects_100_continue_closes_the_connection() {
    let bucket = Bucket::new();
    bucket.put("k", "x");
    let expecting = |request: Request| request.header("Expect", "100-continue").body("Hello");
    let mut wire = Wire::open(bucket.server.address());
    wire.send(expecting(bucket.key("PUT", "k").anonymous()).head());
    let answer = wire.answer().expect_error(403, "AccessDenied");
    assert_eq!(answer.must("Connection").to_ascii_lowercase(), "close");
    assert!(wire.is_closed());
    // Where the body is read, or there is none, the connection stays.
    let mut wire = Wire::open(bucket.server.address());
    wire.send(expecting(bucket.key("PUT", "k")).head());
    assert_eq!(wire.answer().status, 100);
    wire.send("Hello");
    assert_eq!(wire.answer().expect(200).header("Connection"), None);
    let without = bucket.key("PUT", "k").anonymous().header("Expect", "100-continue").send_on(&mut wire);
    assert_eq!(without.expect_error(403, "AccessDenied").header("Connection"), None);
    bucket.key("GET", "k").send_on(&mut wire).expect(200);
}

/// Sends everything, only then reads, and fails on a reset at any time.
fn send_all_then_read(address: SocketAddr, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    // So that the sender's own system does not take it all off its hands.
    rustix::net::sockopt::set_socket_send_buffer_size(&stream, 64 * 1024)?;
    stream.write_all(bytes)?;
    let mut answer = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        let text = String::from_utf8_lossy(&answer);
        let closes = text.to_ascii_lowercase().contains("connection: close\r\n");
        // Where the connection stays, the end of the document is the end of the answer.
        if !closes && text.trim_end().ends_with("</Error>") {
            return Ok(answer);
        }
        match stream.read(&mut piece)? {
            0 => return Ok(answer),
            count => answer.extend_from_slice(&piece[..count]),
        }
    }
}

#[test]
fn refused_uploads_are_answered_without_a_reset_though_the_client_reads_last() {
    let bucket = Bucket::new();
    let body = vec![b'x'; 3_000_000];
    let refused = bucket.key("PUT", "k").anonymous();
    let chunked = refused.clone().unframed().header("Transfer-Encoding", "chunked");
    let chunk = |length: usize| [format!("{length:x}\r\n").as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
    let with_body = |head: String| [head.as_bytes(), &body].concat();
    let requests = [
        (403, refused.clone().body(&body).to_bytes()),
        (403, [chunked.head().as_bytes(), &chunk(body.len())].concat()),
        // Does not wait for `100 Continue`, as clients do whose patience is over.
        (403, refused.clone().header("Expect", "100-continue").body(&body).to_bytes()),
        (
            403,
            [chunked.clone().header("Expect", "100-continue").head().as_bytes(), &chunk(body.len())].concat(),
        ),
        // Breaks off the rules in the middle, before its length and after it.
        (400, [chunked.header("Authorization", "").head().as_bytes(), &chunk(100)].concat()),
        (411, with_body(bucket.key("PUT", "k").unframed().head())),
        (400, with_body("PUT /k HTTP/1.1\r\nno colon\r\n\r\n".to_owned())),
        (400, with_body("GARBAGE\r\n\r\n".to_owned())),
        (431, with_body(refused.head().replace("\r\n\r\n", "\r\nx-oss-meta-a: "))),
        // A form whose file is refused by its key.
        (400, Form::new().field("key", "/").file("f", &body).onto(bucket.root("POST", "")).to_bytes()),
    ];
    let work = Mutex::new((0..300).map(|number| &requests[number % requests.len()]));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some((status, bytes)) = { work.lock().unwrap().next() } {
                    let head = String::from_utf8_lossy(&bytes[..200]).into_owned();
                    let answer = send_all_then_read(bucket.server.address(), bytes).expect(&head);
                    let answer = String::from_utf8(answer).unwrap();
                    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{head} {answer}");
                    assert!(answer.trim_end().ends_with("</Error>"), "{head} {answer}");
                }
            });
        }
    });
    bucket.assert_keys(&[]);
}

#[test]
fn a_body_that_breaks_off_closes_the_connection_and_says_so() {
    let bucket = Bucket::new();
    let mut wire = Wire::open(bucket.server.address());
    wire.send(bucket.key("PUT", "k").unframed().header("Transfer-Encoding", "chunked").head() + "x\r\nHello");
    let answer = wire.answer().expect_error(400, "BadRequest");
    assert_eq!(answer.must("Connection").to_ascii_lowercase(), "close");
    wire.finish_sending();
    assert!(wire.is_closed());
}
