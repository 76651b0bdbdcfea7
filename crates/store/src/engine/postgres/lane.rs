//! A lane: takes commands from the queue and makes each batch one transaction on its connection.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::time::{sleep, timeout};
use tokio_postgres::types::Type;

use super::batch::Batch;
use super::connection::Connection;
use super::failure::{Failure, classify};
use super::job::Outcome;
use super::queue::Jobs;
use super::shared::Shared;
use super::write_out::{self, BatchId, Commit, EXCHANGE_TIMEOUT};
use crate::Error;
use crate::counters::CounterRow;
use crate::health::Counters;

/// A batch takes no more commands when it is as large as this.
const BATCH_BYTES: usize = 4 << 20;

/// How long commands wait for a database that is out of reach.
const PATIENCE: Duration = Duration::from_millis(800);

/// How long a lane looks for the outcome of a commit.
const OUTCOME_PATIENCE: Duration = Duration::from_secs(2);

/// How long a lane waits before it connects again.
const PAUSE: Duration = Duration::from_millis(50);

/// How often a lane without work looks whether the database is there.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

/// How many connections are lost before commands are given up.
const MOST_LOSSES: u32 = 3;

/// How often a command alone is run again as another one was in the way.
const MOST_CONFLICTS: u32 = 50;

/// The highest number of a lane.
const LANE_NUMBERS: i32 = 4095;

/// The first half of the advisory locks on lanes' numbers.
const LANE_LOCKS: i32 = 0x0551_C1E0;

/// A connection and the number that nobody else adds to counters with while it is open.
#[derive(Debug)]
struct Line {
    connection: Arc<Connection>,
    number: i32,
}

/// Commands that are to be one batch.
#[derive(Debug)]
struct Work {
    jobs: Jobs,
    /// How often another transaction was in the way.
    conflicts: u32,
    /// How often the connection was lost.
    losses: u32,
}

/// What became of a batch that was tried.
#[derive(Debug)]
enum Tried {
    /// The first so many of the commands were committed.
    Committed(usize),
    NotDone(Failure),
    /// Of the first so many nobody knows.
    Unknown(usize, BatchId, String),
}

#[derive(Debug)]
struct Lane {
    shared: Arc<Shared>,
    line: Option<Line>,
}

/// Runs a lane until the queue is closed and empty; that `_ended` is dropped tells so.
pub(super) async fn run(shared: Arc<Shared>, _ended: std::sync::mpsc::Sender<()>) {
    let mut lane = Lane { shared: Arc::clone(&shared), line: None };
    loop {
        match timeout(PROBE_INTERVAL, shared.queue.take()).await {
            Ok(Some(jobs)) => lane.work(jobs).await,
            Ok(None) => break,
            // Nobody asks for anything: whether the database is there has to be known all the same.
            Err(_) => drop(lane.connected(Duration::ZERO).await),
        }
    }
    // Wakes the next lane that waits.
    shared.queue.close();
}

impl Lane {
    /// Runs jobs until every one has its answer.
    async fn work(&mut self, jobs: Jobs) {
        let mut waiting = VecDeque::from([Work { jobs, conflicts: 0, losses: 0 }]);
        while let Some(mut work) = waiting.pop_front() {
            let (connection, number) = match self.connected(PATIENCE).await {
                Ok(line) => line,
                Err(error) => {
                    finish(work.jobs, &Outcome::Failed(error));
                    continue;
                }
            };
            let tried = self.attempt(connection, number, &mut work).await;
            for next in self.settle(work, tried).await.into_iter().rev() {
                waiting.push_front(next);
            }
        }
    }

    /// Answers what can be answered after a try, and returns what is to be tried next.
    async fn settle(&mut self, mut work: Work, tried: Tried) -> Vec<Work> {
        match tried {
            Tried::Committed(count) => answer_first(work, count, &Outcome::Committed),
            Tried::NotDone(Failure::Lost(why)) => {
                self.line = None;
                work.losses += 1;
                if work.losses >= MOST_LOSSES {
                    finish(work.jobs, &Outcome::Failed(Failure::Lost(why).into_error()));
                    return Vec::new();
                }
                vec![work]
            }
            Tried::NotDone(failure) => self.halve(work, failure).await,
            Tried::Unknown(count, id, why) => {
                self.line = None;
                match self.outcome_of(&id).await {
                    Some(true) => answer_first(work, count, &Outcome::Committed),
                    Some(false) => vec![work],
                    None => {
                        self.shared.has_left_unknown.store(true, Ordering::Release);
                        answer_first(work, count, &Outcome::Unknown(write_out::unknown(&why)))
                    }
                }
            }
        }
    }

    /// Splits commands of which one was in somebody's way, or was refused, so that the others go on without it.
    async fn halve(&self, mut work: Work, failure: Failure) -> Vec<Work> {
        if let Failure::Conflict = failure {
            Counters::add(&self.shared.setup.counters.conflicts, 1);
            work.conflicts += 1;
            let most_ms = 1_u64 << work.conflicts.min(6);
            sleep(Duration::from_micros(rand::random_range(0..most_ms * 500))).await;
        }
        if work.jobs.len() > 1 {
            let second = work.jobs.split_off(work.jobs.len() / 2);
            let second = Work { jobs: second, conflicts: work.conflicts, losses: work.losses };
            return vec![work, second];
        }
        match failure {
            Failure::Conflict if work.conflicts < MOST_CONFLICTS => vec![work],
            failure => {
                finish(work.jobs, &Outcome::Failed(failure.into_error()));
                Vec::new()
            }
        }
    }

    /// Runs the jobs in one transaction. One that was in the way before has the node to itself.
    async fn attempt(&self, connection: Arc<Connection>, number: i32, work: &mut Work) -> Tried {
        let (_alone, _among);
        if work.conflicts > 0 {
            _alone = self.shared.turn.write().await;
        } else {
            _among = self.shared.turn.read().await;
        }
        let mut batch = Batch::new(Arc::clone(&connection), &self.shared.server_clock);
        let ran = match begin(&connection, &mut work.jobs, &mut batch).await {
            Ok(()) => run_jobs(&mut work.jobs, &mut batch).await,
            Err(failure) => Err(failure),
        };
        if let Some(now_ms) = batch.now_ms {
            self.shared.server_clock.told(now_ms);
        }
        let trips = 2 + batch.misses();
        Counters::add(&self.shared.setup.counters.round_trips, trips);
        let count = match ran {
            Ok(count) => count,
            Err(failure) => {
                connection.send("ROLLBACK");
                return Tried::NotDone(failure);
            }
        };
        let began = Instant::now();
        if batch.changes.is_empty() {
            return match write_out::commit_reads(&connection).await {
                Commit::NotDone(failure) => Tried::NotDone(failure),
                Commit::Done | Commit::Unknown(_) => Tried::Committed(count),
            };
        }
        let id = BatchId::random();
        match write_out::commit(&connection, number, &batch.changes, &id).await {
            Commit::Done => {
                self.committed(&batch, count, began);
                Tried::Committed(count)
            }
            Commit::NotDone(failure) => Tried::NotDone(failure),
            Commit::Unknown(why) => Tried::Unknown(count, id, why),
        }
    }

    fn committed(&self, batch: &Batch, jobs: usize, began: Instant) {
        let setup = &self.shared.setup;
        setup.observer.committed(&batch.changes.rows);
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        Counters::add(&setup.counters.sync_us, micros);
        Counters::add(&setup.counters.commits, 1);
        Counters::add(&setup.counters.commands, jobs as u64);
        Counters::add(&setup.counters.log_bytes, batch.bytes() as u64);
    }

    /// Finds out whether a batch was committed; `None` if the database is out of reach for too long.
    async fn outcome_of(&self, id: &BatchId) -> Option<bool> {
        let since = Instant::now();
        loop {
            match write_out::was_committed(&self.shared.target, id).await {
                Ok(committed) => return Some(committed),
                Err(_) if since.elapsed() < OUTCOME_PATIENCE => sleep(PAUSE).await,
                Err(failure) => {
                    let error = failure.into_error();
                    tracing::warn!(%error, "the outcome of a commit could not be found out");
                    return None;
                }
            }
        }
    }

    /// Returns the connection, a new one if it has ended, and the lane's number.
    async fn connected(&mut self, patience: Duration) -> Result<(Arc<Connection>, i32), Error> {
        let since = Instant::now();
        loop {
            if let Some(line) = self.line.as_ref().filter(|line| !line.connection.client.is_closed()) {
                return Ok((Arc::clone(&line.connection), line.number));
            }
            self.line = None;
            match Line::open(&self.shared).await {
                Ok(line) => {
                    self.shared.setup.condition.set_impaired(None);
                    self.line = Some(line);
                }
                Err(failure) => {
                    let error = failure.into_error();
                    self.shared.setup.condition.set_impaired(Some(error.clone()));
                    if since.elapsed() + PAUSE >= patience {
                        return Err(error);
                    }
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

impl Line {
    async fn open(shared: &Shared) -> Result<Self, Failure> {
        let connection = shared.target.connect().await?;
        // The smallest number that is free, so that there are few rows of counters to sum up.
        let taking = connection.client.query_typed(
            "SELECT n FROM generate_series(0, $2) AS n WHERE pg_try_advisory_lock($1, n) LIMIT 1",
            &[(&LANE_LOCKS, Type::INT4), (&LANE_NUMBERS, Type::INT4)],
        );
        let rows = timeout(EXCHANGE_TIMEOUT, taking).await;
        let rows = rows.map_err(|_| Failure::Lost("it does not answer".to_owned()))?;
        let rows = rows.map_err(|e| classify(&e))?;
        let number = rows.first().and_then(|row| row.try_get(0).ok());
        let number = number.ok_or_else(|| Failure::Lost("it has too many writers".to_owned()))?;
        Ok(Self { connection: Arc::new(connection), number })
    }
}

/// Begins a transaction and reads the rows that the jobs name, and the time if one asks for it, in one exchange; those that
/// they name then in another.
async fn begin(connection: &Connection, jobs: &mut Jobs, batch: &mut Batch) -> Result<(), Failure> {
    let mut named = Vec::new();
    for job in jobs.iter_mut() {
        job.reads(&mut named);
    }
    let keys: BTreeSet<Bytes> = named.into_iter().filter(|key| CounterRow::of(key).is_none()).collect();
    let begun = async {
        let begun = connection.client.batch_execute("BEGIN ISOLATION LEVEL SERIALIZABLE").await;
        begun.map_err(|e| classify(&e))
    };
    let wanted: Vec<&[u8]> = keys.iter().map(AsRef::as_ref).collect();
    let rows = async { if wanted.is_empty() { Ok(Vec::new()) } else { connection.get_many(&wanted).await } };
    let asks_time = jobs.iter().any(|job| job.asks_time());
    let now_ms = async { if asks_time { connection.now_ms().await.map(Some) } else { Ok(None) } };
    let ((), rows, now_ms) = tokio::try_join!(biased; begun, rows, now_ms)?;
    batch.prefetched(&keys, rows);
    batch.now_ms = now_ms;
    let mut named = Vec::new();
    for job in jobs.iter() {
        job.reads_then(&|key| batch.found(key), &mut named);
    }
    batch.prefetch(named).await
}

/// Runs jobs until the batch is full, and tells how many.
async fn run_jobs(jobs: &mut Jobs, batch: &mut Batch) -> Result<usize, Failure> {
    let mut count = 0;
    for job in jobs.iter_mut() {
        job.run(batch).await;
        if let Some(failure) = batch.take_failure() {
            return Err(failure);
        }
        count += 1;
        if batch.bytes() >= BATCH_BYTES {
            break;
        }
    }
    Ok(count)
}

/// Answers the first so many jobs, and returns the others as work.
fn answer_first(mut work: Work, count: usize, outcome: &Outcome) -> Vec<Work> {
    let rest = work.jobs.split_off(count.min(work.jobs.len()));
    finish(work.jobs, outcome);
    if rest.is_empty() { Vec::new() } else { vec![Work { jobs: rest, conflicts: 0, losses: 0 }] }
}

fn finish(jobs: Jobs, outcome: &Outcome) {
    for job in jobs {
        job.finish(outcome);
    }
}
