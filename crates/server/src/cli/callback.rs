//! `ossicle callback`: sees, sends, verifies and repeats callbacks from a terminal. One file for each command.

mod list;
mod listen;
mod replay;
mod rotate_key;
mod selection;
mod send;
mod show;
mod verify;

use clap::{Args, Subcommand};

use super::{Exit, Format, console_client, print};

/// Arguments of `ossicle callback`.
#[derive(Debug, Args)]
pub(super) struct Callback {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the deliveries in a server's journal.
    List(list::List),
    /// Show one delivery with every attempt in full.
    Show(show::Show),
    /// Send deliveries once more: one, or all that failed since a time.
    Replay(replay::Replay),
    /// Have a cluster sign callbacks with another key; those before stay known to receivers.
    RotateKey(rotate_key::RotateKey),
    /// Send a correctly signed callback, from nothing, to debug an application server.
    Send(send::Send),
    /// Tell whether a captured request is a genuine callback, and if not, why.
    Verify(verify::Verify),
    /// Show every callback that arrives here, and forward it with its signature intact.
    Listen(listen::Listen),
}

impl Callback {
    pub(super) fn run(self) -> Result<(), Exit> {
        let runtime = crate::startup::runtime(1).map_err(Exit::unusable)?;
        runtime.block_on(async {
            match self.action {
                Action::List(command) => command.run().await,
                Action::Show(command) => command.run().await,
                Action::Replay(command) => command.run().await,
                Action::RotateKey(command) => command.run().await,
                Action::Send(command) => command.run().await,
                Action::Verify(command) => command.run().await,
                Action::Listen(command) => command.run().await,
            }
        })
    }
}
