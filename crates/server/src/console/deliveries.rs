//! The journal of callbacks: searching it, one delivery in full, counts over time, and sending one again.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::{Console, request};
use crate::app;
use crate::callback::browse::{Detail, Page, Search, State as DeliveryState, Summary};
use crate::callback::replay::replay as send_again;

const HOUR_MS: i64 = 60 * 60 * 1000;

/// Spans of time in a summary.
const SLOTS: usize = 48;

/// The longest time that a summary covers: thirty days.
const MOST_HOURS: i64 = 30 * 24;

/// The longest text that the journal is searched for: no URL or key has more.
const MOST_TEXT: usize = 4096;

/// The query for a list of deliveries.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Which {
    bucket: Option<String>,
    /// One state or several, with commas.
    state: Option<String>,
    /// Milliseconds since 1970.
    since: Option<i64>,
    /// Milliseconds since 1970.
    before: Option<i64>,
    /// Part of the URL or of the object's key.
    url: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// The span of time to sum up.
#[derive(Debug, Deserialize)]
pub(super) struct Span {
    hours: Option<i64>,
}

/// Handles `GET /api/deliveries`.
pub(super) async fn list(
    State(console): State<Console>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Page>, Problem> {
    let which = request::query(which)?;
    let search = which.search()?;
    let limit = request::limit(which.limit, 50, 500);
    let page = console.journal().search(&search, which.cursor.as_deref(), limit).await?;
    Ok(Json(page))
}

/// Handles `GET /api/deliveries/{id}`.
pub(super) async fn detail(
    State(console): State<Console>,
    Path(id): Path<String>,
) -> Result<Json<Detail>, Problem> {
    console.journal().detail(&id).await?.map(Json).ok_or_else(no_such_delivery)
}

/// Handles `GET /api/deliveries/summary`.
pub(super) async fn summary(
    State(console): State<Console>,
    span: Result<Query<Span>, QueryRejection>,
) -> Result<Json<Summary>, Problem> {
    let hours = request::query(span)?.hours.unwrap_or(24).clamp(1, MOST_HOURS);
    let since_ms = app::now().unix_millis() - hours * HOUR_MS;
    Ok(console.journal().summary(since_ms, SLOTS).await.map(Json)?)
}

/// Handles `POST /api/deliveries/{id}/replay`: answers with the outcome, and with the delivery as it is now.
pub(super) async fn replay(
    State(console): State<Console>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let replayed = send_again(&console.app, &id).await?;
    let delivery = console.journal().detail(&id).await?;
    Ok(Json(json!({
        "delivered": replayed.failure.is_none(),
        "failure": replayed.failure,
        "delivery": delivery,
    })))
}

impl Which {
    fn search(&self) -> Result<Search, Problem> {
        let given = |text: &Option<String>| text.as_ref().filter(|text| !text.is_empty()).cloned();
        let names = self.state.iter().flat_map(|names| names.split(',')).filter(|name| !name.is_empty());
        let mut states = Vec::new();
        for name in names {
            let state = DeliveryState::parse(name).ok_or_else(|| {
                let known = "pending, delivered, failed, abandoned and unknown";
                Problem::invalid(format!("There is no state \"{name}\"; the states are {known}."))
            })?;
            // Each record is compared with all of them.
            if !states.contains(&state) {
                states.push(state);
            }
        }
        let text = given(&self.url);
        if text.as_ref().is_some_and(|text| text.len() > MOST_TEXT) {
            return Err(Problem::invalid(format!("The text to look for has more than {MOST_TEXT} bytes.")));
        }
        Ok(Search { bucket: given(&self.bucket), states, since_ms: self.since, before_ms: self.before, text })
    }
}

fn no_such_delivery() -> Problem {
    let message = "The journal has no delivery of this id; it may have been dropped for its age.";
    Problem::new(StatusCode::NOT_FOUND, "NoSuchDelivery", message)
}
