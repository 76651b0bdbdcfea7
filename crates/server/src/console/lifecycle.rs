//! Carrying out the lifecycle rules of all buckets on demand, or telling what that would do.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use http::StatusCode;
use serde::Deserialize;

use super::problem::Problem;
use super::{Console, request};
use crate::lifecycle::report::Report;
use crate::lifecycle::run;

/// The options of a run.
#[derive(Debug, Deserialize)]
pub(super) struct How {
    #[serde(default)]
    dry_run: bool,
}

/// Handles `POST /api/lifecycle/run`: answers when everything was looked at. If nobody waits for the answer it ends early.
pub(super) async fn run(
    State(console): State<Console>,
    how: Result<Query<How>, QueryRejection>,
) -> Result<Json<Report>, Problem> {
    let how = request::query(how)?;
    let Ok(_running) = console.app.lifecycle.running.try_lock() else {
        let message = "Lifecycle rules are being carried out; ask again when that is done.";
        return Err(Problem::new(StatusCode::CONFLICT, "LifecycleUnderWay", message));
    };
    Ok(Json(run::run(&console.app, how.dry_run, console.stop.clone()).await?))
}
