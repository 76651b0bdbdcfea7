//! Upkeep of the journal: old records are dropped.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use ossicle_store::{Error, Prune};

use crate::app::{self, App};
use crate::background::{Job, LEASE};

/// The interval at which old records are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Returns the job that drops old records.
pub(crate) fn job() -> Job {
    let run = |app: Arc<App>, _| async move { prune(&app).await }.boxed();
    Job { name: "prune-journal", every: PRUNE_EVERY, lease: LEASE, run }
}

async fn prune(app: &App) -> Result<(), Error> {
    let settings = &app.config.callback;
    let days = i64::try_from(settings.journal_days).unwrap_or(i64::MAX / DAY_MS);
    let before_ms = app::now().unix_millis().saturating_sub(days.saturating_mul(DAY_MS));
    let prune = Prune {
        before_ms,
        keep_max: settings.journal_max_records,
        // Without redelivery nobody sends those that are due.
        drop_scheduled: !app.callbacks.redelivery.enabled,
    };
    let dropped = app.store.prune_deliveries(prune).await?;
    if dropped > 0 {
        tracing::info!(dropped, "dropped old callback records");
    }
    Ok(())
}
