//! `GET /api/events`: deliveries as they end, as server-sent events, for as long as the watcher is logged in.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, State};
use axum::response::sse::{Event as Sent, Sse};
use futures_util::{Stream, stream};
use http::StatusCode;
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Console;
use super::access::Access;
use super::problem::Problem;
use crate::callback::browse::Row;
use crate::callback::record::Event;
use crate::stop::stopped;

/// The interval at which a silent connection shows that it lives, and the session behind it is looked at.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Somebody who watches.
struct Watcher {
    console: Console,
    access: Access,
    deliveries: Receiver<Arc<Event>>,
    heartbeat: Interval,
    stop: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

/// Sends `delivery` for each delivery that ends, `lagged` with a number when some could not be told, and
/// `bye` when the session has ended.
pub(super) async fn events(
    State(console): State<Console>,
    Extension(access): Extension<Access>,
) -> Result<Sse<impl Stream<Item = Result<Sent, Infallible>>>, Problem> {
    let place = Arc::clone(&console.watchers).try_acquire_owned().map_err(|_| {
        let message = "As many pages as the server takes are watching already. Close one of them.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "TooManyWatchers", message)
    })?;
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watcher = Watcher {
        deliveries: console.app.callbacks.events.subscribe(),
        stop: console.stop.clone(),
        console,
        access,
        heartbeat,
        _place: place,
    };
    let told = stream::unfold(Some(watcher), |watcher| async move {
        let mut watcher = watcher?;
        let (event, goes_on) = watcher.next().await?;
        Some((Ok(event), goes_on.then_some(watcher)))
    });
    Ok(Sse::new(told))
}

impl Watcher {
    /// Waits for the next event, and tells whether others may follow. None when the server stops.
    async fn next(&mut self) -> Option<(Sent, bool)> {
        tokio::select! {
            delivery = self.deliveries.recv() => match delivery {
                Ok(event) => {
                    let row = Row::of_event(&event, &self.console.app.callbacks);
                    let row = serde_json::to_string(&row).unwrap_or_default();
                    Some((Sent::default().event("delivery").data(row), true))
                }
                Err(RecvError::Lagged(missed)) => {
                    Some((Sent::default().event("lagged").data(json!({ "missed": missed }).to_string()), true))
                }
                Err(RecvError::Closed) => None,
            },
            _ = self.heartbeat.tick() => {
                if self.is_logged_in().await {
                    Some((Sent::default().comment(""), true))
                } else {
                    Some((Sent::default().event("bye").data("{}"), false))
                }
            }
            () = stopped(&mut self.stop) => None,
        }
    }

    /// Returns whether the session goes on. While the store does not tell, nobody is sent away.
    async fn is_logged_in(&self) -> bool {
        match &self.access {
            Access::Key => true,
            Access::Session(session) => self.console.goes_on(session).await.unwrap_or(true),
        }
    }
}
