//! Which deliveries a command is about, as flags and as a query of the console's API.

use clap::Args;
use ossicle_protocol::{Query, Timestamp};
use serde::Deserialize;

use super::console_client::ConsoleClient;
use crate::app;
use crate::callback::browse::Row;

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

/// A moment, in milliseconds since 1970.
pub(super) fn since_ms(text: &str) -> Result<i64, String> {
    read_since(text, app::now().unix_millis())
        .ok_or_else(|| format!("\"{text}\" is not a time such as 2026-01-31T12:00:00Z, 90s, 15m, 2h or 7d"))
}

fn read_since(text: &str, now_ms: i64) -> Option<i64> {
    if let Some(time) = Timestamp::parse_iso8601(text) {
        return Some(time.unix_millis());
    }
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit_ms: i64 = match unit {
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    now_ms.checked_sub(i64::from(number).checked_mul(unit_ms)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_moments_or_spans_before_now() {
        let now = 1_700_000_000_000;
        let cases = [
            ("90s", Some(now - 90_000)),
            ("15m", Some(now - 900_000)),
            ("2h", Some(now - 7_200_000)),
            ("7d", Some(now - 604_800_000)),
            ("2023-11-14T22:13:20Z", Some(now)),
            ("", None),
            ("h", None),
            ("-2h", None),
            ("2w", None),
            ("中", None),
            ("yesterday", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read_since(text, now), expected, "{text:?}");
        }
    }
}
