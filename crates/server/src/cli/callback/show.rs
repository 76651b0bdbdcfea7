//! `ossicle callback show`: one delivery in full, every attempt with its request and answer.

use std::fmt::Write as _;

use clap::Args;
use ossicle_callback::Attempt;
use serde::Deserialize;
use serde_json::Value;

use super::console_client::ConsoleClient;
use super::list::describe;
use super::send::describe_attempt;
use super::{Exit, Format, print};
use crate::callback::browse::Row;

/// Arguments of `ossicle callback show`.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The id of the delivery, which is the request id of its upload.
    id: String,
    #[command(flatten)]
    console: ConsoleClient,
    /// Text for people, or JSON for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The part of an attempt that the text shows besides the attempt itself.
#[derive(Deserialize)]
struct Logged {
    #[serde(flatten)]
    attempt: Attempt,
    verified_with: Option<String>,
}

impl Show {
    pub(super) async fn run(self) -> Result<(), Exit> {
        let id = ossicle_protocol::percent_encode(&self.id);
        let delivery: Value =
            self.console.get(&format!("/api/deliveries/{id}")).await.map_err(Exit::failed)?;
        let text = match self.format {
            Format::Json => format!("{delivery}\n"),
            Format::Text => text(&delivery).map_err(Exit::failed)?,
        };
        print(&text)
    }
}

fn text(delivery: &Value) -> anyhow::Result<String> {
    let mut text = String::new();
    describe(&mut text, &Row::deserialize(delivery)?);
    let log: Vec<Logged> = delivery.get("log").map(Deserialize::deserialize).transpose()?.unwrap_or_default();
    for (number, logged) in log.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n── attempt {} at {}\n", number + 1, logged.attempt.url);
        describe_attempt(&mut text, &logged.attempt);
        let _ = match &logged.verified_with {
            Some(key) => writeln!(text, "the signature verifies with {key}"),
            None => writeln!(text, "no key of this server verifies the signature"),
        };
    }
    Ok(text)
}
