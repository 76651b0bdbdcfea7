//! What the server counts, in Prometheus's terms: requests by operation and status, bytes, latencies, callbacks by
//! verdict, and figures of the store.

use std::time::Duration;

use http::StatusCode;
use ossicle_store::Store;
use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

/// The counters. Cloning shares them.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    sent: IntCounterVec,
    received: IntCounterVec,
    callbacks: IntCounterVec,
    callback_seconds: HistogramVec,
    redeliveries: IntCounterVec,
    commits: IntGauge,
    commands: IntGauge,
    log_bytes: IntGauge,
    sync_seconds_us: IntGauge,
}

/// Upper bounds of the latency buckets in seconds, from a cached read to a large upload.
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0];

impl Metrics {
    /// Registers everything once.
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counter = |name: &str, help: &str, labels: &[&str]| -> Result<IntCounterVec, prometheus::Error> {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let histogram =
            |name: &str, help: &str, labels: &[&str]| -> Result<HistogramVec, prometheus::Error> {
                let histogram =
                    HistogramVec::new(HistogramOpts::new(name, help).buckets(BUCKETS.to_vec()), labels)?;
                registry.register(Box::new(histogram.clone()))?;
                Ok(histogram)
            };
        let gauge = |name: &str, help: &str| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        Ok(Self {
            requests: counter("ossicle_requests_total", "Requests answered.", &["operation", "status"])?,
            seconds: histogram("ossicle_request_seconds", "Time to answer, in seconds.", &["operation"])?,
            sent: counter("ossicle_sent_bytes_total", "Bytes of answer bodies.", &["operation"])?,
            received: counter("ossicle_received_bytes_total", "Bytes of uploaded content.", &["operation"])?,
            callbacks: counter(
                "ossicle_callbacks_total",
                "Callbacks, by outcome and error code.",
                &["outcome", "ec"],
            )?,
            callback_seconds: histogram(
                "ossicle_callback_seconds",
                "Time of a callback, in seconds.",
                &["outcome"],
            )?,
            redeliveries: counter(
                "ossicle_redeliveries_total",
                "Background attempts, by outcome.",
                &["outcome"],
            )?,
            commits: gauge("ossicle_store_commits", "Batches made durable since the start.")?,
            commands: gauge("ossicle_store_commands", "Changes in those batches.")?,
            log_bytes: gauge("ossicle_store_log_bytes", "Bytes written to the store's log.")?,
            sync_seconds_us: gauge("ossicle_store_sync_microseconds", "Time spent syncing the store's log.")?,
            registry,
        })
    }

    /// A request was answered.
    pub(crate) fn request(&self, operation: &str, status: StatusCode, elapsed: Duration, sent: u64) {
        self.requests.with_label_values(&[operation, status.as_str()]).inc();
        self.seconds.with_label_values(&[operation]).observe(elapsed.as_secs_f64());
        self.sent.with_label_values(&[operation]).inc_by(sent);
    }

    /// Content was taken in.
    pub(crate) fn received(&self, operation: &str, bytes: u64) {
        self.received.with_label_values(&[operation]).inc_by(bytes);
    }

    /// A callback ended; `ec` is empty for a delivered one.
    pub(crate) fn callback(&self, ec: &str, elapsed: Duration) {
        let outcome = outcome(ec.is_empty());
        self.callbacks.with_label_values(&[outcome, ec]).inc();
        self.callback_seconds.with_label_values(&[outcome]).observe(elapsed.as_secs_f64());
    }

    /// A background attempt ended.
    pub(crate) fn redelivery(&self, delivered: bool) {
        self.redeliveries.with_label_values(&[outcome(delivered)]).inc();
    }

    /// Everything as Prometheus reads it.
    pub(crate) fn render(&self, store: &Store) -> String {
        let figures = store.figures();
        let set = |gauge: &IntGauge, value: u64| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        set(&self.commits, figures.commits);
        set(&self.commands, figures.commands);
        set(&self.log_bytes, figures.log_bytes);
        set(&self.sync_seconds_us, figures.sync_us);
        let mut out = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut out) {
            tracing::warn!(%error, "cannot render the metrics");
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

fn outcome(delivered: bool) -> &'static str {
    if delivered { "delivered" } else { "failed" }
}
