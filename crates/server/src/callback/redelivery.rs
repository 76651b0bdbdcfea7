//! Trying failed callbacks again in the background, where the operator has switched it on. Due deliveries are claimed
//! from the journal, so the journal alone decides what is still to do, and a restart goes on where the last run ended. Every
//! server does so side by side with others, each delivery under a lease of its own; hence this is no job of `background`,
//! which one server runs at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use ossicle_store::{self as store, Delivery, DeliveryState};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::destinations::{Admission, Queued};
use super::lease::release;
use super::outcome::Outcome;
use super::record::Record;
use crate::app::{self, App};
use crate::stop::stopped;

/// The interval at which due deliveries are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Deliveries taken at a time.
const BATCH: usize = 256;

/// Deliveries in memory at most; the others wait in the journal.
const MOST_AT_ONCE: usize = 4096;

/// The shared state of one run.
struct Redelivering {
    app: Arc<App>,
    stop: watch::Receiver<bool>,
}

/// Runs until `stop` turns true; does nothing when redelivery is off.
pub(crate) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    if !app.callbacks.redelivery.enabled {
        return;
    }
    let shared = Arc::new(Redelivering { app, stop: stop.clone() });
    let mut under_way = JoinSet::new();
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => shared.take_all_due(&mut under_way).await,
            _ = under_way.join_next(), if !under_way.is_empty() => {}
            () = stopped(&mut stop) => break,
        }
    }
    let drain = Duration::from_secs(shared.app.config.server.drain_timeout_s);
    let drained = async { while under_way.join_next().await.is_some() {} };
    if tokio::time::timeout(drain, drained).await.is_err() {
        tracing::warn!("redeliveries were cut off by the end of the server; they come again");
    }
}

impl Redelivering {
    async fn take_all_due(self: &Arc<Self>, under_way: &mut JoinSet<()>) {
        while under_way.try_join_next().is_some() {}
        while under_way.len() < MOST_AT_ONCE && !*self.stop.borrow() {
            let now_ms = app::now().unix_millis();
            let lease = self.app.callbacks.new_lease();
            let claimed = match self.app.store.claim_due_deliveries(now_ms, lease, BATCH).await {
                Ok(claimed) => claimed,
                Err(error) => {
                    return tracing::warn!(%error, "cannot read the callback journal for redelivery");
                }
            };
            let is_last = claimed.len() < BATCH;
            let admissions = join_all(claimed.iter().map(|delivery| self.queue(delivery))).await;
            for (delivery, queued) in claimed.into_iter().zip(admissions) {
                let Some(queued) = queued else { continue };
                let shared = Arc::clone(self);
                under_way.spawn(async move { shared.redeliver(delivery, queued).await });
            }
            if is_last {
                return;
            }
        }
    }

    /// Queues up a claimed delivery at its destination, or gives it back.
    async fn queue(&self, delivery: &Delivery) -> Option<Queued> {
        let callbacks = &self.app.callbacks;
        let record = match Record::from_payload(&delivery.payload) {
            Ok(record) => record,
            Err(error) => {
                tracing::error!(%error, request_id = delivery.id, "a callback record cannot be read");
                self.give_back(delivery, None).await;
                return None;
            }
        };
        let now_ms = app::now().unix_millis();
        // The outcome of one that a crash left pending stays unknown where redelivery does not cover it.
        let is_lost = delivery.state == DeliveryState::Pending && callbacks.is_too_old(&record, now_ms);
        let authority = record.message.urls.first().map(|url| url.authority().to_owned());
        let Some(authority) = authority.filter(|_| callbacks.redelivers(&delivery.bucket) && !is_lost) else {
            self.give_back(delivery, None).await;
            return None;
        };
        match callbacks.destinations.queue_redelivery(&authority, now_ms) {
            Admission::Queued(queued) => Some(queued),
            Admission::NotBefore(due_ms) => {
                self.give_back(delivery, Some(due_ms)).await;
                None
            }
        }
    }

    async fn redeliver(&self, claimed: Delivery, queued: Queued) {
        let mut stop = self.stop.clone();
        let slot = tokio::select! {
            biased;
            () = stopped(&mut stop) => None,
            slot = queued.slot() => slot,
        };
        let now_ms = app::now().unix_millis();
        if slot.is_none() {
            return self.give_back(&claimed, Some(now_ms)).await;
        }
        if let Some(due_ms) = queued.opened_until(now_ms) {
            return self.give_back(&claimed, Some(due_ms)).await;
        }
        // Where the queue was long, somebody else may have taken it over.
        match self.app.callbacks.keep_lease(&self.app.store, &claimed).await {
            Ok(()) => self.attempt(&claimed, &queued).await,
            Err(store::Error::LeaseLost | store::Error::NoSuchDelivery) => {}
            Err(error) => {
                tracing::warn!(%error, request_id = claimed.id, "cannot renew the lease of a redelivery; it comes back when it ends");
            }
        }
    }

    async fn attempt(&self, claimed: &Delivery, queued: &Queued) {
        let callbacks = &self.app.callbacks;
        let Ok(mut record) = Record::from_payload(&claimed.payload) else { return };
        let Some(_permit) = callbacks.destinations.permit_repeat() else {
            // There is no room here, which is neither an attempt nor the destination's fault.
            callbacks.refuse();
            let wait_ms = i64::try_from(callbacks.redelivery.first_delay_ms).unwrap_or(i64::MAX / 2);
            let due_ms = app::now().unix_millis().saturating_add(wait_ms);
            return self.give_back(claimed, Some(due_ms)).await;
        };
        record.message.attempt = record.message.attempt.saturating_add(1);
        let started = Instant::now();
        let outcome = callbacks.attempt(&mut record, None).await;
        record.failure = outcome.as_ref().err().cloned();
        self.app.metrics.redelivery(outcome.is_ok());
        queued.record_outcome(outcome.is_ok(), started.elapsed(), app::now().unix_millis());
        let (state, due_ms) = match outcome {
            Ok(_) => (DeliveryState::Delivered, None),
            Err(_) => match callbacks.next_due(&record, DeliveryState::Failed) {
                None => (DeliveryState::Abandoned, None),
                due => (DeliveryState::Failed, due),
            },
        };
        if state == DeliveryState::Abandoned {
            tracing::warn!(
                request_id = record.id,
                attempts = record.message.attempt,
                "callback abandoned; `ossicle callback replay` sends it once more"
            );
        }
        let claim = claimed.lease.map(|lease| lease.claim);
        callbacks.record_outcome(&self.app.store, Outcome { record, claim, state, due_ms }).await;
    }

    async fn give_back(&self, delivery: &Delivery, due_ms: Option<i64>) {
        release(&self.app.store, delivery, due_ms).await;
    }
}
