//! Sending a callback once more because somebody asks for it: the same request with a new signature and date,
//! written into the journal like every other attempt.

use std::sync::Arc;

use ossicle_store::{self as store, DeliveryState};

use super::prepare::note;
use super::record::{Record, Told};
use crate::app::App;

/// Why a delivery was not sent again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ReplayError {
    /// The journal does not have it.
    #[error("the journal has no delivery of this id; it may have been dropped for its age")]
    NoSuchDelivery,
    /// It is being sent already.
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

/// What became of a replay.
#[derive(Debug, Clone)]
pub(crate) struct Replayed {
    /// Why it failed; none if the application server accepted it.
    pub(crate) failure: Option<Told>,
}

/// Sends the delivery `id` once more and waits for its outcome. It is sent to its end even if the caller goes
/// away.
pub(crate) async fn replay(app: &Arc<App>, id: &str) -> Result<Replayed, ReplayError> {
    let ticket = app.callbacks.in_hand.take(id).ok_or(ReplayError::UnderWay)?;
    let (app, id) = (Arc::clone(app), id.to_owned());
    let task = tokio::spawn(async move {
        let outcome = send(&app, &id).await;
        drop(ticket);
        outcome
    });
    task.await.unwrap_or(Err(ReplayError::Lost))
}

async fn send(app: &App, id: &str) -> Result<Replayed, ReplayError> {
    let callbacks = &app.callbacks;
    let (mut record, _, _) = read(app, id)?;
    let known = record.attempts.len();
    record.message.attempt = record.message.attempt.saturating_add(1);
    let outcome = match callbacks.destinations.permit_repeat() {
        None => Err(callbacks.refuse()),
        Some(_permit) => callbacks.attempt(&mut record, None).await,
    };
    // Nobody waits for the first attempt's record to be written, so that may have come meanwhile: what is new
    // is added to what the journal has now.
    let (mut current, state, due_ms) = read(app, id)?;
    current.message.attempt = current.message.attempt.max(record.message.attempt);
    current.attempts.extend(record.attempts.into_iter().skip(known));
    let failure = outcome.err();
    let delivered_meanwhile = state == DeliveryState::Delivered;
    let (state, due_ms) = match &failure {
        None => (DeliveryState::Delivered, None),
        // One that had arrived before stays delivered, though this attempt shows a failure.
        Some(_) if delivered_meanwhile => (DeliveryState::Delivered, None),
        Some(_) if state == DeliveryState::Abandoned => (DeliveryState::Abandoned, None),
        Some(_) => (DeliveryState::Failed, due_ms),
    };
    current.failure = if state == DeliveryState::Delivered { None } else { failure.clone() };
    note(&app.store, callbacks, current, state, due_ms, true).await;
    Ok(Replayed { failure })
}

fn read(app: &App, id: &str) -> Result<(Record, DeliveryState, Option<i64>), ReplayError> {
    let delivery = app.store.delivery(id)?.ok_or(ReplayError::NoSuchDelivery)?;
    Ok((Record::from_payload(&delivery.payload)?, delivery.state, delivery.due_ms))
}
