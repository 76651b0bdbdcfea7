//! `ossicle callback rotate-key`: has a running cluster make another key to sign callbacks with.

use clap::Args;
use serde_json::Value;

use super::console_client::ConsoleClient;
use super::{Exit, Format, print};

/// Arguments of `ossicle callback rotate-key`.
#[derive(Debug, Args)]
pub(super) struct RotateKey {
    #[command(flatten)]
    console: ConsoleClient,
    /// Text for people, or a JSON object for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl RotateKey {
    pub(super) async fn run(self) -> Result<(), Exit> {
        let answer = self.console.post("/api/callback-keys/rotate").await.map_err(Exit::failed)?;
        if self.format == Format::Json {
            return print(&format!("{answer}\n"));
        }
        let version = answer.get("version").and_then(Value::as_u64).unwrap_or_default();
        let url = answer.get("public_key_url").and_then(Value::as_str).unwrap_or_default();
        print(&format!("callbacks are signed with version {version}; its public half is at {url}\n"))
    }
}
