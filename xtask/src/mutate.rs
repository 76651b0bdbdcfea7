//! `cargo xtask mutate`: the test of altered signed requests with as many of them as one has time for.

use crate::workspace;

/// How much to try.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How many altered requests
    #[arg(long, default_value_t = 1_000_000)]
    count: u64,
    /// Where the random numbers begin; another seed tries others
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the test, built for speed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let status = workspace::cargo()
        .args([
            "test",
            "--release",
            "--package",
            "ossicle-protocol",
            "--test",
            "mutations",
            "--",
            "--nocapture",
        ])
        .env("OSSICLE_MUTATIONS", arguments.count.to_string())
        .env("OSSICLE_MUTATION_SEED", arguments.seed.to_string())
        .status()?;
    Ok(status.success())
}
