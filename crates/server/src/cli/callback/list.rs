//! `ossicle callback list`: the deliveries in the journal, newest first.

use std::fmt::Write as _;

use clap::Args;
use ossicle_protocol::Timestamp;

use super::console_client::ConsoleClient;
use super::selection::Selection;
use super::{Exit, Format, print};
use crate::callback::browse::Row;
use crate::terminal::in_a_line;

/// Arguments of `ossicle callback list`.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    console: ConsoleClient,
    #[command(flatten)]
    selection: Selection,
    /// Only in this state, or these with commas: pending, delivered, failed, abandoned, unknown.
    #[arg(long, default_value = "")]
    state: String,
    /// At most so many.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Text for people, or one JSON object a line for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl List {
    pub(super) async fn run(self) -> Result<(), Exit> {
        let rows =
            self.selection.fetch(&self.console, &self.state, self.limit).await.map_err(Exit::failed)?;
        let mut text = String::new();
        for row in &rows {
            match self.format {
                Format::Text => describe(&mut text, row),
                Format::Json => push_json(&mut text, row).map_err(Exit::failed)?,
            }
        }
        if rows.is_empty() && self.format == Format::Text {
            text.push_str("no deliveries\n");
        }
        print(&text)
    }
}

/// Writes one line for people.
pub(super) fn describe(text: &mut String, row: &Row) {
    let time = Timestamp::from_unix_millis(row.created_ms).iso8601_millis();
    let state = serde_json::to_value(row.state).unwrap_or_default();
    let state = state.as_str().unwrap_or("-");
    let milliseconds =
        row.total_us.map_or_else(|| "-".to_owned(), |us| format!("{:.1} ms", us as f64 / 1000.0));
    let (bucket, object, url) = (&row.bucket, in_a_line(&row.object), in_a_line(&row.url));
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{time}  {}  {state:<9}  {milliseconds:>9}  {bucket}/{object} -> {url}", row.id);
    if state != "delivered" && !row.verdict.is_empty() {
        let _ = writeln!(text, "    {}", in_a_line(&row.verdict));
    }
    for finding in &row.findings {
        let _ = writeln!(text, "    {}", in_a_line(finding));
    }
}

fn push_json(text: &mut String, row: &Row) -> anyhow::Result<()> {
    text.push_str(&serde_json::to_string(row)?);
    text.push('\n');
    Ok(())
}
