//! Another key to sign callbacks with, in a cluster.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde_json::{Value, json};

use super::Console;
use super::problem::Problem;
use crate::callback::keys::{KeyError, follow};

/// Handles `POST /api/callback-keys/rotate`: makes a key that all nodes sign with from then on. Those before are served still.
pub(super) async fn rotate(State(console): State<Console>) -> Result<Json<Value>, Problem> {
    let app = &console.app;
    if !app.store.is_shared() {
        let message = "This server has its keys in its data folder: add a private key there as keys/callback_key_v2.pem (or the \
                       next version), and restart.";
        return Err(Problem::new(StatusCode::CONFLICT, "NoCluster", message));
    }
    let version = follow::rotate(app).await.map_err(|error| match error {
        KeyError::Store(error) => error.into(),
        error => {
            tracing::error!(%error, "no other callback key can be made");
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalError",
                "No key was made; the log says why.",
            )
        }
    })?;
    let public_key_url = app.callbacks.public_key_url();
    Ok(Json(json!({ "version": version, "public_key_url": public_key_url })))
}
