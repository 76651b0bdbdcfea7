//! The binary `ossicle`: parses the command line and runs the command.

use std::process::ExitCode;

use clap::Parser as _;
use ossicle_server::CommandLine;

fn main() -> ExitCode {
    CommandLine::parse().run()
}
