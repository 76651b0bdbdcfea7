//! Clients that do nothing wrong while others do: each has a connection, uses it now and then, and notes how long an answer
//! took.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Bucket, Wire};

/// Of the API and of the console.
pub(crate) const API_CLIENTS: usize = 12;
const CONSOLE_CLIENTS: usize = 4;

/// Between the requests of a client.
const PAUSE: Duration = Duration::from_millis(40);

/// Objects that are read and written.
pub(crate) const OBJECT_BYTES: usize = 4096;

/// What all of them saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) errors: Vec<String>,
    latencies: Vec<Duration>,
}

impl Seen {
    /// The time that 99 of 100 requests took at most.
    pub(crate) fn p99(&self) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort();
        sorted[sorted.len() * 99 / 100]
    }

    pub(crate) fn count(&self) -> usize {
        self.latencies.len()
    }
}

/// Lets the clients work until it is `over`. `secure` opens connections to the API.
pub(crate) fn work(bucket: &Bucket, over: &AtomicBool, secure: &(dyn Fn() -> Wire + Sync)) -> Seen {
    let mut seen = Seen::default();
    thread::scope(|scope| {
        let api = (0..API_CLIENTS).map(|number| scope.spawn(move || use_api(bucket, number, over, secure)));
        let mut clients: Vec<_> = api.collect();
        clients.extend((0..CONSOLE_CLIENTS).map(|_| scope.spawn(move || use_console(bucket, over))));
        for client in clients {
            let one = client.join().unwrap();
            seen.errors.extend(one.errors);
            seen.latencies.extend(one.latencies);
        }
    });
    seen
}

impl Seen {
    /// Sends on a connection that is kept, and opens another only if the server closes it, which is an error.
    fn ask(&mut self, wire: &mut Wire, open: &dyn Fn() -> Wire, bytes: &[u8]) {
        let begun = Instant::now();
        match wire.try_send(bytes).ok().and_then(|()| wire.answer_to("GET")) {
            Some(answer) if answer.status == 200 => self.latencies.push(begun.elapsed()),
            Some(answer) => self.errors.push(format!("{answer:?}")),
            None => {
                self.errors.push("the server closed the connection".to_owned());
                *wire = open();
            }
        }
        thread::sleep(PAUSE);
    }
}

fn use_api(bucket: &Bucket, number: usize, over: &AtomicBool, open: &(dyn Fn() -> Wire + Sync)) -> Seen {
    let (mut seen, mut wire) = (Seen::default(), open());
    while !over.load(Ordering::Relaxed) {
        let get = bucket.key("GET", &format!("read/{number}"));
        seen.ask(&mut wire, &|| open(), &get.to_bytes());
        let put = bucket.key("PUT", &format!("written/{number}")).body(vec![7; OBJECT_BYTES]);
        seen.ask(&mut wire, &|| open(), &put.to_bytes());
    }
    // Whoever comes anew is served too.
    wire = open();
    seen.ask(&mut wire, &|| open(), &bucket.key("GET", &format!("read/{number}")).to_bytes());
    seen
}

fn use_console(bucket: &Bucket, over: &AtomicBool) -> Seen {
    let console = bucket.server.console();
    let open = || Wire::open(console);
    let health = format!("GET /healthz HTTP/1.1\r\nHost: {console}\r\n\r\n");
    let (mut seen, mut wire) = (Seen::default(), open());
    while !over.load(Ordering::Relaxed) {
        seen.ask(&mut wire, &open, health.as_bytes());
    }
    wire = open();
    seen.ask(&mut wire, &open, health.as_bytes());
    seen
}
