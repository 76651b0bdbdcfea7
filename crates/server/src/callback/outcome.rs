//! The outcome of an attempt, on its way into the journal and to those who watch.

use std::sync::Arc;

use ossicle_store::{self as store, ClaimId, DeliveryState, Store, UpdateDelivery};

use super::Callbacks;
use super::record::{Event, Record, state_name};

/// The outcome of an attempt at a delivery.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) record: Record,
    /// The claim under which it was sent.
    pub(crate) claim: Option<ClaimId>,
    pub(crate) state: DeliveryState,
    pub(crate) due_ms: Option<i64>,
}

impl Callbacks {
    /// Writes an outcome into the journal and waits until it is durable.
    pub(crate) async fn record_outcome(&self, store: &Store, outcome: Outcome) {
        let (update, event) = self.update_and_event(outcome);
        let id = update.id.clone();
        report(&id, store.update_delivery(update).await);
        // Nobody may be watching.
        let _ = self.events.send(event);
    }

    /// Writes an outcome into the journal without waiting for the disk. Whoever looks into the journal sees it at once; a
    /// crash before it is durable leaves the delivery pending.
    pub(crate) fn queue_outcome(&self, store: &Store, outcome: Outcome) {
        let (update, event) = self.update_and_event(outcome);
        let id = update.id.clone();
        match store.queue_update_of_delivery(update) {
            Ok(written) => drop(tokio::spawn(async move { report(&id, written.await) })),
            Err(error) => report(&id, Err(error)),
        }
        let _ = self.events.send(event);
    }

    fn update_and_event(&self, outcome: Outcome) -> (UpdateDelivery, Arc<Event>) {
        let Outcome { record, claim, state, due_ms } = outcome;
        let payload = record.to_payload().inspect_err(|error| {
            tracing::error!(%error, request_id = record.id, "an attempt cannot be written down; the journal has its outcome");
        });
        let update = UpdateDelivery {
            id: record.id.clone(),
            claim,
            state,
            due_ms,
            attempts: u32::try_from(record.attempts.len()).unwrap_or(u32::MAX),
            payload: payload.ok(),
            now_ms: crate::app::now().unix_millis(),
        };
        let record = record.masked(&self.settings.mask);
        (update, Arc::new(Event { state: state_name(state), record }))
    }
}

fn report(request_id: &str, written: Result<(), store::Error>) {
    match written {
        Ok(()) => {}
        Err(error @ store::Error::LeaseLost) => {
            tracing::warn!(%error, request_id, "an attempt took too long; its outcome is not in the callback journal");
        }
        Err(error) => {
            tracing::error!(%error, request_id, "cannot write the callback journal; the delivery stays pending in it");
        }
    }
}
