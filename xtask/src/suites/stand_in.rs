//! A host that stands in for the internet where a test names one as the receiver of a callback: it answers every request
//! as `http://www.aliyun.com` does, which the suites expect to be no success.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::Context;

use super::dns::STAND_IN;

const ANSWER: &str = "HTTP/1.1 301 Moved Permanently\r\nLocation: https://www.aliyun.com/\r\n\
                      Content-Length: 0\r\nConnection: close\r\n\r\n";
const PATIENCE: Duration = Duration::from_secs(5);
/// More than any callback of the suites.
const LONGEST: u64 = 1 << 20;

/// Answers on port 80 for as long as the process lives.
pub(super) fn serve() -> anyhow::Result<()> {
    let listener =
        TcpListener::bind(SocketAddr::from((STAND_IN, 80))).context("no port for callback receivers")?;
    std::thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            // A client that went away has no use for an answer.
            std::thread::spawn(move || drop(exchange(&connection)));
        }
    });
    Ok(())
}

fn exchange(connection: &TcpStream) -> std::io::Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(connection.take(LONGEST));
    let mut body = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            body = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut reader.take(body), &mut std::io::sink())?;
    let mut writer = connection;
    writer.write_all(ANSWER.as_bytes())
}
