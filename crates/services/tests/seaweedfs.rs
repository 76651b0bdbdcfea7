//! SeaweedFS, as tests of many nodes use it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use ossicle_services::postgres::{self, Postgres};
use ossicle_services::seaweedfs::{SeaweedFs, Setup, found};

/// Asks without a signature, which is refused by who knows the bucket.
fn status(server: &SeaweedFs, path: &str) -> String {
    let mut socket = TcpStream::connect(server.address()).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn it_is_killed_and_comes_back() {
    if !found() {
        return;
    }
    let server = SeaweedFs::start(&Setup { durable: true, ..Setup::default() }).unwrap();
    let url = server.new_bucket().unwrap();
    assert!(url.starts_with("s3://bucket-0?endpoint=http://127.0.0.1:"), "{url}");
    assert_eq!(status(&server, "/bucket-0"), "403");
    server.kill().unwrap();
    TcpStream::connect(server.address()).unwrap_err();
    server.start_again().unwrap();
    assert_eq!(status(&server, "/bucket-0"), "403");
}

#[test]
fn its_names_may_be_in_a_database() {
    if !found() || !postgres::found() {
        return;
    }
    let postgres = Postgres::start(&postgres::Setup::default()).unwrap();
    postgres.execute("CREATE DATABASE names").unwrap();
    let names_in = Some((postgres.port(), "names".to_owned()));
    let server = SeaweedFs::start(&Setup { names_in, ..Setup::default() }).unwrap();
    server.new_bucket().unwrap();
    drop(server);
    let size = postgres.value("SELECT pg_database_size('names') > pg_database_size('template1')").unwrap();
    assert_eq!(size.as_deref(), Some("t"));
}
