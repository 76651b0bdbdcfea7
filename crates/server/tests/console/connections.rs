//! The bounds of the console's connections: what is slow is cut off, who watches is not, and what is no HTTP is told so.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::http::request;
use crate::objects::get;
use crate::server::Server;

const IMPATIENT: [(&str, &str); 4] = [
    ("OSSICLE_SERVER_HEAD_TIMEOUT_S", "1"),
    ("OSSICLE_SERVER_IDLE_TIMEOUT_S", "1"),
    ("OSSICLE_SERVER_STALL_TIMEOUT_S", "1"),
    ("OSSICLE_SERVER_MIN_BYTES_PER_SECOND", "1000"),
];

fn open(server: &Server, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&server.console).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    stream
}

/// All that comes until the server ends the connection.
fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut all);
    String::from_utf8(all).unwrap()
}

#[test]
fn silence_is_not_waited_for_long() {
    let server = Server::start(&IMPATIENT);
    let begun = Instant::now();
    let mut silent = open(&server, "");
    let mut head = open(&server, "GET / HTTP/1.1\r\nHost: ");
    let log_in = format!(
        "POST /api/session HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{{",
        server.console
    );
    let mut body = open(&server, &log_in);
    assert_eq!(rest(&mut silent), "");
    let (head, body) = (rest(&mut head), rest(&mut body));
    assert!(head.starts_with("HTTP/1.1 400 ") && head.contains("RequestTimeout"), "{head}");
    assert!(body.starts_with("HTTP/1.1 400 "), "{body}");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[test]
fn who_watches_may_be_silent() {
    let server = Server::start(&IMPATIENT);
    let mut events = request(&server.console, "GET", "/api/events").keyed().open();
    std::thread::sleep(Duration::from_secs(4));
    events.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut all = Vec::new();
    let ended = events.read_to_end(&mut all);
    assert!(ended.is_err(), "the stream ended: {}", String::from_utf8_lossy(&all));
    assert!(all.starts_with(b"HTTP/1.1 200 "));
    assert!(get(&server, "/metrics").status == 200);
}

#[test]
fn what_is_no_http_is_told_so() {
    let server = Server::start(&[]);
    let own = &server.console;
    for (bytes, status, error) in [
        ("GARBAGE\r\n\r\n".to_owned(), 400, "InvalidRequest"),
        ("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(), 400, "InvalidRequest"),
        (
            format!("GET /healthz HTTP/1.1\r\nHost: {own}\r\nHost: {own}\r\nConnection: close\r\n\r\n"),
            400,
            "InvalidRequest",
        ),
        (
            format!(
                "POST /api/session HTTP/1.1\r\nHost: {own}\r\nTransfer-Encoding: gzip, chunked\r\n\
                 Connection: close\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
            ),
            501,
            "NotImplemented",
        ),
    ] {
        let answer = rest(&mut open(&server, &bytes));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{bytes:?} {answer}");
        assert!(answer.contains(&format!("\"error\":\"{error}\"")), "{bytes:?} {answer}");
    }
}
