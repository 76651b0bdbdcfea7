//! `cargo xtask bench --cluster`: one node and three over one PostgreSQL and one SeaweedFS, in interleaved rounds beside their
//! natural peer, SeaweedFS's own filer on the same PostgreSQL, and beside the store of content used directly. Everything is
//! durable. What a request costs the node, the database and the content store is read from the system and the nodes' metrics.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context;
use ossicle_services::seaweedfs::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, SeaweedFs, Setup};

use crate::cluster::Places;
use crate::running_server::RunningServer;
use crate::workspace;

use super::application::Application;
use super::figures::{Bound, Check, Figures, OSSICLE, PointFigures, THREE_NODES, median};
use super::load::{self, Material, Measurement};
use super::points::{Point, Work};
use super::servers::{Contender, Key};
use super::wire::Connection;
use super::{Arguments, limits, procfs, settle_disk};

/// SeaweedFS with its names in PostgreSQL.
const FILER: &str = "weed on PG";
/// The store of content, used directly.
const DIRECT: &str = "S3 directly";

const NODES: usize = 3;

/// Database of the peer's names.
const NAMES: &str = "names";

/// A request over all nodes may cost this much more than over one.
const MOST_GROWTH: f64 = 1.15;

/// What has been used up so far by what stands behind the nodes.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    database: Duration,
    content: Duration,
    round_trips: f64,
    commits: f64,
    conflicts: f64,
}

/// What a request cost behind the node, in one round.
#[derive(Clone, Copy, Debug)]
struct Cost {
    database_us: f64,
    content_us: f64,
    round_trips: f64,
    commits: f64,
    conflicts: f64,
}

/// Everything that runs. The nodes end before what they stand on.
struct Field {
    contenders: Vec<Contender>,
    nodes: Vec<RunningServer>,
    _peer: SeaweedFs,
    places: Places,
}

/// Measures the points.
pub(super) async fn measure(
    arguments: &Arguments,
    points: &[Point],
    binary: &Path,
) -> anyhow::Result<Figures> {
    let application = Application::start().await?;
    let material = Rc::new(Material::new(application.address));
    material.keep_small_objects(arguments.objects);
    let field = Field::start(binary)?;
    field.populate(&material).await?;
    let mut figures = Figures::default();
    let mut costs: Vec<(&'static str, &'static str, Vec<Cost>)> = Vec::new();
    figures.points = points.iter().map(|point| PointFigures { point: *point, servers: Vec::new() }).collect();
    for round in 1..=arguments.rounds {
        figures.limits.push(limits::measure(&workspace::target_dir(), Duration::from_secs(1))?);
        for taken in &mut figures.points {
            for contender in
                field.contenders.iter().filter(|contender| takes_part(contender, taken.point.work))
            {
                eprintln!("round {round}: {} on {}", taken.point.name, contender.name);
                settle_disk()?;
                let before = field.spent().await?;
                let measured = load::measure(contender, taken.point, arguments.time(), &material).await?;
                let cost = Cost::between(before, field.spent().await?, &measured);
                keep(&mut taken.servers, contender.name, measured);
                match costs
                    .iter_mut()
                    .find(|(point, name, _)| (*point, *name) == (taken.point.name, contender.name))
                {
                    Some((_, _, rounds)) => rounds.push(cost),
                    None => costs.push((taken.point.name, contender.name, vec![cost])),
                }
            }
        }
    }
    for (point, contender, rounds) in &costs {
        tell(&mut figures, point, contender, rounds);
    }
    compare_nodes(&mut figures);
    field.nodes.into_iter().try_for_each(RunningServer::stop)?;
    Ok(figures)
}

/// The filer is the peer of small objects and names; large content is compared with where it is kept.
fn takes_part(contender: &Contender, work: Work) -> bool {
    match contender.name {
        FILER => work.bulk_bytes().is_none(),
        DIRECT => work.bulk_bytes().is_some(),
        _ => true,
    }
}

fn keep(servers: &mut Vec<(&'static str, Vec<Measurement>)>, name: &'static str, measured: Measurement) {
    match servers.iter_mut().find(|(known, _)| *known == name) {
        Some((_, rounds)) => rounds.push(measured),
        None => servers.push((name, vec![measured])),
    }
}

impl Field {
    fn start(binary: &Path) -> anyhow::Result<Field> {
        let places = Places::start("bench-cluster", false)?;
        places.postgres().execute(&format!("CREATE DATABASE {NAMES}"))?;
        let names_in = Some((places.postgres().port(), NAMES.to_owned()));
        let folder = Some(places.folder().join("peer"));
        let peer = SeaweedFs::start(&Setup { folder, names_in, durable: true }).context("the peer")?;
        let settings = places.settings()?;
        let mut nodes = Vec::new();
        for number in 1..=NODES {
            let name = format!("bench-node-{number}");
            nodes.push(RunningServer::start_node(binary, &name, None, settings.clone())?);
        }
        let mut contenders = Vec::new();
        for (name, nodes) in [(OSSICLE, nodes.get(..1)), (THREE_NODES, nodes.get(..))] {
            let nodes = nodes.unwrap_or_default();
            let addresses = nodes.iter().map(RunningServer::address).collect::<anyhow::Result<_>>()?;
            let pids = nodes.iter().map(RunningServer::pid).collect();
            contenders.push(Contender::elsewhere(name, Key::Oss, addresses, pids));
        }
        let key = Key::S3(ACCESS_KEY_ID, SECRET_ACCESS_KEY);
        for (name, server) in [(FILER, &peer), (DIRECT, places.content())] {
            let pid = server.pid().context("SeaweedFS has ended")?;
            contenders.push(Contender::elsewhere(name, key, vec![server.address()], vec![pid]));
        }
        Ok(Field { contenders, nodes, _peer: peer, places })
    }

    /// Stores what will be read. All nodes have what one has.
    async fn populate(&self, material: &Rc<Material>) -> anyhow::Result<()> {
        for contender in self.contenders.iter().filter(|contender| contender.name != THREE_NODES) {
            eprintln!("storing what will be read: {}", contender.name);
            load::make_buckets(contender).await?;
            if contender.name != DIRECT {
                load::populate_small(contender, material).await?;
            }
            if contender.name != FILER {
                load::populate_large(contender, material).await?;
            }
        }
        // As its own cleaning would, some time later.
        for database in [NAMES, "database_0"] {
            self.places.postgres().execute_in(database, "VACUUM ANALYZE")?;
        }
        Ok(())
    }

    async fn spent(&self) -> anyhow::Result<Spent> {
        let postgres = self.places.postgres().pid().context("PostgreSQL has ended")?;
        let content = self.places.content().pid().context("SeaweedFS has ended")?;
        let mut spent = Spent {
            database: procfs::cpu_time_with_children(postgres)?,
            content: procfs::cpu_time(content)?,
            ..Spent::default()
        };
        for node in &self.nodes {
            let metrics = metrics(node).await?;
            spent.round_trips += figure(&metrics, "ossicle_database_round_trips_total");
            spent.commits += figure(&metrics, "ossicle_store_commits_total");
            spent.conflicts += figure(&metrics, "ossicle_database_conflicts_total");
        }
        Ok(spent)
    }
}

impl Cost {
    fn between(before: Spent, after: Spent, measured: &Measurement) -> Cost {
        let requests = measured.requests as f64;
        let us =
            |before: Duration, after: Duration| (after.saturating_sub(before)).as_secs_f64() * 1e6 / requests;
        Cost {
            database_us: us(before.database, after.database),
            content_us: us(before.content, after.content),
            round_trips: (after.round_trips - before.round_trips) / requests,
            commits: (after.commits - before.commits) / requests,
            conflicts: (after.conflicts - before.conflicts) * 1000.0 / requests,
        }
    }
}

/// Adds what a request cost behind the nodes.
fn tell(figures: &mut Figures, point: &str, contender: &str, rounds: &[Cost]) {
    let mut add = |name: &str, unit: &'static str, bound: Bound, of: fn(&Cost) -> f64| {
        let Some(value) = median(rounds.iter().map(of).collect()) else { return };
        figures.checks.push(Check { name: format!("{point}, {contender}: {name}"), value, unit, bound });
    };
    if contender != DIRECT {
        add("processor time of the database a request", "us", Bound::None, |cost| cost.database_us);
    }
    if contender == OSSICLE || contender == THREE_NODES {
        add("processor time of the content store a request", "us", Bound::None, |cost| cost.content_us);
        add("round trips a request", "", Bound::None, |cost| cost.round_trips);
        add("commits a request", "", Bound::None, |cost| cost.commits);
        // No two requests of the load touch the same key.
        add("batches run again in 1,000 requests", "", Bound::AtMost(1.0), |cost| cost.conflicts);
    }
}

/// Compares what a request costs over all nodes with one.
fn compare_nodes(figures: &mut Figures) {
    let mut checks = Vec::new();
    for taken in &figures.points {
        let cost = |name: &str| taken.median(name, |measured| measured.server_cpu_us);
        if let (Some(one), Some(all)) = (cost(OSSICLE), cost(THREE_NODES)) {
            let name = format!("{}: processor time of nodes a request, three over one", taken.point.name);
            checks.push(Check { name, value: all / one, unit: "times", bound: Bound::AtMost(MOST_GROWTH) });
        }
    }
    figures.checks.extend(checks);
}

async fn metrics(node: &RunningServer) -> anyhow::Result<String> {
    let authority = node.console.strip_prefix("http://").context("not a plain HTTP address")?;
    let mut connection = Connection::open(authority.parse()?).await?;
    let mut body = Vec::new();
    let head = format!("GET /metrics HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    connection.exchange(head.as_bytes(), b"", Some(&mut body)).await?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Returns a figure of the metrics; nothing where a build does not have it.
fn figure(metrics: &str, name: &str) -> f64 {
    metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::figure;

    #[test]
    fn figures_are_found_by_their_whole_name() {
        let metrics = "# HELP a_total Words.\n# TYPE a_total counter\na_total_more 1\na_total 12\n";
        assert_eq!(figure(metrics, "a_total"), 12.0);
        assert_eq!(figure(metrics, "b_total"), 0.0);
    }
}
