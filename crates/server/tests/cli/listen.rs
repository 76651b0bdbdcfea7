//! `ossicle callback listen`: callbacks pass through and stay genuine.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use crate::harness::{Application, Bucket, Reply, Setup, Wire};
use crate::run::{ossicle, upload};

/// A relay that runs until this is dropped.
struct Relay {
    child: Child,
    out: BufReader<ChildStdout>,
    url: String,
}

impl Relay {
    fn start(to: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ossicle"))
            .args(["callback", "listen", "--listen", "127.0.0.1:0", "--forward-to", to])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let url = line.strip_prefix("listening on ").unwrap().split(',').next().unwrap().to_owned();
        Self { child, out, url }
    }

    /// Asks it to end, and tells what it printed.
    fn stop(mut self) -> String {
        let id = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        let mut shown = String::new();
        self.out.read_to_string(&mut shown).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        shown
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_forwarded_callback_verifies_and_its_answer_goes_back() {
    let bucket = Bucket::on(&Arc::new(Setup::new().start()));
    let application = Application::json("{\"Status\":\"through\"}");
    let relay = Relay::start(&application.url(""));
    let id = upload(&bucket, "a b", &format!("{}/path%20x/?q=%2F&r=1", relay.url));
    let request = application.only();
    assert_eq!(request.target(), "/path%20x/?q=%2F&r=1");
    assert!(request.is_signed_by(&bucket.server.public_key()), "{request:?}");
    assert_eq!(request.header("x-ossicle-delivery-id"), id);
    let delivery = bucket.server.delivery_of(&id);
    assert_eq!(delivery["state"], "delivered");
    assert!(delivery["log"][0]["response_body"].as_str().is_some(), "{delivery:#}");
    let shown = relay.stop();
    for expected in [
        "POST /path%20x/?q=%2F&r=1",
        "x-oss-pub-key-url: ",
        "size=10",
        "=> 200 OK",
        "{\"Status\":\"through\"}",
    ] {
        assert!(shown.contains(expected), "{expected} is missing: {shown}");
    }
}

#[test]
fn failures_go_back_as_they_are() {
    let bucket = Bucket::on(&Arc::new(Setup::new().start()));
    let failing = Application::always(Reply::new("500 Internal Server Error", &[], b"{}"));
    let relay = Relay::start(&failing.url(""));
    let id = upload(&bucket, "k", &format!("{}/", relay.url));
    assert_eq!(bucket.server.delivery_of(&id)["status"], 500);
    // Nobody listens on port 1.
    let relay = Relay::start("http://127.0.0.1:1");
    let id = upload(&bucket, "k", &format!("{}/", relay.url));
    assert_eq!(bucket.server.delivery_of(&id)["status"], 502);
    assert!(relay.stop().contains("cannot forward"));
}

#[test]
fn connections_that_say_nothing_keep_no_callback_out_for_long() {
    let bucket = Bucket::on(&Arc::new(Setup::new().set("OSSICLE_CALLBACK_TIMEOUT_MS", "20000").start()));
    let application = Application::json("{}");
    let relay = Relay::start(&application.url(""));
    let address = relay.url.strip_prefix("http://").unwrap();
    let silent: Vec<_> = (0..300).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
    let id = upload(&bucket, "k", &format!("{}/", relay.url));
    assert_eq!(bucket.server.delivery_of(&id)["state"], "delivered");
    drop(silent);
}

#[test]
fn what_strangers_send_does_nothing_to_the_terminal() {
    let application = Application::json("{}");
    let relay = Relay::start(&application.url(""));
    let mut wire = Wire::open(relay.url.strip_prefix("http://").unwrap().parse().unwrap());
    let body = "\u{1b}]0;title\u{7}\u{9b}2J";
    wire.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    wire.answer().expect(200);
    let shown = relay.stop();
    assert!(shown.contains("\\u001b]0;title\\u0007\\u009b2J"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

#[test]
fn mistakes_name_the_cure() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let _held = std::net::TcpListener::bind(&taken);
    for (arguments, expected) in [
        (vec![], "--forward-to"),
        (vec!["--forward-to", "https://127.0.0.1:1"], "takes an http URL"),
        (vec!["--forward-to", "nothing"], "--forward-to nothing"),
        (
            vec!["--forward-to", "http://127.0.0.1:1", "--listen", &taken],
            "choose another address with --listen",
        ),
    ] {
        let arguments = [&["callback", "listen"], arguments.as_slice()].concat();
        let done = ossicle(&arguments).exits(2);
        assert!(done.err.contains(expected), "{arguments:?}: {done:?}");
    }
}
