//! Trying failed callbacks again in the background, where the operator has switched it on. Due deliveries are claimed
//! from the journal, so the journal alone decides what is still to do, and a restart goes on where the last run ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use ossicle_store::{self as store, Delivery, DeliveryFilter, DeliveryState, UpdateDelivery};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::destinations::{Admission, Queued};
use super::prepare::note;
use super::record::Record;
use crate::app::{self, App};
use crate::stop::stopped;

/// How often due deliveries are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Deliveries taken at a time.
const BATCH: usize = 256;

/// Deliveries in memory at most; the others wait in the journal.
const MOST_AT_ONCE: usize = 4096;

/// Orphans that are looked for at the start. Where more than these are due, a few seconds make no difference.
const MOST_ORPHANS: usize = 10_000;

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
    if let Err(error) = shared.take_over_orphans().await {
        tracing::warn!(%error, "cannot look for callbacks without an outcome; those that are claimed come later");
    }
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
    /// What an earlier process had in hand when it ended is due at once. Only one process uses a data folder.
    async fn take_over_orphans(&self) -> Result<(), store::Error> {
        let (app, callbacks) = (&self.app, &self.app.callbacks);
        let now_ms = app::now().unix_millis();
        let horizon_ms = now_ms.saturating_add(callbacks.settings.longest_attempt_ms());
        let mut orphans = app.store.due_deliveries(horizon_ms, MOST_ORPHANS)?;
        orphans.retain(|delivery| delivery.due_ms > Some(now_ms) && callbacks.is_orphan(delivery));
        self.make_due(&orphans, now_ms).await;
        // Redelivery may have been off when these were recorded, so that they have no due time at all.
        let filter = DeliveryFilter {
            states: vec![DeliveryState::Pending],
            since_ms: Some(now_ms.saturating_sub(callbacks.max_age_ms())),
            before_ms: Some(callbacks.started_ms),
            ..DeliveryFilter::default()
        };
        let mut cursor = None;
        loop {
            let (store, filter) = (app.store.clone(), filter.clone());
            let look = move || store.deliveries(&filter, cursor.as_deref(), BATCH);
            let Ok(page) = tokio::task::spawn_blocking(look).await else { return Ok(()) };
            let mut page = page?;
            page.deliveries
                .retain(|delivery| delivery.due_ms.is_none() && callbacks.redelivers(&delivery.bucket));
            self.make_due(&page.deliveries, now_ms).await;
            cursor = page.cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn make_due(&self, orphans: &[Delivery], now_ms: i64) {
        if !orphans.is_empty() {
            tracing::info!(count = orphans.len(), "callbacks without an outcome are sent again");
        }
        for some in orphans.chunks(BATCH) {
            join_all(some.iter().map(|delivery| self.hand_back(delivery, Some(now_ms)))).await;
        }
    }

    async fn take_all_due(self: &Arc<Self>, under_way: &mut JoinSet<()>) {
        while under_way.try_join_next().is_some() {}
        while under_way.len() < MOST_AT_ONCE && !*self.stop.borrow() {
            let now_ms = app::now().unix_millis();
            let until_ms = now_ms + self.app.callbacks.settings.longest_attempt_ms();
            let claimed = match self.app.store.claim_due_deliveries(now_ms, until_ms, BATCH).await {
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

    /// Queues up a claimed delivery at its destination, or hands it back.
    async fn queue(&self, delivery: &Delivery) -> Option<Queued> {
        let record = match Record::from_payload(&delivery.payload) {
            Ok(record) => record,
            Err(error) => {
                tracing::error!(%error, request_id = delivery.id, "a callback record cannot be read");
                self.hand_back(delivery, None).await;
                return None;
            }
        };
        let authority = record.message.urls.first().map(|url| url.authority().to_owned());
        let Some(authority) = authority.filter(|_| self.app.callbacks.redelivers(&delivery.bucket)) else {
            self.hand_back(delivery, None).await;
            return None;
        };
        match self.app.callbacks.destinations.queue_redelivery(&authority, app::now().unix_millis()) {
            Admission::Queued(queued) => Some(queued),
            Admission::NotBefore(due_ms) => {
                self.hand_back(delivery, Some(due_ms)).await;
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
        // One that is being replayed, or whose first attempt still runs, gets its next due time from there.
        let Some(_ticket) = self.app.callbacks.in_hand.take(&claimed.id) else { return };
        if !self.is_still_claimed(&claimed) {
            return;
        }
        if slot.is_none() {
            return self.put_off(&claimed, Some(now_ms)).await;
        }
        if let Some(due_ms) = queued.opened_until(now_ms) {
            return self.put_off(&claimed, Some(due_ms)).await;
        }
        let Ok(record) = Record::from_payload(&claimed.payload) else { return };
        self.attempt(&claimed, record, &queued).await;
    }

    /// Whether nothing has happened to a delivery since it was claimed.
    fn is_still_claimed(&self, claimed: &Delivery) -> bool {
        match self.app.store.delivery(&claimed.id) {
            Ok(current) => current.is_some_and(|current| current.due_ms == claimed.due_ms),
            Err(error) => {
                tracing::warn!(%error, request_id = claimed.id, "cannot read the callback journal for redelivery");
                false
            }
        }
    }

    async fn attempt(&self, claimed: &Delivery, mut record: Record, queued: &Queued) {
        let callbacks = &self.app.callbacks;
        let Some(_permit) = callbacks.destinations.permit_repeat() else {
            // There is no room here, which is neither an attempt nor the destination's fault.
            callbacks.refuse();
            let wait_ms = i64::try_from(callbacks.redelivery.first_delay_ms).unwrap_or(i64::MAX / 2);
            let due_ms = app::now().unix_millis().saturating_add(wait_ms);
            return self.put_off(claimed, Some(due_ms)).await;
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
        note(&self.app.store, callbacks, record, state, due_ms, true).await;
    }

    /// Puts a delivery off that is not in hand, unless something has happened to it.
    async fn hand_back(&self, delivery: &Delivery, due_ms: Option<i64>) {
        let Some(_ticket) = self.app.callbacks.in_hand.take(&delivery.id) else { return };
        if self.is_still_claimed(delivery) {
            self.put_off(delivery, due_ms).await;
        }
    }

    /// Leaves a delivery as it is and gives it another due time, or none.
    async fn put_off(&self, delivery: &Delivery, due_ms: Option<i64>) {
        let update = UpdateDelivery {
            id: delivery.id.clone(),
            state: delivery.state,
            due_ms,
            attempts: delivery.attempts,
            payload: None,
            now_ms: app::now().unix_millis(),
        };
        if let Err(error) = self.app.store.update_delivery(update).await {
            tracing::warn!(%error, request_id = delivery.id, "cannot put off a redelivery; it comes back when its claim ends");
        }
    }
}
