//! Sending a callback once more because somebody asks for it: the same request with a new signature and date,
//! written into the journal like every other attempt.

use std::sync::Arc;

use ossicle_store::{self as store, Delivery, DeliveryState};

use super::lease::release;
use super::outcome::Outcome;
use super::record::{FailureMessage, Record};
use crate::app::{self, App};

/// The reason for which a delivery was not sent again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ReplayError {
    /// The journal does not have it.
    #[error("the journal has no delivery of this id; it may have been dropped for its age")]
    NoSuchDelivery,
    /// Somebody else has claimed it.
    #[error("this delivery is being sent at this moment")]
    UnderWay,
    /// Its record was written by another version.
    #[error("the record of this delivery cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The task that sent it ended early.
    #[error("the replay ended early")]
    Lost,
}

/// The outcome of a replay.
#[derive(Debug, Clone)]
pub(crate) struct Replayed {
    /// The failure; none if the application server accepted it.
    pub(crate) failure: Option<FailureMessage>,
}

/// Sends the delivery `id` once more and waits for its outcome. It is sent to its end even if the caller goes
/// away.
pub(crate) async fn replay(app: &Arc<App>, id: &str) -> Result<Replayed, ReplayError> {
    let (app, id) = (Arc::clone(app), id.to_owned());
    let task = tokio::spawn(async move { send(&app, &id).await });
    task.await.unwrap_or(Err(ReplayError::Lost))
}

async fn send(app: &App, id: &str) -> Result<Replayed, ReplayError> {
    let callbacks = &app.callbacks;
    let delivery = claim(app, id).await?;
    let mut record = match Record::from_payload(&delivery.payload) {
        Ok(record) => record,
        Err(error) => {
            release(&app.store, &delivery, delivery.due_ms).await;
            return Err(error.into());
        }
    };
    record.message.attempt = record.message.attempt.saturating_add(1);
    let outcome = match callbacks.destinations.permit_repeat() {
        None => Err(callbacks.refuse()),
        Some(_permit) => callbacks.attempt(&mut record, None).await,
    };
    let failure = outcome.err();
    let (state, due_ms) = match (&failure, delivery.state) {
        (None, _) => (DeliveryState::Delivered, None),
        // One that had arrived before stays delivered, though this attempt shows a failure.
        (Some(_), state @ (DeliveryState::Delivered | DeliveryState::Abandoned)) => (state, None),
        (Some(_), DeliveryState::Failed) => (DeliveryState::Failed, delivery.due_ms),
        (Some(_), _) => (DeliveryState::Failed, callbacks.next_due(&record, DeliveryState::Failed)),
    };
    record.failure = if state == DeliveryState::Delivered { None } else { failure.clone() };
    let claim = delivery.lease.map(|lease| lease.claim);
    callbacks.record_outcome(&app.store, Outcome { record, claim, state, due_ms }).await;
    Ok(Replayed { failure })
}

async fn claim(app: &App, id: &str) -> Result<Delivery, ReplayError> {
    let claimed = app.store.claim_delivery(id, app::now().unix_millis(), app.callbacks.new_lease()).await;
    claimed.map_err(|error| match error {
        store::Error::NoSuchDelivery => ReplayError::NoSuchDelivery,
        store::Error::DeliveryLeased => ReplayError::UnderWay,
        error => error.into(),
    })
}
