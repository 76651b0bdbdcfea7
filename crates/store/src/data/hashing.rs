//! The threads that hash uploads. Uploads that come at the same time share a thread and are hashed side by side, which
//! costs much less than one after another.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use bytes::{Buf as _, Bytes};
use tokio::sync::oneshot;

use super::md5::{BLOCK, Md5State, take_blocks};
use crate::{Error, OpenError};

/// Streams that one thread hashes side by side.
const LANES: usize = 4;

/// Blocks after which a thread looks whether another stream has come.
const TURN_BLOCKS: usize = 512;

/// The threads. Dropping it ends them.
#[derive(Debug)]
pub(crate) struct Hashers {
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    closed: bool,
}

/// The next stretch of one stream.
#[derive(Debug)]
struct Job {
    state: Md5State,
    pieces: VecDeque<Bytes>,
    done: oneshot::Sender<Md5State>,
}

/// The MD5 of a stream whose pieces come in stretches.
#[derive(Debug)]
pub(super) struct StreamMd5 {
    hashers: Arc<Hashers>,
    state: Progress,
}

#[derive(Debug)]
enum Progress {
    Idle(Md5State),
    Busy(oneshot::Receiver<Md5State>),
    Lost,
}

impl Hashers {
    /// Starts threads for half of the processors: the other half receives and writes.
    pub(crate) fn start() -> Result<Self, OpenError> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let queue = Arc::new(Queue::default());
        let hashers = Self { queue: Arc::clone(&queue), threads: Mutex::default() };
        for number in 1..=(processors / 2).max(1) {
            let queue = Arc::clone(&queue);
            let thread = std::thread::Builder::new()
                .name(format!("ossicle-hash-{number}"))
                .spawn(move || queue.serve())
                .map_err(|e| OpenError::io("starting a thread", e))?;
            lock(&hashers.threads).push(thread);
        }
        Ok(hashers)
    }

    fn submit(&self, job: Job) {
        lock(&self.queue.waiting).jobs.push_back(job);
        self.queue.wake.notify_one();
    }
}

impl Drop for Hashers {
    fn drop(&mut self) {
        lock(&self.queue.waiting).closed = true;
        self.queue.wake.notify_all();
        for thread in lock(&self.threads).drain(..) {
            let _ = thread.join();
        }
    }
}

impl StreamMd5 {
    pub(super) fn new(hashers: Arc<Hashers>) -> Self {
        Self { hashers, state: Progress::Idle(Md5State::new()) }
    }

    /// Begins to hash the next pieces, once those before are done.
    pub(super) async fn hash(&mut self, pieces: Vec<Bytes>) -> Result<(), Error> {
        let state = self.settled().await?;
        let (done, outcome) = oneshot::channel();
        self.hashers.submit(Job { state, pieces: pieces.into(), done });
        self.state = Progress::Busy(outcome);
        Ok(())
    }

    /// The hash of all pieces.
    pub(super) async fn finish(mut self) -> Result<[u8; 16], Error> {
        self.settled().await.map(Md5State::finish)
    }

    async fn settled(&mut self) -> Result<Md5State, Error> {
        match std::mem::replace(&mut self.state, Progress::Lost) {
            Progress::Idle(state) => Ok(state),
            Progress::Busy(outcome) => outcome.await.map_err(|_| Error::Closed),
            Progress::Lost => Err(Error::Closed),
        }
    }
}

impl Queue {
    /// Hashes until the queue is closed.
    fn serve(&self) {
        let mut jobs = Vec::with_capacity(LANES);
        while self.fill(&mut jobs) {
            turn(&mut jobs);
        }
    }

    /// Takes jobs while there are lanes for them, and waits only when there is nothing to do; `false` at the end.
    fn fill(&self, jobs: &mut Vec<Job>) -> bool {
        let mut waiting = lock(&self.waiting);
        loop {
            while jobs.len() < LANES
                && let Some(job) = waiting.jobs.pop_front()
            {
                jobs.push(job);
            }
            if !jobs.is_empty() {
                return true;
            }
            if waiting.closed {
                return false;
            }
            waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Hashes a little of every job, and tells of those that are done.
fn turn(jobs: &mut Vec<Job>) {
    for job in jobs.iter_mut() {
        job.reach_blocks();
    }
    for done in jobs.extract_if(.., |job| job.pieces.is_empty()) {
        // Whoever asked may be gone.
        let _ = done.done.send(done.state);
    }
    match jobs.as_mut_slice() {
        [a, b, c, d] => side_by_side([a, b, c, d]),
        [a, b, c] => side_by_side([a, b, c]),
        [a, b] => side_by_side([a, b]),
        [a] => side_by_side([a]),
        _ => {}
    }
}

fn side_by_side<const N: usize>(mut jobs: [&mut Job; N]) {
    let streams = jobs.each_mut().map(|job| {
        let Job { state, pieces, .. } = &mut **job;
        (state, blocks_of(pieces))
    });
    let taken = take_blocks(streams);
    for job in jobs {
        if let Some(first) = job.pieces.front_mut() {
            first.advance(taken * BLOCK);
        }
    }
}

impl Job {
    /// Hashes what stands between the stream's last whole block and the next.
    fn reach_blocks(&mut self) {
        while let Some(first) = self.pieces.front_mut() {
            let taken = self.state.take_edge(first);
            first.advance(taken);
            if first.is_empty() {
                self.pieces.pop_front();
            } else if taken == 0 {
                return;
            }
        }
    }
}

/// The whole blocks of the first piece, as many as one turn takes.
fn blocks_of(pieces: &VecDeque<Bytes>) -> &[[u8; BLOCK]] {
    let blocks = pieces.front().map_or(&[][..], |first| first.as_chunks().0);
    blocks.get(..TURN_BLOCKS).unwrap_or(blocks)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use md5::{Digest as _, Md5};

    use super::*;

    /// More streams than lanes, in pieces that begin and end anywhere in a block, several pieces at a time.
    #[tokio::test]
    async fn many_streams_at_once_come_out_as_each_alone() {
        let hashers = Arc::new(Hashers::start().unwrap());
        let streams = (0..13_usize).map(|stream| {
            let length = [0, 1, 63, 64, 65, 4096, 70_001, 300_000][stream % 8] + stream;
            let bytes: Vec<u8> = (0..length).map(|at| (at * at + at / 97 + stream) as u8).collect();
            let hashers = Arc::clone(&hashers);
            tokio::spawn(async move {
                let mut md5 = StreamMd5::new(hashers);
                let pieces: Vec<Bytes> = bytes.chunks(1 + stream * 37).map(Bytes::copy_from_slice).collect();
                for stretch in pieces.chunks(1 + stream % 5 * 40) {
                    md5.hash(stretch.to_vec()).await.unwrap();
                }
                assert_eq!(md5.finish().await.unwrap(), <[u8; 16]>::from(Md5::digest(&bytes)), "{length}");
            })
        });
        for stream in streams.collect::<Vec<_>>() {
            stream.await.unwrap();
        }
    }
}
