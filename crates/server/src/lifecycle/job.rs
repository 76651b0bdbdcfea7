//! Runs the lifecycle rules as often as the settings say.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::run;
use crate::app::App;
use crate::stop::stopped;

/// Runs until `stop` turns true.
pub(crate) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let every = Duration::from_secs(app.config.lifecycle.every_s);
    if every.is_zero() {
        return;
    }
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stopped(&mut stop) => return,
        }
        let _running = app.lifecycle.running.lock().await;
        if let Err(error) = run::run(&app, false, stop.clone()).await {
            tracing::warn!(%error, "cannot carry out lifecycle rules; trying again later");
        }
    }
}
