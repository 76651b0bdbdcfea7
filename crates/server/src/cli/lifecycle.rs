//! `ossicle lifecycle`: the lifecycle rules of a running server.

mod run;

use clap::{Args, Subcommand};

use super::{Exit, Format, console_client, print};

/// Arguments of `ossicle lifecycle`.
#[derive(Debug, Args)]
pub(super) struct Lifecycle {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Carry out the lifecycle rules of all buckets now, or show what that would do.
    Run(run::Run),
}

impl Lifecycle {
    pub(super) fn run(self) -> Result<(), Exit> {
        let runtime = tokio::runtime::Runtime::new().map_err(Exit::failed)?;
        match self.command {
            Command::Run(command) => runtime.block_on(command.run()),
        }
    }
}
