//! The proxies, before servers that answer with their name.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ossicle_services::link::Link;
use ossicle_services::round_robin::RoundRobin;

/// A server that answers every request that has the length of its body, and tells all bytes that came.
fn named(name: &'static str) -> (SocketAddr, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (seen, all_seen) = channel();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let seen = seen.clone();
            std::thread::spawn(move || {
                let mut connection = BufReader::new(connection.unwrap());
                while let Some((request, is_head)) = next_request(&mut connection, &seen) {
                    seen.send(request).unwrap();
                    let body = if is_head { "" } else { name };
                    let length = name.len();
                    write!(connection.get_mut(), "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}")
                        .unwrap();
                }
            });
        }
    });
    (address, all_seen)
}

fn next_request(
    connection: &mut BufReader<TcpStream>,
    seen: &std::sync::mpsc::Sender<Vec<u8>>,
) -> Option<(Vec<u8>, bool)> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if connection.read_until(b'\n', &mut request).ok()? == 0 {
            if !request.is_empty() {
                seen.send(request).unwrap();
            }
            return None;
        }
    }
    let head = String::from_utf8_lossy(&request).into_owned();
    if head.contains("Expect: 100-continue") {
        connection.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    }
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    connection.read_exact(&mut body).unwrap();
    request.extend(body);
    Some((request, head.starts_with("HEAD")))
}

/// Reads one answer; its body.
fn answer(connection: &mut BufReader<TcpStream>, has_body: bool) -> String {
    let mut length = 0;
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).unwrap();
        if let Some(told) = line.strip_prefix("Content-Length: ") {
            length = told.trim().parse().unwrap();
        }
        if line == "\r\n" && length > 0 {
            break;
        }
    }
    let mut body = vec![0; if has_body { length } else { 0 }];
    connection.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

#[test]
fn consecutive_requests_of_a_connection_go_to_different_nodes_byte_for_byte() {
    let (one, seen_by_one) = named("one");
    let (two, seen_by_two) = named("two");
    let proxy = RoundRobin::start(&[one, two]).unwrap();
    let mut client = BufReader::new(TcpStream::connect(proxy.address()).unwrap());
    let large = "x".repeat(3 << 20);
    let requests = [
        "GET /a HTTP/1.1\r\nhost:  odd \r\n\r\n".to_owned(),
        format!("PUT /b HTTP/1.1\r\nContent-Length: {}\r\n\r\n{large}", large.len()),
        "HEAD /c HTTP/1.1\r\n\r\n".to_owned(),
        "PUT /d HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok".to_owned(),
    ];
    for (request, (name, seen)) in
        requests.iter().zip([("one", &seen_by_one), ("two", &seen_by_two)].into_iter().cycle())
    {
        client.get_mut().write_all(request.as_bytes()).unwrap();
        let is_head = request.starts_with("HEAD");
        assert_eq!(answer(&mut client, !is_head), if is_head { "" } else { name });
        assert!(seen.recv().unwrap() == request.as_bytes());
    }
    // Pipelined.
    client.get_mut().write_all(requests[0].repeat(2).as_bytes()).unwrap();
    assert_eq!([answer(&mut client, true), answer(&mut client, true)], ["one", "two"]);
}

#[test]
fn what_is_no_request_stays_with_one_node() {
    let (one, seen) = named("one");
    let proxy = RoundRobin::start(&[one]).unwrap();
    let mut client = TcpStream::connect(proxy.address()).unwrap();
    client.write_all(b"\x16\x03\x01 no request").unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(seen.recv().unwrap(), b"\x16\x03\x01 no request");
    assert_eq!(client.read(&mut [0; 8]).unwrap(), 0);
}

#[test]
fn nodes_that_are_gone_are_passed_over() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (one, _seen) = named("one");
    let proxy = RoundRobin::start(&[gone, one]).unwrap();
    let mut client = BufReader::new(TcpStream::connect(proxy.address()).unwrap());
    for _ in 0..3 {
        client.get_mut().write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!(answer(&mut client, true), "one");
    }
}

#[test]
fn a_link_is_cut_held_slowed_and_mended() {
    let (one, _seen) = named("one");
    let link = Link::start(one).unwrap();
    assert_eq!(link.url(&format!("http://{one}/a")), format!("http://{}/a", link.address()));
    let connect = || BufReader::new(TcpStream::connect(link.address()).unwrap());
    let ask = |client: &mut BufReader<TcpStream>| {
        client.get_mut().write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    };
    let mut client = connect();
    ask(&mut client);
    assert_eq!(answer(&mut client, true), "one");

    link.hold();
    ask(&mut client);
    client.get_ref().set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    client.fill_buf().unwrap_err();
    client.get_ref().set_read_timeout(None).unwrap();
    link.mend();
    assert_eq!(answer(&mut client, true), "one");

    link.slow(Duration::from_millis(100));
    let began = Instant::now();
    ask(&mut client);
    assert_eq!(answer(&mut client, true), "one");
    assert!(began.elapsed() >= Duration::from_millis(200), "{:?}", began.elapsed());

    link.cut();
    assert!(client.fill_buf().map_or(true, <[u8]>::is_empty));
    assert!(connect().fill_buf().map_or(true, <[u8]>::is_empty));
    link.mend();
    let mut client = connect();
    ask(&mut client);
    assert_eq!(answer(&mut client, true), "one");
}
