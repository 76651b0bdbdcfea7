//! The project's own commands, run as `cargo xtask COMMAND`: what a contributor and CI call instead of remembering
//! a list of tools. Each command has its own file; this one only parses the command line.

#![forbid(unsafe_code)]

mod bench;
mod cluster;
mod compatibility;
mod conformance;
mod deny;
mod figures;
mod mutate;
mod process;
mod production;
mod release;
mod report;
mod running_server;
mod semver;
mod snippets;
mod suites;
mod test;
mod tidy;
mod tools;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::conformance::Language;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Build, test and measure Ossicle")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Every test there is: format, lints, tidy, unit and API tests, browser and SDK conformance
    Test {
        /// Treat a missing tool or a skipped test as a failure, as CI does
        #[arg(long)]
        strict: bool,
    },
    /// Run the official SDKs against a server built from this tree
    Conformance {
        /// The languages to run; all of them when none is given
        languages: Vec<Language>,
    },
    /// Run the test suites of the official SDKs, unpatched, against a server built from this tree
    Suites(suites::Arguments),
    /// Run one part of a suite; `suites` calls this inside a network namespace
    #[command(hide = true)]
    SuitesJob { file: PathBuf },
    /// Write the table of docs/compatibility.md from the cases of the last conformance run
    Compatibility,
    /// Run what the pages and `ossicle dev` tell users to paste
    Snippets,
    /// The systemd unit and the proxy configuration of docs/production.md, put to use
    Production,
    /// The example application servers, each against a server built from this tree
    Examples,
    /// Three nodes behind nginx over a PostgreSQL with a standby and a SeaweedFS, on this machine, until Ctrl-C
    Cluster(cluster::Arguments),
    /// The console in a real browser
    Browser,
    /// Rules of the tree that no compiler checks: crate edges, one operation one file one test, sizes, names, links
    Tidy,
    /// Print how the code measures up: sizes, parameters, unwraps, openings of documentation, circles of files
    Figures,
    /// Alter signed requests of every operation at random: whatever still verifies must mean what was signed
    Mutate(mutate::Arguments),
    /// Build the binary that users get, and its line tables in a file of their own
    Release,
    /// Measure the server, on its own or next to other self-hosted stores
    Bench(bench::Arguments),
    /// The API of ossicle-callback against its last release, with cargo-semver-checks
    Semver {
        /// Compare with this revision instead of the newest tag v*
        #[arg(long)]
        baseline: Option<String>,
    },
    /// Licences, sources and banned crates of the dependency tree, with cargo-deny
    Deny,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> anyhow::Result<bool> {
    match command {
        Command::Test { strict } => test::run(strict),
        Command::Conformance { languages } => conformance::run(&languages),
        Command::Suites(arguments) => suites::run(&arguments),
        Command::SuitesJob { file } => suites::run_job(&file),
        Command::Compatibility => compatibility::run(),
        Command::Snippets => snippets::run(),
        Command::Production => production::run(),
        Command::Examples => conformance::run_one(conformance::EXAMPLES),
        Command::Cluster(arguments) => cluster::run(&arguments),
        Command::Browser => conformance::run_one(conformance::BROWSER),
        Command::Tidy => tidy::run(),
        Command::Figures => figures::run(),
        Command::Mutate(arguments) => mutate::run(&arguments),
        Command::Release => release::run(),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Semver { baseline } => semver::run(baseline),
        Command::Deny => deny::run(),
    }
}
