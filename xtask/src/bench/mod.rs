//! `cargo xtask bench`: one closed-loop client against Ossicle and, with `--peers`, against other self-hosted stores, in
//! interleaved rounds, next to the limits of the machine in the same run. Only ratios within one run mean anything.

mod application;
mod cluster;
mod figures;
mod growth;
mod limits;
mod load;
mod points;
mod procfs;
mod servers;
mod signing;
mod wire;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};

use crate::workspace;

use self::figures::{Bound, Check, Figures, OSSICLE, OTHER_BUILDS, PointFigures};
use self::load::Material;
use self::points::{CLUSTER_POINTS, MIB, POINTS, Point, SMALL_OBJECTS, Work};
use self::servers::Contender;

pub(crate) use self::application::Application;
pub(crate) use self::signing::{Dialect, Request as SignedRequest, Signer};
pub(crate) use self::wire::Connection;

/// Uploads under way at once when the bound on memory is checked.
const UPLOADS_AT_ONCE: usize = 64;

/// What to measure and how long.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Measure s3s-fs and SeaweedFS too; they are installed below target/peers
    #[arg(long)]
    peers: bool,
    /// Points to measure, by name; all when not given
    #[arg(long, value_delimiter = ',')]
    points: Vec<String>,
    /// Rounds, of which the median counts
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Seconds for each point in each round
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Measure instead how cost grows to this many objects of 4 KiB, and how long a start with them takes
    #[arg(long, conflicts_with_all = ["peers", "points"])]
    grow: Option<usize>,
    /// Measure instead one node and three over one PostgreSQL and one SeaweedFS, beside SeaweedFS over the same PostgreSQL
    #[arg(long, conflicts_with_all = ["peers", "grow", "against"])]
    cluster: bool,
    /// Objects of 4 KiB that are listed and read, with --cluster
    #[arg(long, default_value_t = SMALL_OBJECTS, requires = "cluster")]
    objects: usize,
    /// Measure this binary instead of one built from the tree, to compare two builds
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Measure this build too, in the same rounds; up to three times
    #[arg(long, value_name = "BINARY", conflicts_with = "grow")]
    against: Vec<PathBuf>,
    /// How to print the figures
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Arguments {
    fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    if cfg!(debug_assertions) {
        return run_optimised();
    }
    let points = if arguments.cluster {
        chosen_of(&CLUSTER_POINTS, &arguments.points)?
    } else {
        chosen_of(&POINTS, &arguments.points)?
    };
    let binary = match &arguments.binary {
        Some(binary) => binary.clone(),
        None => workspace::build_ossicle(true)?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = tokio::task::LocalSet::new();
    let figures = match arguments.grow {
        Some(objects) => tasks.block_on(&runtime, growth::measure(&binary, objects, arguments.time()))?,
        None if arguments.cluster => {
            tasks.block_on(&runtime, cluster::measure(arguments, &points, &binary))?
        }
        None => tasks.block_on(&runtime, measure(arguments, &points, &binary))?,
    };
    match arguments.format {
        Format::Text => print!("{}", figures.text()),
        Format::Json => println!("{:#}", figures.json()),
    }
    Ok(true)
}

/// Runs the program again, optimised: a load generator that was compiled without optimisation would measure
/// itself.
fn run_optimised() -> anyhow::Result<bool> {
    let mut cargo = workspace::cargo();
    cargo.args(["run", "--quiet", "--release", "--package", "xtask", "--"]).args(std::env::args_os().skip(1));
    Ok(cargo.status().context("cargo could not be started")?.success())
}

/// Finds points by their names; all without any.
fn chosen_of(points: &[Point], names: &[String]) -> anyhow::Result<Vec<Point>> {
    if names.is_empty() {
        return Ok(points.to_vec());
    }
    let find = |name: &String| points.iter().find(|point| point.name == name.as_str()).copied();
    match names.iter().find(|name| find(name).is_none()) {
        Some(unknown) => {
            let known: Vec<_> = points.iter().map(|point| point.name).collect();
            bail!("{unknown} is not a point; there are {}", known.join(", "))
        }
        None => Ok(names.iter().filter_map(find).collect()),
    }
}

async fn measure(arguments: &Arguments, points: &[Point], binary: &Path) -> anyhow::Result<Figures> {
    let application = Application::start().await?;
    let material = Rc::new(Material::new(application.address));
    let mut contenders = vec![Contender::ossicle(OSSICLE, binary)?];
    if arguments.against.len() > OTHER_BUILDS.len() {
        bail!("--against can be given {} times at most", OTHER_BUILDS.len());
    }
    for (name, other) in OTHER_BUILDS.into_iter().zip(&arguments.against) {
        contenders.push(Contender::ossicle(name, other)?);
    }
    if arguments.peers {
        contenders.extend(Contender::peers()?);
    }
    let mut figures = Figures::default();
    idle_memory(&contenders, &mut figures)?;
    populate(points, &contenders, &material, &mut figures).await?;
    let time = arguments.time();
    figures.points = points.iter().map(|point| PointFigures { point: *point, servers: Vec::new() }).collect();
    for round in 1..=arguments.rounds {
        figures.limits.push(limits::measure(&workspace::target_dir(), Duration::from_secs(1))?);
        for taken in &mut figures.points {
            for contender in able(&contenders, taken.point.work) {
                eprintln!("round {round}: {} on {}", taken.point.name, contender.name);
                settle_disk()?;
                let answered = application.answered();
                let measured = load::measure(contender, taken.point, time, &material).await?;
                if taken.point.work.needs_callbacks() && application.answered() - answered < measured.requests
                {
                    bail!(
                        "{} uploads, but {} callbacks",
                        measured.requests,
                        application.answered() - answered
                    );
                }
                match taken.servers.iter_mut().find(|(name, _)| *name == contender.name) {
                    Some((_, rounds)) => rounds.push(measured),
                    None => taken.servers.push((contender.name, vec![measured])),
                }
            }
        }
    }
    memory_under_uploads(points, &contenders, &material, &mut figures).await?;
    compare(&mut figures);
    for contender in contenders {
        contender.stop()?;
    }
    Ok(figures)
}

fn able(contenders: &[Contender], work: Work) -> impl Iterator<Item = &Contender> {
    contenders.iter().filter(move |contender| !work.needs_callbacks() || contender.name == OSSICLE)
}

/// Has the system write what it owes the disk: what one server left unwritten must not be paid by the next.
fn settle_disk() -> anyhow::Result<()> {
    let status = Command::new("sync").status().context("sync could not be started")?;
    if !status.success() {
        bail!("sync failed: {status}");
    }
    Ok(())
}

fn idle_memory(contenders: &[Contender], figures: &mut Figures) -> anyhow::Result<()> {
    for contender in contenders {
        let bound = if contender.name == OSSICLE { Bound::AtMost(20.0) } else { Bound::None };
        let value = procfs::resident_mib(contender.pid())?;
        figures.checks.push(Check {
            name: format!("memory of {}, idle", contender.name),
            value,
            unit: "MiB",
            bound,
        });
    }
    Ok(())
}

async fn populate(
    points: &[Point],
    contenders: &[Contender],
    material: &Rc<Material>,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let everything = points.iter().any(|point| point.work.reads()) || points.len() == POINTS.len();
    for contender in contenders {
        eprintln!("storing what will be read: {}", contender.name);
        load::make_buckets(contender).await?;
        if !everything {
            continue;
        }
        let took = load::populate(contender, material).await?;
        let bound = if contender.name == OSSICLE { Bound::AtMost(120.0) } else { Bound::None };
        let value = procfs::resident_mib(contender.pid())?;
        let name = format!("memory of {}, after {SMALL_OBJECTS} objects", contender.name);
        figures.checks.push(Check { name, value, unit: "MiB", bound });
        let rate = SMALL_OBJECTS as f64 / took.as_secs_f64();
        let name = format!("{}: storing those objects, 32 at once", contender.name);
        figures.checks.push(Check { name, value: rate, unit: "/s", bound: Bound::None });
    }
    Ok(())
}

/// Measures memory while many large uploads run at once, above what the server needs for two.
async fn memory_under_uploads(
    points: &[Point],
    contenders: &[Contender],
    material: &Rc<Material>,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    if !points.iter().any(|point| point.work == Work::Put(64 * MIB)) {
        return Ok(());
    }
    for contender in contenders.iter().filter(|contender| contender.name == OSSICLE) {
        procfs::forget_peak(contender.pid())?;
        load::burst(contender, material, 64 * MIB, 2).await?;
        let with_two = procfs::peak_mib(contender.pid())?;
        procfs::forget_peak(contender.pid())?;
        load::burst(contender, material, 64 * MIB, UPLOADS_AT_ONCE).await?;
        let with_many = procfs::peak_mib(contender.pid())?;
        let name = format!("memory of {}, peak with 2 uploads of 64 MiB at once", contender.name);
        figures.checks.push(Check { name, value: with_two, unit: "MiB", bound: Bound::None });
        let name =
            format!("memory of {}, peak with {UPLOADS_AT_ONCE} uploads of 64 MiB at once", contender.name);
        // A few buffers of each upload are in memory, never a share of its size.
        figures.checks.push(Check {
            name,
            value: with_many,
            unit: "MiB",
            bound: Bound::AtMost(with_two + 128.0),
        });
    }
    Ok(())
}

/// Compares with the machine, or with another point of our own, what has no peers.
fn compare(figures: &mut Figures) {
    let p50 = |name: &str| figures.point(name)?.median(OSSICLE, |measured| measured.p50_ms);
    let mut checks = Vec::new();
    let floor = figures.limit(|limits| limits.fdatasync_ms + limits.loopback_ms);
    if let (Some(ours), Some(floor)) = (p50("put-4k-1"), floor) {
        let name = "put-4k-1: p50 over one fdatasync and one loopback exchange".to_owned();
        checks.push(Check { name, value: ours / floor, unit: "times", bound: Bound::AtMost(1.6) });
    }
    let large =
        figures.point("put-64m-2").and_then(|point| point.median(OSSICLE, |measured| measured.per_second));
    if let (Some(rate), Some(md5)) = (large, figures.limit(|limits| limits.md5_two_threads)) {
        let name = "put-64m-2: share of the MD5 limit of two threads".to_owned();
        checks.push(Check { name, value: rate * 64.0 / md5 * 100.0, unit: "%", bound: Bound::AtLeast(75.0) });
    }
    if let (Some(plain), Some(with_callback)) = (p50("put-4k-1"), p50("callback-4k-1")) {
        let name = "callback-4k-1: p50 added to a PUT of 4 KiB".to_owned();
        checks.push(Check { name, value: with_callback - plain, unit: "ms", bound: Bound::AtMost(0.6) });
    }
    let cpu = |name: &str| figures.point(name)?.median(OSSICLE, |measured| measured.server_cpu_us);
    if let (Some(plain), Some(with_callback)) = (cpu("put-4k-32"), cpu("callback-4k-32")) {
        let name = "callback-4k-32: server CPU added to a PUT of 4 KiB, signing included".to_owned();
        checks.push(Check { name, value: (with_callback - plain) / 1e3, unit: "ms", bound: Bound::None });
    }
    figures.checks.extend(checks);
}
