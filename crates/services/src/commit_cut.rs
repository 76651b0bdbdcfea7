//! A proxy before a PostgreSQL server that cuts a connection at a chosen byte of the exchange that commits.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::lock;

/// A commit with what it writes is longer than this, and one of a query shorter.
const SHORTEST_WRITE: usize = 60;

/// The proxy. It serves as long as the process lives.
#[derive(Debug)]
pub struct CommitCut {
    address: SocketAddr,
    upstream: SocketAddr,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug, Default)]
struct Plan {
    /// Cut the next commit after so many bytes of it, those of the answer behind those of the request.
    cut_after: Option<usize>,
    was_cut: bool,
    /// Let nobody in after a cut.
    then_closed: bool,
}

impl CommitCut {
    /// Starts a proxy before the server at this port.
    pub fn start(port: u16) -> io::Result<Self> {
        let upstream = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let plan = Arc::new(Mutex::new(Plan::default()));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::clone(&plan);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let is_closed = {
                    let plan = lock(&shared);
                    plan.was_cut && plan.then_closed
                };
                if let (false, Ok(client), Ok(server)) = (is_closed, client, TcpStream::connect(upstream)) {
                    let _ = serve(client, server, &shared);
                }
            }
        });
        Ok(Self { address, upstream, plan })
    }

    /// Returns the address with the proxy's place instead of the server's.
    pub fn url(&self, url: &str) -> String {
        url.replace(&self.upstream.to_string(), &self.address.to_string())
    }

    /// Cuts the next commit after so many bytes.
    pub fn cut_after(&self, bytes: usize, then_closed: bool) {
        *lock(&self.plan) = Plan { cut_after: Some(bytes), was_cut: false, then_closed };
    }

    /// Cuts no more, and tells whether it has.
    pub fn has_cut(&self) -> bool {
        std::mem::take(&mut *lock(&self.plan)).was_cut
    }
}

/// Bytes of the answer that may still pass, on one connection.
type Left = Arc<Mutex<Option<usize>>>;

fn serve(client: TcpStream, server: TcpStream, plan: &Arc<Mutex<Plan>>) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let left = Left::default();
    let (from, to) = (client.try_clone()?, server.try_clone()?);
    let (requests, limit) = (Arc::clone(plan), Arc::clone(&left));
    std::thread::spawn(move || pass(from, to, |chunk| of_request(chunk, &requests, &limit)));
    let answers = Arc::clone(plan);
    std::thread::spawn(move || pass(server, client, |chunk| of_answer(chunk, &answers, &left)));
    Ok(())
}

/// Passes bytes on; `limit` tells how many of a chunk, and anything less than all is the end.
fn pass(mut from: TcpStream, mut to: TcpStream, mut limit: impl FnMut(&[u8]) -> usize) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let chunk = buffer.get(..length).unwrap_or_default();
        let passed = limit(chunk).min(length);
        if to.write_all(chunk.get(..passed).unwrap_or_default()).is_err() || passed < length {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

fn of_request(chunk: &[u8], plan: &Mutex<Plan>, left: &Left) -> usize {
    let commits = chunk.windows(7).any(|word| word == b"COMMIT\0");
    let mut plan = lock(plan);
    if !commits || chunk.len() < SHORTEST_WRITE {
        return chunk.len();
    }
    let Some(after) = plan.cut_after.take() else { return chunk.len() };
    if after < chunk.len() {
        plan.was_cut = true;
        return after;
    }
    *lock(left) = Some(after - chunk.len());
    chunk.len()
}

fn of_answer(chunk: &[u8], plan: &Mutex<Plan>, left: &Left) -> usize {
    let mut left = lock(left);
    match &mut *left {
        None => chunk.len(),
        Some(left) if *left >= chunk.len() => {
            *left -= chunk.len();
            chunk.len()
        }
        Some(left) => {
            lock(plan).was_cut = true;
            *left
        }
    }
}
