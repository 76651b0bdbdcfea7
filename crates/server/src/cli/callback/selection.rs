//! The selection of deliveries for a command, as flags and as a query of the console's API.

use clap::Args;
use ossicle_protocol::Query;
use serde::Deserialize;

use super::console_client::ConsoleClient;
use crate::callback::browse::Row;
use crate::cli::moment::since_ms;

/// Deliveries asked for at once.
const PAGE: usize = 200;

/// The flags that select deliveries.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Selection {
    /// Only of this bucket.
    #[arg(long)]
    pub(super) bucket: Option<String>,
    /// Only recorded since then: a time such as 2026-01-31T12:00:00Z, or as long ago as 90s, 15m, 2h or 7d.
    #[arg(long, value_name = "TIME", value_parser = since_ms)]
    pub(super) since: Option<i64>,
    /// Only with this text in the URL or in the object's key.
    #[arg(long, value_name = "TEXT")]
    pub(super) url: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    deliveries: Vec<Row>,
    cursor: Option<String>,
}

impl Selection {
    /// Fetches up to `most` deliveries, newest first; `states` is one state or several with commas, or empty for any.
    pub(super) async fn fetch(
        &self,
        console: &ConsoleClient,
        states: &str,
        most: usize,
    ) -> anyhow::Result<Vec<Row>> {
        let mut rows = Vec::new();
        let mut cursor = None;
        while rows.len() < most {
            let query = self.query(states, cursor.as_deref(), PAGE.min(most - rows.len()));
            let page: Page = console.get(&format!("/api/deliveries?{}", query.encode())).await?;
            rows.extend(page.deliveries);
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        rows.truncate(most);
        Ok(rows)
    }

    fn query(&self, states: &str, cursor: Option<&str>, limit: usize) -> Query {
        let mut query = Query::default();
        query.push("limit", limit.to_string());
        let given = [("bucket", self.bucket.as_deref()), ("url", self.url.as_deref()), ("cursor", cursor)];
        for (name, value) in given {
            if let Some(value) = value {
                query.push(name, value);
            }
        }
        if !states.is_empty() {
            query.push("state", states);
        }
        if let Some(since) = self.since {
            query.push("since", since.to_string());
        }
        query
    }
}
