//! Accounts, users, roles, access keys and policies over the console's API: `/api/access/...`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
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
    Path(path): Path<String>,
    parameters: Result<Query<Parameters>, QueryRejection>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let parameters = request::query(parameters)?;
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body)
            .map_err(|error| Problem::invalid(format!("The body is no JSON: {error}.")))?
    };
    let path = path.split('/').map(str::to_owned).collect();
    let administration = Administration {
        store: &console.app.store,
        master_key: &console.app.master_key,
        account: console.app.owner_id(),
        now_ms: app::now().unix_millis(),
    };
    Ok(Json(administration.run(&Request { method, path, parameters, body }).await?))
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal.cause {
            Some(cause) => cause.into(),
            None => Self::new(refusal.status, &refusal.code, refusal.message),
        }
    }
}
