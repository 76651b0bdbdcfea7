//! Accounts, users, roles, access keys and policies over the console's API: `/api/access/...`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use http::Method;
use serde_json::Value;

use super::problem::Problem;
use super::{Console, request};
use crate::access::administration::{Administration, Parameters, Refusal, Request};
use crate::app;

/// Handles all of `/api/access/...`.
pub(super) async fn administer(
    State(console): State<Console>,
    method: Method,
    path: Result<Path<String>, PathRejection>,
    parameters: Result<Query<Parameters>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Problem> {
    let unreadable = |status, text| Problem::new(status, "InvalidArgument", text);
    let Path(path) = path.map_err(|rejection| unreadable(rejection.status(), rejection.body_text()))?;
    let body = body.map_err(|rejection| unreadable(rejection.status(), rejection.body_text()))?;
    let parameters = request::query(parameters)?;
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body)
            .map_err(|error| Problem::invalid(format!("The body is no JSON: {error}.")))?
    };
    let request = Request { path: path.split('/').map(str::to_owned).collect(), method, parameters, body };
    let administration = Administration {
        store: &console.app.store,
        master_key: &console.app.master_key,
        account: console.app.owner_id(),
        region: &console.app.config.server.region,
        now_ms: app::now().unix_millis(),
    };
    let done = administration.run(&request).await?;
    if !request.method.is_safe() {
        let account = request.parameters.account.as_deref().unwrap_or(administration.account);
        tracing::info!(method = %request.method, path, account, user = request.parameters.user, "access was changed");
    }
    Ok(Json(done))
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal.cause {
            Some(cause) => cause.into(),
            None => Self::new(refusal.status, &refusal.code, refusal.message),
        }
    }
}
