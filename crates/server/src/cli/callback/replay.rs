//! `ossicle callback replay`: sends deliveries once more, with a fresh signature: one, or all that failed since a time.

use std::time::Duration;

use anyhow::anyhow;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::console_client::ConsoleClient;
use super::list::describe;
use super::selection::Selection;
use super::{Exit, Format, print};
use crate::callback::browse::Row;

/// States in which the application server may not know of the upload.
const UNDELIVERED: &str = "failed,abandoned,unknown";

/// Arguments of `ossicle callback replay`.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// The ids of deliveries; without any, --since selects those that were not delivered.
    #[arg(value_name = "ID", conflicts_with = "since")]
    ids: Vec<String>,
    #[command(flatten)]
    console: ConsoleClient,
    #[command(flatten)]
    selection: Selection,
    /// Only show what would be sent.
    #[arg(long, conflicts_with = "ids")]
    dry_run: bool,
    /// Text for people, or one JSON object a line for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Replay {
    pub(super) async fn run(self) -> Result<(), Exit> {
        if self.ids.is_empty() && self.selection.since.is_none() {
            return Err(Exit::unusable(anyhow!(
                "name the ids of deliveries, or --since TIME for all that were not delivered since then"
            )));
        }
        let selected =
            if self.ids.is_empty() { self.select().await.map_err(Exit::failed)? } else { Vec::new() };
        if self.dry_run {
            return print(&self.describe_selection(&selected));
        }
        let ids = if self.ids.is_empty() {
            selected.into_iter().map(|row| row.id).collect()
        } else {
            self.ids.clone()
        };
        self.replay(ids).await
    }

    /// Selects deliveries, the oldest first, so that an application server sees uploads in their order.
    async fn select(&self) -> anyhow::Result<Vec<Row>> {
        let mut rows = self.selection.fetch(&self.console, UNDELIVERED, usize::MAX).await?;
        rows.reverse();
        Ok(rows)
    }

    async fn replay(&self, ids: Vec<String>) -> Result<(), Exit> {
        let bar = self.bar(ids.len());
        let (total, mut failed) = (ids.len(), 0);
        for id in ids {
            let path = format!("/api/deliveries/{}/replay", ossicle_protocol::percent_encode(&id));
            let outcome = self.console.post(&path).await;
            let delivered = outcome
                .as_ref()
                .is_ok_and(|outcome| outcome.get("delivered").and_then(Value::as_bool) == Some(true));
            failed += usize::from(!delivered);
            let line = self.describe(&id, &outcome);
            bar.suspend(|| print(&line))?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        match failed {
            0 => Ok(()),
            failed => Err(Exit::failed(anyhow!("{failed} of {total} were not delivered"))),
        }
    }

    /// Makes a progress bar where a person looks on; none for one delivery or for a pipe.
    fn bar(&self, length: usize) -> ProgressBar {
        if length < 2 || self.format == Format::Json {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(length as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len}, {eta} left") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    fn describe_selection(&self, rows: &[Row]) -> String {
        let mut text = String::new();
        for row in rows {
            match self.format {
                Format::Text => describe(&mut text, row),
                Format::Json => text.push_str(&format!("{}\n", json!({ "id": row.id, "url": row.url }))),
            }
        }
        if self.format == Format::Text {
            text.push_str(&format!("{} would be sent again\n", rows.len()));
        }
        text
    }

    fn describe(&self, id: &str, outcome: &anyhow::Result<Value>) -> String {
        let failure = match outcome {
            Err(error) => Some(format!("{error:#}")),
            Ok(outcome) => outcome.pointer("/failure/message").and_then(Value::as_str).map(str::to_owned),
        };
        match (self.format, failure) {
            (Format::Json, failure) => {
                format!("{}\n", json!({ "id": id, "delivered": failure.is_none(), "failure": failure }))
            }
            (Format::Text, None) => format!("{id}  delivered\n"),
            (Format::Text, Some(failure)) => format!("{id}  failed: {failure}\n"),
        }
    }
}
