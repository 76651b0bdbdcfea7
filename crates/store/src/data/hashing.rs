//! The threads that hash uploads. Uploads that come at the same time share a thread and are hashed side by side, which
//! costs much less than one after another.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use bytes::{Buf as _, Bytes};
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::md5::{BLOCK, Md5State, take_blocks};
use crate::sync::{lock, wait};
use crate::{Error, OpenError};

/// Streams that one thread hashes side by side.
const LANES: usize = 4;

/// Stretches of one stream that may be on their way. With one, its lane would be empty until the next has come.
const STRETCHES: u32 = 2;

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
    /// What the stretch before leaves.
    before: oneshot::Receiver<Md5State>,
    pieces: VecDeque<Bytes>,
    done: oneshot::Sender<Md5State>,
    place: OwnedSemaphorePermit,
}

/// A stretch that is being hashed.
#[derive(Debug)]
struct Lane {
    state: Md5State,
    pieces: VecDeque<Bytes>,
    done: oneshot::Sender<Md5State>,
    /// Given back when the stretch is hashed.
    _place: OwnedSemaphorePermit,
}

/// The MD5 of a stream whose pieces come in stretches.
#[derive(Debug)]
pub(super) struct StreamMd5 {
    hashers: Arc<Hashers>,
    /// What the last stretch leaves.
    state: oneshot::Receiver<Md5State>,
    places: Arc<Semaphore>,
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
    /// Goes on from what came before the stream.
    pub(super) fn after(before: Md5State, hashers: Arc<Hashers>) -> Self {
        let (told, state) = oneshot::channel();
        // The receiver is at hand.
        let _ = told.send(before);
        Self { hashers, state, places: Arc::new(Semaphore::new(STRETCHES as usize)) }
    }

    /// Has the next pieces hashed, after those before. Waits when [`STRETCHES`] are not done yet; with `crowded`, when
    /// one is not: there are streams enough to fill the lanes, and what waits takes memory.
    pub(super) async fn hash(&mut self, pieces: Vec<Bytes>, crowded: bool) -> Result<(), Error> {
        let places = if crowded { STRETCHES } else { 1 };
        let place = Arc::clone(&self.places).acquire_many_owned(places).await.map_err(|_| Error::Closed)?;
        let (done, state) = oneshot::channel();
        let before = std::mem::replace(&mut self.state, state);
        self.hashers.submit(Job { before, pieces: pieces.into(), done, place });
        Ok(())
    }

    /// The state after all pieces.
    pub(super) async fn finish(self) -> Result<Md5State, Error> {
        self.state.await.map_err(|_| Error::Closed)
    }
}

impl Queue {
    /// Hashes until the queue is closed.
    fn serve(&self) {
        let mut lanes = Vec::with_capacity(LANES);
        while self.fill(&mut lanes) {
            turn(&mut lanes);
        }
    }

    /// Takes jobs while there are lanes for them, and waits only when there is nothing to do; `false` at the end.
    fn fill(&self, lanes: &mut Vec<Lane>) -> bool {
        let mut waiting = lock(&self.waiting);
        loop {
            let had = lanes.len();
            waiting.begin(lanes);
            if lanes.len() == LANES && had < LANES && !waiting.jobs.is_empty() {
                // Stretches that had to wait for those before may have become ready, and other threads sleep.
                self.wake.notify_one();
            }
            if !lanes.is_empty() {
                return true;
            }
            if waiting.closed {
                return false;
            }
            waiting = wait(&self.wake, waiting);
        }
    }
}

impl Waiting {
    /// Begins the oldest stretches that need not wait for one before.
    fn begin(&mut self, lanes: &mut Vec<Lane>) {
        let mut at = 0;
        while lanes.len() < LANES
            && let Some(job) = self.jobs.get_mut(at)
        {
            let state = job.before.try_recv();
            if let Err(TryRecvError::Empty) = state {
                at += 1;
                continue;
            }
            // Without the state before, the job goes, and whoever asked is told.
            if let (Some(Job { pieces, done, place, .. }), Ok(state)) = (self.jobs.remove(at), state) {
                lanes.push(Lane { state, pieces, done, _place: place });
            }
        }
    }
}

/// Hashes a little of every stretch, and tells of those that are done.
fn turn(lanes: &mut Vec<Lane>) {
    for lane in lanes.iter_mut() {
        lane.reach_blocks();
    }
    for lane in lanes.extract_if(.., |lane| lane.pieces.is_empty()) {
        // Whoever asked may be gone.
        let _ = lane.done.send(lane.state);
    }
    match lanes.as_mut_slice() {
        [a, b, c, d] => side_by_side([a, b, c, d]),
        [a, b, c] => side_by_side([a, b, c]),
        [a, b] => side_by_side([a, b]),
        [a] => side_by_side([a]),
        _ => {}
    }
}

fn side_by_side<const N: usize>(mut lanes: [&mut Lane; N]) {
    let streams = lanes.each_mut().map(|lane| {
        let Lane { state, pieces, .. } = &mut **lane;
        (state, blocks_of(pieces))
    });
    let taken = take_blocks(streams);
    for lane in lanes {
        if let Some(first) = lane.pieces.front_mut() {
            first.advance(taken * BLOCK);
        }
    }
}

impl Lane {
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
                let mut md5 = StreamMd5::after(Md5State::new(), hashers);
                let pieces: Vec<Bytes> = bytes.chunks(1 + stream * 37).map(Bytes::copy_from_slice).collect();
                for stretch in pieces.chunks(1 + stream % 5 * 40) {
                    md5.hash(stretch.to_vec(), stream % 3 == 0).await.unwrap();
                }
                assert_eq!(
                    md5.finish().await.unwrap().finish(),
                    <[u8; 16]>::from(Md5::digest(&bytes)),
                    "{length}"
                );
            })
        });
        for stream in streams.collect::<Vec<_>>() {
            stream.await.unwrap();
        }
    }
}
