//! The command line: one file for each command, text for people, `--format json` for pipes, exit codes 0, 1 and 2.

mod access;
mod account;
mod callback;
mod cluster;
mod config;
mod console_client;
mod dev;
mod fsck;
mod key;
mod lifecycle;
mod moment;
mod policy;
mod role;
mod scrub;
mod serve;
mod store_place;
mod uploads_in_progress;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use rustix::fs::Mode;
use rustix::process::umask;

use crate::terminal;

/// A self-hosted object store that speaks the Alibaba Cloud OSS protocol, with upload callbacks.
#[derive(Debug, Parser)]
#[command(name = "ossicle", version, about, max_term_width = 100)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the store.
    Serve(serve::Serve),
    /// Run everything a developer needs: store, application server, console, and a first upload with a callback.
    Dev(dev::Dev),
    /// See, send, verify and repeat callbacks.
    Callback(callback::Callback),
    /// See and carry out the lifecycle rules of buckets.
    Lifecycle(lifecycle::Lifecycle),
    /// See the nodes of a cluster.
    Cluster(cluster::Cluster),
    /// Make, see and change accounts, which own buckets.
    Account(account::Account),
    /// Make, see and change the users of an account.
    User(user::User),
    /// Make, see and change the roles of an account.
    Role(role::Role),
    /// Make, rotate and end access keys.
    Key(key::Key),
    /// Say what users and roles may do.
    Policy(policy::Policy),
    /// Check a data folder, and set right what can be.
    Fsck(fsck::Fsck),
    /// Read every object of a data folder and compare it with its checksum.
    Scrub(scrub::Scrub),
    /// Show the configuration.
    Config(config::Config),
}

/// The form in which a command writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// The reason for which a command ended early, and its exit code.
#[derive(Debug)]
pub(crate) struct Exit {
    code: u8,
    error: anyhow::Error,
}

impl Exit {
    /// Reports that the command did what it should, and the outcome is bad (exit code 1).
    pub(crate) fn failed(error: impl Into<anyhow::Error>) -> Self {
        Self { code: 1, error: error.into() }
    }

    /// Reports that the command could not begin: wrong arguments or surroundings (exit code 2).
    pub(crate) fn unusable(error: impl Into<anyhow::Error>) -> Self {
        Self { code: 2, error: error.into() }
    }
}

impl CommandLine {
    /// Runs the command. Errors are one line on standard error.
    #[must_use]
    pub fn run(self) -> ExitCode {
        // Everything that is written is for the account that the process runs as, unless it says otherwise.
        umask(Mode::RWXG | Mode::RWXO);
        let outcome = match self.command {
            Command::Serve(command) => command.run(),
            Command::Dev(command) => command.run(),
            Command::Callback(command) => command.run(),
            Command::Lifecycle(command) => command.run(),
            Command::Cluster(command) => command.run(),
            Command::Account(command) => command.run(),
            Command::User(command) => command.run(),
            Command::Role(command) => command.run(),
            Command::Key(command) => command.run(),
            Command::Policy(command) => command.run(),
            Command::Fsck(command) => command.run(),
            Command::Scrub(command) => command.run(),
            Command::Config(command) => command.run(),
        };
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(exit) => {
                let text = format!("{:#}", exit.error).replace('\n', " ");
                eprintln!("ossicle: {}", terminal::plain(&text));
                ExitCode::from(exit.code)
            }
        }
    }
}

/// Writes to standard output, where somebody may look at it on a terminal.
fn print(text: &str) -> Result<(), Exit> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    out.write_all(terminal::plain(text).as_bytes()).and_then(|()| out.flush()).map_err(Exit::failed)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}
