//! The nodes that serve from the store, for the console and `ossicle cluster status`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Console;
use super::problem::Problem;
use crate::nodes::list::{SeenNode, list};

/// Handles `GET /api/nodes`.
pub(super) async fn nodes(State(console): State<Console>) -> Result<Json<Value>, Problem> {
    let seen = list(&console.app).await?;
    Ok(Json(json!({
        "shared": console.app.store.is_shared(),
        "nodes": seen.iter().map(describe).collect::<Vec<_>>(),
    })))
}

fn describe(SeenNode { node, is_this, is_live }: &SeenNode) -> Value {
    json!({
        "id": node.id,
        "address": node.address,
        "version": node.version,
        "state": if *is_live { "live" } else { "gone" },
        "this": is_this,
        "started_ms": node.started_ms,
        "seen_ms": node.seen_ms,
        "in_flight": node.in_flight,
        "requests_per_second": node.requests_per_second,
    })
}
