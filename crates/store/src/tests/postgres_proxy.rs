//! A proxy before a PostgreSQL server that cuts a connection at a chosen byte of the exchange that commits.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

const SOCKET: &str = ".s.PGSQL.5432";

/// A commit with what it writes is longer than this, and one of a query shorter.
const SHORTEST_WRITE: usize = 60;

/// The proxy. It serves as long as the process lives.
pub(super) struct Proxy {
    pub(super) folder: TempDir,
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

impl Proxy {
    pub(super) fn start(server: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let plan = Arc::new(Mutex::new(Plan::default()));
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let (socket, shared) = (server.join(SOCKET), Arc::clone(&plan));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let is_closed = {
                    let plan = shared.lock().unwrap();
                    plan.was_cut && plan.then_closed
                };
                if let (false, Ok(server)) = (is_closed, UnixStream::connect(&socket)) {
                    serve(client.unwrap(), server, &shared);
                }
            }
        });
        Self { folder, plan }
    }

    /// Cuts the next commit after so many bytes.
    pub(super) fn cut_after(&self, bytes: usize, then_closed: bool) {
        *self.plan.lock().unwrap() = Plan { cut_after: Some(bytes), was_cut: false, then_closed };
    }

    /// Cuts no more, and tells whether it has.
    pub(super) fn has_cut(&self) -> bool {
        std::mem::take(&mut *self.plan.lock().unwrap()).was_cut
    }
}

/// Bytes of the answer that may still pass, on one connection.
type Left = Arc<Mutex<Option<usize>>>;

fn serve(client: UnixStream, server: UnixStream, plan: &Arc<Mutex<Plan>>) {
    let left = Left::default();
    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (requests, limit) = (Arc::clone(plan), Arc::clone(&left));
    std::thread::spawn(move || pass(from, to, |chunk| of_request(chunk, &requests, &limit)));
    let answers = Arc::clone(plan);
    std::thread::spawn(move || pass(server, client, |chunk| of_answer(chunk, &answers, &left)));
}

/// Passes bytes on; `limit` tells how many of a chunk, and anything less than all is the end.
fn pass(mut from: UnixStream, mut to: UnixStream, mut limit: impl FnMut(&[u8]) -> usize) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let chunk = &buffer[..length];
        let passed = limit(chunk);
        if to.write_all(&chunk[..passed]).is_err() || passed < length {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

fn of_request(chunk: &[u8], plan: &Mutex<Plan>, left: &Left) -> usize {
    let commits = chunk.windows(7).any(|word| word == b"COMMIT\0");
    let mut plan = plan.lock().unwrap();
    if !commits || chunk.len() < SHORTEST_WRITE {
        return chunk.len();
    }
    let Some(after) = plan.cut_after.take() else { return chunk.len() };
    if after < chunk.len() {
        plan.was_cut = true;
        return after;
    }
    *left.lock().unwrap() = Some(after - chunk.len());
    chunk.len()
}

fn of_answer(chunk: &[u8], plan: &Mutex<Plan>, left: &Left) -> usize {
    let mut left = left.lock().unwrap();
    match &mut *left {
        None => chunk.len(),
        Some(left) if *left >= chunk.len() => {
            *left -= chunk.len();
            chunk.len()
        }
        Some(left) => {
            plan.lock().unwrap().was_cut = true;
            *left
        }
    }
}
