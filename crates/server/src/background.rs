//! The scheduler of what is done in the background. A job runs again and again, with a pause that is longer after failures;
//! its lease in the store lets one of several servers that share it run the job at a time.

pub(crate) mod abandoned_uploads;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use ossicle_store::{Error, JobLease, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::app::{self, App};
use crate::stop::stopped;

/// How long a lease lasts unless it is renewed. After a server's sudden end others wait as long.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// The pause after a failure, doubled after each that follows.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// The longest pause after failures, but for jobs that pause longer anyway.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Pauses differ by up to this part of them, so that servers that started together do not stay together.
const JITTER: f64 = 0.05;

/// One run of a job.
pub(crate) type Run = BoxFuture<'static, Result<(), Error>>;

/// Something that is to be done again and again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job {
    /// Its name, in metrics, in the log, and that of its lease.
    pub(crate) name: &'static str,
    /// The pause between two runs.
    pub(crate) every: Duration,
    /// How long its lease lasts unless it is renewed, which a run does.
    pub(crate) lease: Duration,
    /// Runs it once; to be ended early when the receiver turns true.
    pub(crate) run: fn(Arc<App>, watch::Receiver<bool>) -> Run,
}

/// How a turn of a job went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Done,
    Failed,
    /// Another server runs it.
    Leased,
}

/// Runs the jobs, each at once and then again and again, until `stop` turns true.
pub(crate) async fn run(app: Arc<App>, jobs: Vec<Job>, stop: watch::Receiver<bool>) {
    let mut running = JoinSet::new();
    for job in jobs {
        running.spawn(repeat(Arc::clone(&app), job, stop.clone()));
    }
    while let Some(ended) = running.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a background job ended early");
        }
    }
}

async fn repeat(app: Arc<App>, job: Job, mut stop: watch::Receiver<bool>) {
    let mut failures = 0;
    while !*stop.borrow() {
        let turn = take_turn(&app, &job, &stop).await;
        failures = if turn == Turn::Failed { failures + 1 } else { 0 };
        let pause = match turn {
            Turn::Leased => job.lease.min(job.every),
            Turn::Done | Turn::Failed => pause_after(failures, job.every),
        };
        tokio::select! {
            () = tokio::time::sleep(jittered(pause, rand::random())) => {}
            () = stopped(&mut stop) => return,
        }
    }
}

async fn take_turn(app: &Arc<App>, job: &Job, stop: &watch::Receiver<bool>) -> Turn {
    let started = Instant::now();
    let run = |stop| (job.run)(Arc::clone(app), stop);
    let (turn, outcome) = match exclusively(app, job.name, job.lease, stop.clone(), run).await {
        Ok(Some(())) => (Turn::Done, "done"),
        Ok(None) => (Turn::Leased, "leased"),
        Err(error) => {
            tracing::warn!(job = job.name, %error, "a background job failed; it is tried again later");
            (Turn::Failed, "failed")
        }
    };
    app.metrics.job(job.name, outcome, started.elapsed(), app::now().unix_millis());
    turn
}

/// Returns the pause after so many failures in a row.
fn pause_after(failures: u32, every: Duration) -> Duration {
    match failures {
        0 => every,
        // A job that is rare is not made rarer by failing.
        _ => FIRST_PAUSE.saturating_mul(1 << (failures - 1).min(16)).min(LONGEST_PAUSE),
    }
}

/// Returns a pause that differs a little; `random` is between 0 and 1.
fn jittered(pause: Duration, random: f64) -> Duration {
    pause.mul_f64(1.0 + JITTER * (2.0 * random - 1.0))
}

/// Does work that nobody else does at the same time: `None` if somebody does. The lease is renewed meanwhile, and the work is
/// asked to end early if it is lost or `stop` turns true. Work that is dropped half-way leaves the lease to end by itself.
pub(crate) async fn exclusively<T, F>(
    app: &App,
    job: &str,
    length: Duration,
    stop: watch::Receiver<bool>,
    work: impl FnOnce(watch::Receiver<bool>) -> F,
) -> Result<Option<T>, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    // Two runs of one process are as strange to each other as those of two.
    let owner = format!("{}-{:08x}", app.node.id(), rand::random::<u32>());
    let now_ms = app::now().unix_millis();
    match app.store.acquire_job(job, &owner, now_ms, after(now_ms, length)).await? {
        Some(lease) => with_lease(&app.store, lease, length, stop, work).await.map(Some),
        None => Ok(None),
    }
}

/// Does the work while it renews the lease, which it ends afterwards.
async fn with_lease<T, F>(
    store: &Store,
    mut lease: JobLease,
    length: Duration,
    mut stop: watch::Receiver<bool>,
    work: impl FnOnce(watch::Receiver<bool>) -> F,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let end_early = watch::Sender::new(false);
    let mut work = std::pin::pin!(work(end_early.subscribe()));
    let mut renewals = tokio::time::interval(length / 3);
    renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
    renewals.reset();
    let outcome = loop {
        let is_ending = *end_early.borrow();
        tokio::select! {
            outcome = &mut work => break outcome,
            () = stopped(&mut stop), if !is_ending => drop(end_early.send_replace(true)),
            _ = renewals.tick() => if !renew(store, &mut lease, length).await {
                end_early.send_replace(true);
            }
        }
    };
    match store.release_job(lease).await {
        // What was done counts; whoever took the lease over goes on.
        Err(Error::LeaseLost) => {}
        released => released?,
    }
    outcome
}

/// Puts off the end of a lease; false if it is lost.
async fn renew(store: &Store, lease: &mut JobLease, length: Duration) -> bool {
    let now_ms = app::now().unix_millis();
    let renewed = JobLease { until_ms: after(now_ms, length), ..lease.clone() };
    match store.renew_job(renewed.clone(), now_ms).await {
        Ok(()) => *lease = renewed,
        Err(Error::LeaseLost) => {
            tracing::warn!(job = lease.job, "another server has taken over a background job");
            return false;
        }
        // It may do better the next time; until its end the lease holds.
        Err(error) => tracing::warn!(job = lease.job, %error, "cannot renew the lease of a background job"),
    }
    lease.until_ms > now_ms
}

fn after(now_ms: i64, length: Duration) -> i64 {
    now_ms.saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_after_failures() {
        let (minute, day) = (Duration::from_secs(60), Duration::from_secs(24 * 3600));
        let cases = [(0, 60), (1, 5), (2, 10), (5, 80), (8, 600), (u32::MAX, 600)];
        for (failures, seconds) in cases {
            assert_eq!(pause_after(failures, minute), Duration::from_secs(seconds), "{failures}");
        }
        assert_eq!(pause_after(0, day), day);
        assert_eq!(pause_after(3, day), Duration::from_secs(20));
    }

    #[test]
    fn pauses_differ_a_little() {
        let second = Duration::from_secs(1);
        for (random, millis) in [(0.0, 950), (0.5, 1000), (1.0, 1050)] {
            assert_eq!(jittered(second, random).as_millis(), millis);
        }
    }

    const LENGTH: Duration = Duration::from_millis(150);

    async fn store() -> (tempfile::TempDir, Store, JobLease) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), ossicle_store::StoreOptions::default()).unwrap();
        let now_ms = app::now().unix_millis();
        let lease = store.acquire_job("job", "me", now_ms, after(now_ms, LENGTH)).await.unwrap().unwrap();
        (folder, store, lease)
    }

    /// Returns whether somebody else gets the lease now.
    async fn is_free(store: &Store) -> bool {
        let now_ms = app::now().unix_millis();
        store.acquire_job("job", "other", now_ms, after(now_ms, LENGTH)).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn work_that_outlasts_its_lease_keeps_it() {
        let (_folder, store, lease) = store().await;
        let (_running, stop) = watch::channel(false);
        let done = with_lease(&store, lease, LENGTH, stop, |_| async {
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                assert!(!is_free(&store).await);
            }
            Ok(7)
        });
        assert_eq!(done.await, Ok(7));
        assert!(is_free(&store).await, "the lease ends with the work");
    }

    #[tokio::test]
    async fn work_ends_early_when_its_lease_is_lost_or_the_server_stops() {
        let (_folder, store, lease) = store().await;
        let (running, stop) = watch::channel(false);
        // Somebody took the job over because this server's clock seemed to stand still.
        let late_ms = app::now().unix_millis() + 10_000;
        store.acquire_job("job", "other", late_ms, late_ms + 1000).await.unwrap().unwrap();
        let until_stopped = |mut stop: watch::Receiver<bool>| async move {
            stopped(&mut stop).await;
            Ok(())
        };
        assert_eq!(with_lease(&store, lease, LENGTH, stop.clone(), until_stopped).await, Ok(()));
        let now_ms = late_ms + 2000;
        let lease = store.acquire_job("job", "me", now_ms, now_ms + 1000).await.unwrap().unwrap();
        running.send_replace(true);
        assert_eq!(with_lease(&store, lease, LENGTH, stop, until_stopped).await, Ok(()));
    }
}
