//! `cargo xtask cluster`: three nodes behind nginx over a PostgreSQL with a synchronous standby and a SeaweedFS, all on this
//! machine, with the files of examples/cluster. An upload with a callback through each node shows that they work.

mod nginx;
mod places;
mod round_trip;

use std::path::Path;

use anyhow::Context;
use clap::Args;

use crate::report::{Outcome, Tally};
use crate::running_server::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, RunningServer};
use crate::{tools, workspace};

use self::nginx::Nginx;
pub(crate) use self::places::{Places, installed_seaweedfs};

const NODES: usize = 3;

/// Where the example's nodes are reached.
const WELL_KNOWN_PORTS: [u16; 2] = [9000, 9001];

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// End after the round trip instead of staying up, on free ports
    #[arg(long)]
    once: bool,
    /// Run this binary instead of one built from the tree
    #[arg(long)]
    binary: Option<std::path::PathBuf>,
}

/// A running cluster. It ends when it is dropped; the nodes before what they stand on.
struct Cluster {
    nginx: Nginx,
    nodes: Vec<RunningServer>,
    places: Places,
}

/// Starts the cluster, shows that it works, and waits.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let binary = match &arguments.binary {
        Some(binary) => binary.clone(),
        None => workspace::build_ossicle(false)?,
    };
    let ports = if arguments.once { [0, 0] } else { WELL_KNOWN_PORTS };
    let cluster = Cluster::start(&binary, ports)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, round_trip::make(&cluster.nodes, cluster.nginx.endpoint))?;
    cluster.introduce();
    if !arguments.once {
        println!("\nRunning until Ctrl-C; all data go with it.");
        runtime.block_on(tokio::signal::ctrl_c())?;
    }
    cluster.stop()?;
    Ok(true)
}

/// Runs the round trip, where all that it needs is installed.
pub(crate) fn outcome(binary: &Path) -> anyhow::Result<Outcome> {
    if tools::NGINX.find().is_none() {
        return Ok(Outcome::Skipped(format!("nginx is not here: {}", tools::NGINX.cure)));
    }
    for (name, is_found) in [
        ("PostgreSQL", ossicle_services::postgres::found()),
        ("SeaweedFS", ossicle_services::seaweedfs::found()),
    ] {
        if !is_found {
            return Ok(Outcome::Skipped(format!("{name} is not installed")));
        }
    }
    let cluster = Cluster::start(binary, [0, 0])?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let made = tokio::task::LocalSet::new()
        .block_on(&runtime, round_trip::make(&cluster.nodes, cluster.nginx.endpoint));
    let passed = made.with_context(|| cluster.last_words())?;
    cluster.stop()?;
    Ok(Outcome::Ran(Tally { passed, failed: 0, skipped: 0 }))
}

impl Cluster {
    /// Starts everything, in the order in which it stands on each other; 0 is a free port.
    fn start(binary: &Path, ports: [u16; 2]) -> anyhow::Result<Cluster> {
        println!("starting PostgreSQL with a synchronous standby, and SeaweedFS");
        let places = Places::start("cluster", true)?;
        let common = workspace::root().join("examples/cluster/ossicle.toml");
        let settings = places.settings()?;
        let mut nodes = Vec::new();
        for number in 1..=NODES {
            println!("starting node {number}");
            let name = format!("cluster-node-{number}");
            nodes.push(RunningServer::start_node(binary, &name, Some(&common), settings.clone())?);
        }
        let nginx = Nginx::start(places.folder(), &nodes, ports)?;
        Ok(Cluster { nginx, nodes, places })
    }

    fn introduce(&self) {
        let (nginx, postgres) = (&self.nginx, self.places.postgres());
        println!("\nendpoint           http://{}", nginx.endpoint);
        println!("console            http://{}", nginx.console);
        println!("access key id      {ACCESS_KEY_ID}");
        println!("access key secret  {ACCESS_KEY_SECRET}");
        for (number, node) in (1..).zip(&self.nodes) {
            println!(
                "node {number}             {} (process {}), console {}",
                node.endpoint,
                node.pid(),
                node.console
            );
        }
        let standby = postgres.standby_port().map(|port| port.to_string()).unwrap_or_default();
        println!("PostgreSQL         127.0.0.1:{}, standby 127.0.0.1:{standby}", postgres.port());
        println!("SeaweedFS          {}", self.places.content().endpoint());
    }

    fn last_words(&self) -> String {
        let tails =
            self.nodes.iter().zip(1..).map(|(node, number)| format!("node {number}:\n{}\n", node.log_tail()));
        tails.collect()
    }

    /// Stops the nodes as an operator would.
    fn stop(self) -> anyhow::Result<()> {
        drop(self.nginx);
        self.nodes.into_iter().try_for_each(RunningServer::stop)
    }
}
