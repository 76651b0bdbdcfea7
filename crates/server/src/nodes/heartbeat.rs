//! The heartbeat: this server tells the store of itself again and again, so that others see it, and takes itself off the list
//! when it stops. Of nodes that ended without a word nothing is left after a while.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::list;
use crate::app::App;
use crate::stop::stopped;

/// The time between two heartbeats.
const EVERY: Duration = Duration::from_secs(10);

/// The time between two that the store does not take, so that the node is ready soon after.
const EVERY_WHEN_UNHEARD: Duration = Duration::from_secs(1);

/// A node that has been silent for this long is forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(24 * 3600);

/// A turn at which nodes are forgotten comes after so many others.
const FORGET_EVERY: u64 = 60;

/// Puts this node on the list, before it serves.
pub(crate) async fn begin(app: &App) {
    // Whoever had a folder before has ended.
    let forgotten = if app.store.is_shared() { Ok(0) } else { app.store.forget_nodes(i64::MAX).await };
    if let Err(error) = forgotten {
        tracing::warn!(%error, "cannot take former nodes off the list");
    }
    beat(app).await;
}

/// Beats until `stop` turns true.
pub(crate) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let mut rate = Rate { answered: app.metrics.answered(), at: Instant::now() };
    for turn in 0_u64.. {
        let pause = if app.node.is_heard() { EVERY } else { EVERY_WHEN_UNHEARD };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stopped(&mut stop) => break,
        }
        app.node.note_rate(rate.take(app.metrics.answered(), Instant::now()));
        // A folder has one process. Nobody waits for its heartbeats, and a disk that rests is left alone.
        if app.store.is_shared() {
            beat(&app).await;
            if turn.is_multiple_of(FORGET_EVERY) {
                forget(&app).await;
            }
        }
    }
    if let Err(error) = app.store.remove_node(app.node.id()).await {
        tracing::warn!(%error, "cannot take this node off the list; it is forgotten by itself");
    }
}

/// Beats once. Of failures in a row the first is told.
async fn beat(app: &App) {
    let outcome = app.store.beat(app.node.describe(app.metrics.in_flight(), list::now_ms(app))).await;
    app.metrics.heartbeat(outcome.is_ok());
    if let Err(error) = &outcome
        && app.node.is_heard()
    {
        tracing::warn!(%error, "cannot tell other nodes that this one serves; it is tried again");
    }
    app.node.note_heard(outcome.is_ok());
}

/// Forgets nodes that ended without a word.
async fn forget(app: &App) {
    let span_ms = i64::try_from(FORGET_AFTER.as_millis()).unwrap_or(i64::MAX);
    let before_ms = list::now_ms(app).saturating_sub(span_ms);
    if let Err(error) = app.store.forget_nodes(before_ms).await {
        tracing::warn!(%error, "cannot take silent nodes off the list; it is tried again");
    }
}

/// Requests answered up to a moment.
struct Rate {
    answered: u64,
    at: Instant,
}

impl Rate {
    /// Returns how many were answered in a second since then, rounded, and begins anew.
    fn take(&mut self, answered: u64, now: Instant) -> u64 {
        let millis = now.duration_since(self.at).as_millis().max(1);
        let requests = u128::from(answered.saturating_sub(self.answered));
        *self = Self { answered, at: now };
        u64::try_from((requests * 1000 + millis / 2) / millis).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_in_a_second() {
        let begun = Instant::now();
        let mut rate = Rate { answered: 100, at: begun };
        assert_eq!(rate.take(15_100, begun + Duration::from_secs(10)), 1500);
        assert_eq!(rate.take(15_106, begun + Duration::from_secs(20)), 1, "rounded");
        assert_eq!(rate.take(15_106, begun + Duration::from_secs(20)), 0, "no time has passed");
        assert_eq!(rate.take(0, begun + Duration::from_secs(30)), 0);
    }
}
