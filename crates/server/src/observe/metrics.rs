//! What the server counts, in Prometheus's terms: requests, callbacks, the journal and the store. docs/production.md has
//! a row for each metric, and a test that holds the two against each other.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use ossicle_store::{Health, Store};
use prometheus::core::Collector;
use prometheus::{
    Counter, Encoder as _, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, TextEncoder,
};

use crate::sync;

/// Deliveries that are due are counted as far as this: beyond, how long they have waited tells more than how many they
/// are.
const MOST_DUE: usize = 10_000;

/// Upper bounds of the latency buckets in seconds, from a cached read to a large upload.
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0];

/// Everything that is counted. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: RequestMetrics,
    callbacks: CallbackMetrics,
    journal: JournalMetrics,
    store: StoreMetrics,
    connections: ConnectionFamilies,
    lifecycle: IntCounterVec,
    jobs: JobMetrics,
    nodes: NodeMetrics,
    /// Held while figures are asked for and shown, so that two scrapes at once do not count anything twice.
    scraping: Arc<Mutex<()>>,
    turns: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Clone)]
struct RequestMetrics {
    answered: IntCounterVec,
    seconds: HistogramVec,
    sent: IntCounterVec,
    received: IntCounterVec,
    in_flight: IntGauge,
}

#[derive(Debug, Clone)]
struct CallbackMetrics {
    attempts: IntCounterVec,
    seconds: HistogramVec,
    in_flight: IntGauge,
    redeliveries: IntCounterVec,
    open_breakers: IntGauge,
}

#[derive(Debug, Clone)]
struct JournalMetrics {
    records: IntGaugeVec,
    scheduled: IntGauge,
    due: IntGauge,
    lag: Gauge,
}

#[derive(Debug, Clone)]
struct StoreMetrics {
    commits: IntCounter,
    commands: IntCounter,
    log_bytes: IntCounter,
    sync_seconds: Counter,
    round_trips: IntCounter,
    conflicts: IntCounter,
    health: IntGaugeVec,
    free: IntGauge,
    size: IntGauge,
}

#[derive(Debug, Clone)]
struct JobMetrics {
    turns: IntCounterVec,
    last: IntGaugeVec,
    seconds: GaugeVec,
}

#[derive(Debug, Clone)]
struct NodeMetrics {
    known: IntGaugeVec,
    heartbeats: IntCounterVec,
}

#[derive(Debug, Clone)]
struct ConnectionFamilies {
    open: IntGaugeVec,
    closed: IntCounterVec,
}

/// The connections of one listener.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionMetrics {
    listener: &'static str,
    families: ConnectionFamilies,
    open: IntGauge,
}

/// A request under way, until this is dropped.
#[derive(Debug)]
pub(crate) struct InFlight(IntGauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What is looked up when somebody asks, rather than counted as it happens.
pub(crate) struct Sources<'a> {
    pub(crate) store: &'a Store,
    /// Deliveries that are being sent.
    pub(crate) in_flight: usize,
    /// Whether failed deliveries are tried again.
    pub(crate) redelivers: bool,
    pub(crate) now_ms: i64,
}

impl Metrics {
    /// Registers everything once.
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let new = Register(&registry);
        let build =
            new.gauges("ossicle_build_info", "Always 1; the version is in the label.", &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        Ok(Self {
            requests: RequestMetrics::new(&new)?,
            callbacks: CallbackMetrics::new(&new)?,
            journal: JournalMetrics::new(&new)?,
            store: StoreMetrics::new(&new)?,
            connections: ConnectionFamilies::new(&new)?,
            lifecycle: lifecycle_actions(&new)?,
            jobs: JobMetrics::new(&new)?,
            nodes: NodeMetrics::new(&new)?,
            scraping: Arc::default(),
            turns: Arc::default(),
            registry,
        })
    }

    /// Counts a request as in flight until what is returned is dropped.
    pub(crate) fn begin(&self) -> InFlight {
        self.requests.in_flight.inc();
        InFlight(self.requests.in_flight.clone())
    }

    /// Counts a request that was answered.
    pub(crate) fn request(&self, operation: &str, status: StatusCode, elapsed: Duration, sent: u64) {
        let requests = &self.requests;
        requests.answered.with_label_values(&[operation, status.as_str()]).inc();
        requests.seconds.with_label_values(&[operation]).observe(elapsed.as_secs_f64());
        requests.sent.with_label_values(&[operation]).inc_by(sent);
    }

    /// Returns how many requests are not answered yet.
    pub(crate) fn in_flight(&self) -> u64 {
        self.requests.in_flight.get().max(0).unsigned_abs()
    }

    /// Returns how many requests were answered since the start.
    pub(crate) fn answered(&self) -> u64 {
        self.requests.answered.collect().iter().flat_map(|family| family.get_metric()).map(whole).sum()
    }

    /// Counts a heartbeat of this node.
    pub(crate) fn heartbeat(&self, is_heard: bool) {
        let outcome = if is_heard { "done" } else { "failed" };
        self.nodes.heartbeats.with_label_values(&[outcome]).inc();
    }

    /// Sets how many nodes there are.
    pub(crate) fn nodes(&self, live: usize, gone: usize) {
        for (state, count) in [("live", live), ("gone", gone)] {
            self.nodes.known.with_label_values(&[state]).set(signed(count as u64));
        }
    }

    /// Counts a turn of a background job that ended.
    pub(crate) fn job(&self, job: &str, outcome: &str, elapsed: Duration, now_ms: i64) {
        self.jobs.turns.with_label_values(&[job, outcome]).inc();
        if outcome == "done" {
            self.jobs.last.with_label_values(&[job]).set(now_ms / 1000);
            self.jobs.seconds.with_label_values(&[job]).set(elapsed.as_secs_f64());
        }
    }

    /// Counts an object or an upload on which a lifecycle rule was carried out.
    pub(crate) fn lifecycle(&self, action: &str) {
        self.lifecycle.with_label_values(&[action]).inc();
    }

    /// Returns the counters of a listener's connections.
    pub(crate) fn connections(&self, listener: &'static str) -> ConnectionMetrics {
        let families = self.connections.clone();
        for reason in ["handshake", "head", "body", "answer", "idle", "room", "memory", "limit"] {
            families.closed.with_label_values(&[listener, reason]);
        }
        ConnectionMetrics { listener, open: families.open.with_label_values(&[listener]), families }
    }

    /// Counts the bytes of an upload that was taken in.
    pub(crate) fn received(&self, operation: &str, bytes: u64) {
        self.requests.received.with_label_values(&[operation]).inc_by(bytes);
    }

    /// Counts an attempt at a callback that ended; `ec` is empty for a delivered one.
    pub(crate) fn callback(&self, ec: &str, elapsed: Duration) {
        let outcome = outcome(ec.is_empty());
        self.callbacks.attempts.with_label_values(&[outcome, ec]).inc();
        self.callbacks.seconds.with_label_values(&[outcome]).observe(elapsed.as_secs_f64());
    }

    /// Counts a background attempt that ended.
    pub(crate) fn redelivery(&self, delivered: bool) {
        self.callbacks.redeliveries.with_label_values(&[outcome(delivered)]).inc();
    }

    /// Returns the gauge of destinations that redelivery leaves alone because they keep failing.
    pub(crate) fn open_breakers(&self) -> IntGauge {
        self.callbacks.open_breakers.clone()
    }

    /// Waits for the turn to render. Whoever asks for figures waits here and not on a thread: those are few, and others need
    /// them too.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turns.lock().await
    }

    /// Reads the figures of the journal, for [`Metrics::render`].
    pub(crate) async fn read_journal(&self, sources: &Sources<'_>) {
        self.callbacks.in_flight.set(signed(sources.in_flight as u64));
        if let Err(error) = self.journal.look_up(sources).await {
            tracing::warn!(%error, "the journal's figures cannot be read");
        }
    }

    /// Renders everything as Prometheus reads it. Asks the disk how full it is, which may block.
    pub(crate) fn render(&self, store: &Store) -> String {
        let _scraping = sync::lock(&self.scraping);
        if let Err(error) = self.store.look_up(store) {
            tracing::warn!(%error, "the store's figures cannot be read");
        }
        let mut out = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut out) {
            tracing::warn!(%error, "cannot render the metrics");
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

impl JobMetrics {
    fn new(new: &Register<'_>) -> Result<Self, prometheus::Error> {
        let duration = Opts::new("ossicle_job_duration_seconds", "Time of the last run of a background job.");
        Ok(Self {
            turns: new.counters(
                "ossicle_job_turns_total",
                "Turns of background jobs: done, failed, or leased by another server.",
                &["job", "outcome"],
            )?,
            last: new.gauges(
                "ossicle_job_last_run_timestamp_seconds",
                "When a background job last ended well, in seconds since 1970.",
                &["job"],
            )?,
            seconds: new.add(GaugeVec::new(duration, &["job"]))?,
        })
    }
}

impl NodeMetrics {
    fn new(new: &Register<'_>) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            known: new.gauges(
                "ossicle_cluster_nodes",
                "Nodes that serve from the store (live), and those that have fallen silent (gone).",
                &["state"],
            )?,
            heartbeats: new.counters(
                "ossicle_heartbeats_total",
                "Heartbeats with which this node tells the others that it serves: done or failed.",
                &["outcome"],
            )?,
        };
        for outcome in ["done", "failed"] {
            metrics.heartbeats.with_label_values(&[outcome]);
        }
        Ok(metrics)
    }
}

fn lifecycle_actions(new: &Register<'_>) -> Result<IntCounterVec, prometheus::Error> {
    let help = "Objects that lifecycle rules deleted (expire) or gave another storage class (transition), versions \
                (expire_version) and delete markers (remove_marker) that they deleted, and uploads that they aborted \
                (abort).";
    let actions = new.counters("ossicle_lifecycle_actions_total", help, &["action"])?;
    for action in ["expire", "expire_version", "remove_marker", "transition", "abort"] {
        actions.with_label_values(&[action]);
    }
    Ok(actions)
}

impl RequestMetrics {
    fn new(new: &Register<'_>) -> Result<Self, prometheus::Error> {
        Ok(Self {
            answered: new.counters(
                "ossicle_requests_total",
                "Requests answered.",
                &["operation", "status"],
            )?,
            seconds: new.histograms(
                "ossicle_request_duration_seconds",
                "Time from a request's head to the head of its answer.",
                &["operation"],
            )?,
            sent: new.counters("ossicle_sent_bytes_total", "Bytes of answers' bodies.", &["operation"])?,
            received: new.counters(
                "ossicle_received_bytes_total",
                "Bytes of uploaded content.",
                &["operation"],
            )?,
            in_flight: new.gauge("ossicle_requests_in_flight", "Requests that are not answered yet.")?,
        })
    }
}

impl CallbackMetrics {
    fn new(new: &Register<'_>) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            attempts: new.counters(
                "ossicle_callbacks_total",
                "Attempts at callbacks, by outcome and error code.",
                &["outcome", "ec"],
            )?,
            seconds: new.histograms(
                "ossicle_callback_duration_seconds",
                "Time of an attempt at a callback, with all its URLs.",
                &["outcome"],
            )?,
            in_flight: new.gauge("ossicle_callbacks_in_flight", "Callbacks that are being sent.")?,
            redeliveries: new.counters(
                "ossicle_redeliveries_total",
                "Attempts of redelivery, which are among all attempts.",
                &["outcome"],
            )?,
            open_breakers: new.gauge(
                "ossicle_redelivery_resting_destinations",
                "Application servers that keep failing: one delivery at a time finds out whether they are back.",
            )?,
        };
        for outcome in [true, false].map(outcome) {
            metrics.redeliveries.with_label_values(&[outcome]);
        }
        Ok(metrics)
    }
}

impl JournalMetrics {
    fn new(new: &Register<'_>) -> Result<Self, prometheus::Error> {
        Ok(Self {
            records: new.gauges("ossicle_journal_records", "Callbacks in the journal.", &["state"])?,
            scheduled: new.gauge(
                "ossicle_redelivery_scheduled",
                "Callbacks in the journal with a time at which they are tried next.",
            )?,
            due: new.gauge(
                "ossicle_redelivery_due",
                "Callbacks whose time has come and that nobody has claimed, up to 10000.",
            )?,
            lag: new.add(Gauge::new(
                "ossicle_redelivery_lag_seconds",
                "How long the callback has been due that has been due longest.",
            ))?,
        })
    }

    async fn look_up(&self, sources: &Sources<'_>) -> Result<(), ossicle_store::Error> {
        let counts = sources.store.delivery_counts().await?;
        let by_state = [
            ("pending", counts.pending),
            ("delivered", counts.delivered),
            ("failed", counts.failed),
            ("abandoned", counts.abandoned),
        ];
        for (state, count) in by_state {
            self.records.with_label_values(&[state]).set(signed(count));
        }
        // Due times of a server that has redelivery switched off since mean nothing.
        let (oldest_ms, due, scheduled) = if sources.redelivers {
            let (oldest_ms, due) = sources.store.backlog(sources.now_ms, MOST_DUE).await?;
            (oldest_ms, due, counts.scheduled)
        } else {
            (None, 0, 0)
        };
        self.scheduled.set(signed(scheduled));
        self.due.set(signed(due as u64));
        let lag_ms = oldest_ms.map_or(0, |oldest_ms| (sources.now_ms - oldest_ms).max(0));
        self.lag.set(Duration::from_millis(lag_ms.unsigned_abs()).as_secs_f64());
        Ok(())
    }
}

impl StoreMetrics {
    fn new(new: &Register<'_>) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| new.add(IntCounter::new(name, help));
        Ok(Self {
            commits: counter("ossicle_store_commits_total", "Batches made durable, with one sync each.")?,
            commands: counter("ossicle_store_commands_total", "Changes in those batches.")?,
            log_bytes: counter("ossicle_store_log_bytes_total", "Bytes written to the store's log.")?,
            sync_seconds: new.add(Counter::new(
                "ossicle_store_sync_seconds_total",
                "Time spent syncing the store's log.",
            ))?,
            round_trips: counter(
                "ossicle_database_round_trips_total",
                "Exchanges with the metadata database of a cluster.",
            )?,
            conflicts: counter(
                "ossicle_database_conflicts_total",
                "Batches run again since the metadata database refused them as in conflict with another.",
            )?,
            health: new.gauges(
                "ossicle_store_health",
                "1 for the state that the store is in, 0 for the others: good, impaired (writes fail for now) or \
                 poisoned (writes are refused until a restart).",
                &["state"],
            )?,
            free: new.gauge("ossicle_store_disk_free_bytes", "Bytes free on the data folder's disk.")?,
            size: new.gauge("ossicle_store_disk_size_bytes", "Size of the data folder's disk in bytes.")?,
        })
    }

    fn look_up(&self, store: &Store) -> Result<(), ossicle_store::Error> {
        let figures = store.figures();
        let catch_up = |counter: &IntCounter, value: u64| counter.inc_by(value.saturating_sub(counter.get()));
        catch_up(&self.commits, figures.commits);
        catch_up(&self.commands, figures.commands);
        catch_up(&self.log_bytes, figures.log_bytes);
        catch_up(&self.round_trips, figures.round_trips);
        catch_up(&self.conflicts, figures.conflicts);
        let seconds = Duration::from_micros(figures.sync_us).as_secs_f64();
        self.sync_seconds.inc_by((seconds - self.sync_seconds.get()).max(0.0));
        let state = match store.health() {
            Health::Good => "good",
            Health::Impaired { .. } => "impaired",
            _ => "poisoned",
        };
        for candidate in ["good", "impaired", "poisoned"] {
            self.health.with_label_values(&[candidate]).set(i64::from(candidate == state));
        }
        if let Some((free, size)) = store.disk_space()? {
            self.free.set(signed(free));
            self.size.set(signed(size));
        }
        Ok(())
    }
}

impl ConnectionFamilies {
    fn new(new: &Register<'_>) -> Result<Self, prometheus::Error> {
        Ok(Self {
            open: new.gauges("ossicle_connections", "Connections that are open.", &["listener"])?,
            closed: new.counters(
                "ossicle_connections_closed_total",
                "Connections that the server closed or refused, or whose request it gave up: idle for too long, too slow \
                 in what the reason names, or for want of room or memory.",
                &["listener", "reason"],
            )?,
        })
    }
}

impl ConnectionMetrics {
    /// Sets how many connections are open.
    pub(crate) fn open(&self, count: usize) {
        self.open.set(signed(count as u64));
    }

    /// Counts a connection that the server closed or refused.
    pub(crate) fn closed(&self, reason: &str) {
        self.families.closed.with_label_values(&[self.listener, reason]).inc();
    }

    /// Makes metrics for tests that look at none.
    #[cfg(test)]
    pub(crate) fn unregistered() -> Self {
        Metrics::new().unwrap().connections("test")
    }
}

/// Makes metrics and registers them.
struct Register<'a>(&'a Registry);

impl Register<'_> {
    fn add<C: Collector + Clone + 'static>(
        &self,
        made: Result<C, prometheus::Error>,
    ) -> Result<C, prometheus::Error> {
        let metric = made?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, prometheus::Error> {
        self.add(IntCounterVec::new(Opts::new(name, help), labels))
    }

    fn histograms(&self, name: &str, help: &str, labels: &[&str]) -> Result<HistogramVec, prometheus::Error> {
        self.add(HistogramVec::new(HistogramOpts::new(name, help).buckets(BUCKETS.to_vec()), labels))
    }

    fn gauge(&self, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
        self.add(IntGauge::new(name, help))
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec, prometheus::Error> {
        self.add(IntGaugeVec::new(Opts::new(name, help), labels))
    }
}

fn outcome(delivered: bool) -> &'static str {
    if delivered { "delivered" } else { "failed" }
}

/// Returns the value of a counter of whole things.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a counter is not negative, and counts ones"
)]
fn whole(metric: &prometheus::proto::Metric) -> u64 {
    metric.get_counter().get_value() as u64
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
