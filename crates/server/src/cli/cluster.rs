//! `ossicle cluster`: the nodes of a running cluster, as one of them sees them.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::access::table;
use super::console_client::ConsoleClient;
use super::{Exit, Format, print};

/// Arguments of `ossicle cluster`.
#[derive(Debug, Args)]
pub(super) struct Cluster {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the nodes that serve from the store, and those that have fallen silent.
    Status(Status),
}

/// Arguments of `ossicle cluster status`.
#[derive(Debug, Args)]
struct Status {
    #[command(flatten)]
    console: ConsoleClient,
    /// Text for people, or a JSON object for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const COLUMNS: [(&str, &str); 7] = [
    ("NODE", "id"),
    ("ADDRESS", "address"),
    ("STATE", "state"),
    ("VERSION", "version"),
    ("STARTED", "started_ms"),
    ("SEEN", "seen_ms"),
    ("REQUESTS/S", "requests_per_second"),
];

impl Cluster {
    pub(super) fn run(self) -> Result<(), Exit> {
        let runtime = tokio::runtime::Runtime::new().map_err(Exit::failed)?;
        match self.command {
            Command::Status(command) => runtime.block_on(command.run()),
        }
    }
}

impl Status {
    async fn run(self) -> Result<(), Exit> {
        let answer: Value = self.console.get("/api/nodes").await.map_err(Exit::failed)?;
        if self.format == Format::Json {
            return print(&format!("{answer}\n"));
        }
        let nodes = answer.get("nodes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        print(&table(nodes, &COLUMNS))
    }
}
