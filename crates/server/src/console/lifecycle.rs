//! Carrying out the lifecycle rules of all buckets on demand, or telling what that would do.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use http::StatusCode;
use serde::Deserialize;

use super::problem::Problem;
use super::{Console, request};
use crate::background::{LEASE, exclusively};
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
    let app = &console.app;
    let done =
        exclusively(app, run::JOB, LEASE, console.stop.clone(), |stop| run::run(app, how.dry_run, stop));
    done.await?.map(Json).ok_or_else(|| {
        let message = "Lifecycle rules are being carried out; ask again when that is done.";
        Problem::new(StatusCode::CONFLICT, "LifecycleUnderWay", message)
    })
}
