//! Upkeep of the journal: old records dropped and, where the operator wants it, failed callbacks
//! tried again.

use std::sync::Arc;
use std::time::Duration;

use ossicle_store::Prune;
use tokio::sync::watch;

use super::redelivery;
use crate::app::{self, App};
use crate::stop::stopped;

/// The interval at which old records are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Runs until `stop` turns true.
pub(crate) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let redelivering = tokio::spawn(redelivery::run(Arc::clone(&app), stop.clone()));
    let mut ticks = tokio::time::interval(PRUNE_EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => prune(&app).await,
            () = stopped(&mut stop) => break,
        }
    }
    if let Err(error) = redelivering.await {
        tracing::error!(%error, "redelivery ended early");
    }
}

async fn prune(app: &App) {
    let settings = &app.config.callback;
    let days = i64::try_from(settings.journal_days).unwrap_or(i64::MAX / DAY_MS);
    let before_ms = app::now().unix_millis().saturating_sub(days.saturating_mul(DAY_MS));
    let prune = Prune {
        before_ms,
        keep_max: settings.journal_max_records,
        // Without redelivery nobody sends those that are due.
        drop_scheduled: !app.callbacks.redelivery.enabled,
    };
    match app.store.prune_deliveries(prune).await {
        Ok(0) => {}
        Ok(dropped) => tracing::info!(dropped, "dropped old callback records"),
        Err(error) => tracing::warn!(%error, "cannot drop old callback records"),
    }
}
