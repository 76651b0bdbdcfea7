//! Application servers that are slow, trickle, reset, send without end, redirect, speak no TLS or flap, and what is left
//! for everybody else.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::application::Identity;
use crate::harness::{Application, Bucket, Reply, Setup, document};
use crate::journal::{rows, wait_for_none};
use crate::upload::{Outcome, Way, upload};

/// Uploads with hostile callbacks at once.
const UPLOADS: usize = 1000;

/// What a bad application server does once a request has begun to come.
#[derive(Debug, Clone, Copy)]
enum Vice {
    /// Answers nothing.
    Silent,
    /// Sends its answer a byte at a time.
    Trickling,
    Resetting,
    /// Announces a body of a gigabyte.
    Huge,
    /// Sends headers without end.
    Babbling,
    Redirecting,
    /// Well one moment, gone the next.
    Flapping,
}

/// Serves one vice, every connection on a small thread; the address to send callbacks to.
fn hostile(vice: Vice) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let count = AtomicUsize::new(0);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { continue };
            let number = count.fetch_add(1, Ordering::Relaxed);
            small_thread(move || drop(misbehave(stream, vice, number)));
        }
    });
    address
}

fn small_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    thread::Builder::new().stack_size(256 * 1024).spawn(work).unwrap()
}

fn misbehave(mut stream: TcpStream, vice: Vice, number: usize) -> std::io::Result<()> {
    let mut piece = [0; 8192];
    if stream.read(&mut piece)? == 0 {
        return Ok(());
    }
    match vice {
        Vice::Silent => while stream.read(&mut piece)? > 0 {},
        Vice::Trickling => {
            for byte in
                b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n".iter().chain([b' '; 20_000].iter())
            {
                stream.write_all(&[*byte])?;
                thread::sleep(Duration::from_millis(50));
            }
        }
        Vice::Resetting => rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?,
        Vice::Huge => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")?;
            while stream.write(&[b'1'; 8192])? > 0 {}
        }
        Vice::Babbling => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                stream.write_all(b"X-More: of the same, and the same again, and the same once more\r\n")?;
            }
        }
        Vice::Redirecting => {
            stream.write_all(
                b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            )?;
        }
        Vice::Flapping if number.is_multiple_of(2) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")?;
        }
        Vice::Flapping => {}
    }
    Ok(())
}

/// The URLs of one application server of each kind.
fn hostile_urls(tls: &Application) -> Vec<String> {
    let vices = [
        Vice::Silent,
        Vice::Trickling,
        Vice::Resetting,
        Vice::Huge,
        Vice::Babbling,
        Vice::Redirecting,
        Vice::Flapping,
    ];
    let mut urls: Vec<String> =
        vices.iter().map(|vice| format!("http://{}/callback", hostile(*vice))).collect();
    // No TLS where it is expected, and TLS with a certificate that nobody has signed.
    urls.push(format!("https://{}/callback", hostile(Vice::Silent)));
    urls.push(format!("https://{}/callback", tls.address()));
    urls
}

/// The latencies of healthy uploads, in order of size, until told to stop but not fewer than `least`.
fn healthy_latencies(
    bucket: &Bucket,
    url: &str,
    name: &str,
    least: usize,
    stop: &AtomicBool,
) -> Vec<Duration> {
    let mut latencies = Vec::new();
    while latencies.len() < least || !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let outcome = upload(bucket, Way::Put, &format!("{name}/{}", latencies.len()), url).unwrap();
        latencies.push(begun.elapsed());
        assert_eq!(outcome.status, 200, "{} {}", outcome.head, String::from_utf8_lossy(&outcome.body));
        // Those who want to know the latency should not make it.
        thread::sleep(Duration::from_millis(5));
    }
    latencies.sort();
    latencies
}

fn median_and_p95(sorted: &[Duration]) -> (Duration, Duration) {
    (sorted[sorted.len() / 2], sorted[sorted.len() * 95 / 100])
}

/// The most memory that the process ever had, in MiB.
fn peak_mib(process_id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process_id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
fn a_thousand_hostile_callbacks_harm_nobody_else() {
    let setup = Setup::new()
        .set("OSSICLE_LOG_LEVEL", "error")
        .set("OSSICLE_CALLBACK_TIMEOUT_MS", "3000")
        .set("OSSICLE_CALLBACK_MAX_IN_FLIGHT", "2000");
    let server = Arc::new(setup.start());
    let (good, bad) = (Bucket::on(&server), Bucket::on(&server));
    let healthy = Application::json("{\"Status\":\"OK\"}");
    let url = healthy.url("/callback");
    let (calm, done) = (AtomicBool::new(true), Arc::new(AtomicBool::new(false)));
    let before = median_and_p95(&healthy_latencies(&good, &url, "before", 60, &calm));
    let quiet_mib = peak_mib(server.child.id());

    let tls = Application::tls(&Identity::new(), |_| Reply::json("{}"));
    let urls = hostile_urls(&tls);
    let start = Arc::new(Barrier::new(UPLOADS + 1));
    let uploads: Vec<_> = (0..UPLOADS)
        .map(|number| {
            let (bucket, url, start) = (bad.clone(), urls[number % urls.len()].clone(), Arc::clone(&start));
            small_thread(move || {
                start.wait();
                upload(&bucket, Way::Put, &format!("k/{number}"), &url).expect("an answer")
            })
        })
        .collect();
    start.wait();
    let (bucket, stop) = (good, Arc::clone(&done));
    let measured = thread::spawn(move || healthy_latencies(&bucket, &url, "during", 20, &stop));
    let outcomes: Vec<Outcome> = uploads.into_iter().map(|upload| upload.join().unwrap()).collect();
    done.store(true, Ordering::Relaxed);
    let during = median_and_p95(&measured.join().unwrap());
    let peak = peak_mib(server.child.id());
    eprintln!("median and p95 before {before:?}, during {during:?}; memory {quiet_mib} MiB, then {peak} MiB");

    let (kept, failed): (Vec<&Outcome>, Vec<&Outcome>) =
        outcomes.iter().partition(|outcome| outcome.status == 200);
    assert!(failed.iter().all(|outcome| outcome.status == 203), "{failed:?}");
    assert!(kept.len() <= UPLOADS / urls.len() + 1, "only the flapping one may accept: {}", kept.len());
    // Making a thousand signatures keeps the processors busy for a moment; waiting for a hostile server takes 3 s.
    assert!(during.0 < before.0 * 20 + Duration::from_millis(300), "median {during:?}, before {before:?}");
    assert!(during.1 < Duration::from_millis(2500), "p95 {during:?}, before {before:?}");
    assert!(peak < quiet_mib + 256, "{peak} MiB, {quiet_mib} MiB before");
    wait_for_none(&server, "pending,unknown", Duration::from_secs(20));
    let told = rows(&server, &format!("bucket={}", bad.name));
    assert_eq!(told.len(), UPLOADS);
    for row in told {
        assert!(matches!(row["state"].as_str(), Some("failed" | "delivered")), "{row:#}");
        assert!(!row["verdict"].as_str().unwrap().is_empty(), "{row:#}");
    }
}

/// Uploads so many at once and sorts the answers: accepted, refused because there are too many, failed otherwise.
fn crowd(bucket: &Bucket, name: &str, url: &str, count: usize) -> [usize; 3] {
    let uploads: Vec<_> = (0..count)
        .map(|number| {
            let (bucket, url, key) = (bucket.clone(), url.to_owned(), format!("{name}/{number}"));
            small_thread(move || upload(&bucket, Way::Put, &key, &url).unwrap())
        })
        .collect();
    let mut sorted = [0; 3];
    for upload in uploads {
        let outcome = upload.join().unwrap();
        let body = String::from_utf8(outcome.body).unwrap();
        let too_many = document::first(&body, "Message").as_deref() == Some("Too many callback requests.");
        if too_many {
            assert_eq!(document::first(&body, "EC").as_deref(), Some("0007-00000201"), "{body}");
        }
        sorted[if outcome.status == 200 { 0 } else { 2 - usize::from(too_many) }] += 1;
    }
    sorted
}

#[test]
fn one_destination_does_not_use_up_the_places_of_all() {
    let setup = Setup::new()
        .set("OSSICLE_LOG_LEVEL", "error")
        .set("OSSICLE_CALLBACK_TIMEOUT_MS", "6000")
        .set("OSSICLE_CALLBACK_MAX_IN_FLIGHT", "12")
        .set("OSSICLE_CALLBACK_MAX_IN_FLIGHT_PER_DESTINATION", "8");
    let bucket = Bucket::on(&Arc::new(setup.start()));
    let (slow, other) = (hostile(Vice::Silent), hostile(Vice::Silent));
    let url = |address: SocketAddr| format!("http://{address}/");
    let (crowded, to) = (bucket.clone(), url(slow));
    let first = thread::spawn(move || crowd(&crowded, "slow", &to, 20));
    thread::sleep(Duration::from_millis(1200));
    // The slow one has its eight; four are left for the others.
    let healthy = Application::json("{}");
    for number in 0..4 {
        let outcome = upload(&bucket, Way::Put, &format!("healthy/{number}"), &healthy.url("/")).unwrap();
        assert_eq!(outcome.status, 200, "{}", String::from_utf8_lossy(&outcome.body));
    }
    // Two slow ones together find the limit for all.
    assert_eq!(crowd(&bucket, "other", &url(other), 6), [0, 2, 4]);
    assert_eq!(first.join().unwrap(), [0, 12, 8]);
    let waiting = rows(&bucket.server, "state=pending,unknown");
    assert!(waiting.len() <= 12, "{waiting:?}");
    wait_for_none(&bucket.server, "pending,unknown", Duration::from_secs(10));
    let refused = rows(&bucket.server, "state=failed");
    let too_many = refused.iter().filter(|row| row["ec"] == "0007-00000201");
    assert_eq!(too_many.count(), 14, "the journal says so too");
    // The places come back.
    assert_eq!(crowd(&bucket, "again", &healthy.url("/"), 6), [6, 0, 0]);
}
