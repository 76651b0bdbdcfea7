//! `ossicle config print`: the commented default configuration.

use std::io::Write as _;

use clap::{Args, Subcommand};

use super::Exit;
use crate::config::DEFAULT_CONFIG;

/// Arguments of `ossicle config`.
#[derive(Debug, Args)]
pub(super) struct Config {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the commented default configuration.
    Print,
}

impl Config {
    pub(super) fn run(self) -> Result<(), Exit> {
        let Action::Print = self.action;
        std::io::stdout().write_all(DEFAULT_CONFIG.as_bytes()).map_err(Exit::failed)
    }
}
