//! How many connections there may be and how slow they may be: who goes when there is no room, what a client that sends or
//! reads too slowly is told, and that those who wait for the server are not taken for such.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::harness::{Application, Bucket, Reply, Server, Setup, Wire};

/// A second for everything, and 1,000 bytes a second.
/// How long something may take on a busy machine that ought to happen within a second or two.
const PATIENCE: Duration = Duration::from_secs(30);

fn impatient() -> Setup {
    let setup =
        Setup::new().set("OSSICLE_SERVER_HEAD_TIMEOUT_S", "1").set("OSSICLE_SERVER_IDLE_TIMEOUT_S", "1");
    setup.set("OSSICLE_SERVER_STALL_TIMEOUT_S", "1").set("OSSICLE_SERVER_MIN_BYTES_PER_SECOND", "1000")
}

fn limited(connections: &str) -> Arc<Server> {
    Arc::new(Setup::new().set("OSSICLE_SERVER_MAX_CONNECTIONS", connections).start())
}

/// An upload of which the last byte is missing.
fn begin_upload(bucket: &Bucket, key: &str) -> Wire {
    let mut wire = Wire::open(bucket.server.address());
    let bytes = bucket.key("PUT", key).body("Hello").to_bytes();
    wire.send(&bytes[..bytes.len() - 1]);
    wire
}

/// Until the server has seen what clients did.
fn settle() {
    thread::sleep(Duration::from_millis(300));
}

#[test]
fn the_idlest_connection_makes_room_for_a_new_one() {
    let server = limited("3");
    let bucket = Bucket::on(&server);
    bucket.put("k", "x");
    settle();
    let get = |wire: &mut Wire| bucket.key("GET", "k").send_on(wire).expect(200);
    let mut running = begin_upload(&bucket, "running");
    let (mut older, mut newer) = (Wire::open(server.address()), Wire::open(server.address()));
    get(&mut older);
    thread::sleep(Duration::from_millis(600));
    get(&mut newer);
    thread::sleep(Duration::from_millis(1600));
    let mut latest = Wire::open(server.address());
    get(&mut latest);
    assert!(older.is_closed());
    get(&mut newer);
    running.send("o");
    running.answer().expect(200);
    get(&mut latest);
}

#[test]
fn while_all_connections_are_at_work_a_new_one_is_told_to_come_back() {
    let server = limited("2");
    let bucket = Bucket::on(&server);
    settle();
    let mut running = [begin_upload(&bucket, "a"), begin_upload(&bucket, "b")];
    settle();
    for _ in 0..3 {
        let mut wire = Wire::open(server.address());
        // An answer that came before the request was out would be lost.
        wire.send(bucket.key("PUT", "k").body(vec![7; 100_000]).to_bytes());
        let answer = wire.answer().expect_error(503, "ServiceUnavailable");
        assert_eq!(answer.must("Connection"), "close");
        assert!(wire.is_closed());
    }
    for wire in &mut running {
        wire.send("o");
        wire.answer().expect(200);
    }
    drop(running);
    settle();
    bucket.assert_keys(&["a", "b"]);
    let closed = "ossicle_connections_closed_total{listener=\"api\",reason=\"limit\"} 3";
    assert!(server.ask_console("/metrics").text().contains(closed));
}

#[test]
fn a_client_that_sends_a_large_body_without_looking_up_reads_that_there_is_no_room() {
    let server = limited("1");
    let bucket = Bucket::on(&server);
    settle();
    let _running = begin_upload(&bucket, "a");
    settle();
    for _ in 0..3 {
        let mut wire = Wire::open(server.address());
        wire.send(bucket.key("PUT", "k").body(vec![7; 64 * 1024 * 1024]).to_bytes());
        wire.answer().expect_error(503, "ServiceUnavailable");
        assert!(wire.is_closed());
    }
}

#[test]
fn clients_that_never_end_their_bodies_do_not_keep_others_from_reading_that_there_is_no_room() {
    let server = limited("1");
    let bucket = Bucket::on(&server);
    settle();
    let _running = begin_upload(&bucket, "a");
    settle();
    // More than are read on at a time.
    let head = bucket.key("PUT", "k").header("Content-Length", "1000000000").unframed().head();
    let mut endless: Vec<Wire> = (0..70).map(|_| Wire::open(server.address())).collect();
    let started = Instant::now();
    for round in 0.. {
        for wire in &mut endless {
            // Those that are not read on are reset.
            let _ = wire.try_send(if round == 0 { head.as_bytes() } else { &[7; 1024] });
        }
        if started.elapsed() > Duration::from_secs(4) {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    for _ in 0..40 {
        bucket.key("GET", "k").send().expect_error(503, "ServiceUnavailable");
    }
}

#[test]
fn the_console_answers_while_the_api_has_no_room() {
    let server = limited("1");
    let bucket = Bucket::on(&server);
    settle();
    let _running = begin_upload(&bucket, "a");
    settle();
    bucket.root("GET", "").send().expect(503);
    assert_eq!(server.ask_console("/healthz").expect(200).text(), "ok\n");
}

#[test]
fn a_connection_without_a_request_is_closed_in_time() {
    let server = Arc::new(impatient().start());
    let bucket = Bucket::on(&server);
    let (mut silent, mut used) = (Wire::open(server.address()), Wire::open(server.address()));
    bucket.root("GET", "").send_on(&mut used).expect(200);
    let begun = Instant::now();
    assert!(silent.is_closed() && used.is_closed());
    let elapsed = begun.elapsed();
    assert!(elapsed > Duration::from_millis(500) && elapsed < PATIENCE, "{elapsed:?}");
}

#[test]
fn a_head_that_drips_is_cut_off() {
    let server = impatient().start();
    let mut wire = Wire::open(server.address());
    wire.send("GET / HTTP/1.1\r\nHost: ");
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE && wire.try_send(b"a").is_ok() {
        thread::sleep(Duration::from_millis(100));
    }
    assert!(begun.elapsed() < PATIENCE);
    if let Some(answer) = wire.answer_to("GET") {
        answer.expect_error(400, "RequestTimeout");
    }
}

#[test]
fn a_body_that_drips_is_cut_off_and_a_slow_one_is_not() {
    let server = Arc::new(impatient().set("OSSICLE_SERVER_STALL_TIMEOUT_S", "4").start());
    let bucket = Bucket::on(&server);
    let send = |key: &str, piece: usize, pieces: usize| {
        let mut wire = Wire::open(server.address());
        wire.send(bucket.key("PUT", key).body(vec![7; piece * pieces]).head());
        for _ in 0..pieces {
            if wire.try_send(&vec![7; piece]).is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
        wire.answer_to("PUT")
    };
    thread::scope(|scope| {
        let dripping = scope.spawn(|| send("dripping", 1, 300));
        let slow = scope.spawn(|| send("slow", 600, 80));
        dripping.join().unwrap().expect("an answer").expect_error(400, "RequestTimeout");
        slow.join().unwrap().expect("an answer").expect(200);
    });
    bucket.assert_keys(&["slow"]);
}

/// Reads `most` bytes at a time until the end, with pauses for as long as `paused` is not over. Tells how much came.
fn read_slowly(stream: &mut TcpStream, most: usize, paused: Duration) -> usize {
    let (begun, mut piece, mut all) = (Instant::now(), vec![0; most], 0);
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return all,
            Ok(read) => all += read,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("{error}"),
        }
        if begun.elapsed() < paused {
            thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn an_answer_that_nobody_reads_is_cut_off_and_one_that_is_read_slowly_is_not() {
    const SIZE: usize = 40 << 20;
    let server = Arc::new(impatient().start());
    let bucket = Bucket::on(&server);
    bucket.put("k", vec![7; SIZE]);
    let ask = || {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(&bucket.key("GET", "k").to_bytes()).unwrap();
        stream
    };
    let (mut unread, mut slow) = (ask(), ask());
    // What the system has buffered on either side is all that comes.
    let read = read_slowly(&mut slow, 64 * 1024, Duration::from_secs(4));
    assert!(read > SIZE, "{read}");
    let read = read_slowly(&mut unread, 1 << 20, Duration::ZERO);
    assert!(read < SIZE, "{read}");
    bucket.key("GET", "k").send().expect(200);
}

#[test]
fn who_waits_for_the_server_is_not_slow() {
    let server = Arc::new(impatient().start());
    let bucket = Bucket::on(&server);
    let application = Application::always(Reply::after(Duration::from_secs(4), Reply::json("{}")));
    let callback = format!("{{\"callbackUrl\":\"{}\",\"callbackBody\":\"a\"}}", application.url("/"));
    let put = bucket.key("PUT", "k").header("x-oss-callback", &STANDARD.encode(callback)).body("Hello");
    let answer = put.send().expect(200);
    assert_eq!(answer.text(), "{}");
}

#[test]
fn a_stop_does_not_wait_for_silent_connections() {
    let mut server = Setup::new().start();
    let (mut api, mut console) = (Wire::open(server.address()), Wire::open(server.console()));
    thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    server.terminate();
    assert!(api.is_closed() && console.is_closed());
    assert_eq!(server.wait().code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[cfg(target_os = "linux")]
#[test]
fn a_flood_leaves_files_for_objects_and_for_the_console() {
    let server = Arc::new(Setup::new().under("ulimit -n 400").start());
    let bucket = Bucket::on(&server);
    let large = vec![7; 1_000_000];
    bucket.put("large", &large);
    settle();
    // More than there is room for, each with a data file, and as many again that say nothing.
    let begin = |number: usize| {
        let mut wire = Wire::open(server.address());
        let bytes = bucket.key("PUT", &format!("k{number}")).body(&large).to_bytes();
        let _ = wire.try_send(&bytes[..bytes.len() - 1]);
        wire
    };
    let mut running: Vec<Wire> = (0..150).map(begin).collect();
    let silent: Vec<Wire> = (0..150).map(|_| Wire::open(server.address())).collect();
    let mut watching: Vec<Wire> = (0..150).map(|_| Wire::open(server.console())).collect();
    thread::sleep(Duration::from_millis(1500));
    assert_eq!(server.ask_console("/healthz").expect(200).text(), "ok\n");
    let open = std::fs::read_dir(format!("/proc/{}/fd", server.child.id())).unwrap().count();
    assert!(open < 380, "{open} of 400 files are open");
    running[0].send(&large[..1]);
    running[0].answer().expect(200);
    assert!(bucket.key("GET", "large").send_on(&mut running[0]).expect(200).body == large);
    assert!(watching[0].is_closed(), "the idlest made room");
    drop((running, silent, watching));
    settle();
    bucket.assert_keys(&["k0", "large"]);
}

#[test]
fn more_connections_than_files_are_refused_at_start() {
    let ended = Setup::new().under("ulimit -n 1024").set("OSSICLE_SERVER_MAX_CONNECTIONS", "1000").run();
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    for word in ["server.max_connections (1000)", "the system allows 1024", "ulimit -n"] {
        assert!(ended.stderr.contains(word), "{ended:?}");
    }
}
