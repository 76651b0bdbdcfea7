//! How cost grows with the number of objects, and how long a server with many of them takes to start.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use anyhow::bail;

use super::application::Application;
use super::figures::{Bound, Check, Figures, OSSICLE};
use super::load::{self, Material};
use super::points::{POINTS, SMALL_OBJECTS};
use super::procfs;
use super::servers::Contender;

/// Points whose cost must not grow with what is stored already.
const COMPARED: [&str; 3] = ["put-4k-32", "get-4k-32", "list-1000"];

/// Times more a request may take with all objects than with the first.
const MOST_GROWTH: f64 = 1.5;

/// Goals for starting with a million objects.
const START_CLEAN_S: f64 = 1.0;
const START_KILLED_S: f64 = 5.0;

/// Measures with few objects and with `objects`, then restarts.
pub(super) async fn measure(binary: &Path, objects: usize, time: Duration) -> anyhow::Result<Figures> {
    if objects <= SMALL_OBJECTS {
        bail!("growth is measured from {SMALL_OBJECTS} objects on: ask for more");
    }
    let application = Application::start().await?;
    let material = Rc::new(Material::new(application.address));
    let mut server = Contender::ossicle(OSSICLE, binary)?;
    load::make_buckets(&server).await?;
    load::populate(&server, &material).await?;
    let few = rates(&server, time, &material).await?;
    load::grow(&server, &material, objects).await?;
    let many = rates(&server, time, &material).await?;
    let mut figures = Figures::default();
    let mut check =
        |name: String, value, unit, bound| figures.checks.push(Check { name, value, unit, bound });
    for ((name, few), many) in COMPARED.iter().zip(few).zip(many) {
        check(format!("{name} with {SMALL_OBJECTS} objects"), few, "/s", Bound::None);
        check(format!("{name} with {objects} objects"), many, "/s", Bound::None);
        check(format!("{name}: growth of a request's cost"), few / many, "times", Bound::AtMost(MOST_GROWTH));
    }
    check(format!("memory with {objects} objects"), procfs::resident_mib(server.pid())?, "MiB", Bound::None);
    let clean = server.restart(false)?.as_secs_f64();
    check("start after a clean stop".to_owned(), clean, "s", Bound::AtMost(START_CLEAN_S));
    let killed = server.restart(true)?.as_secs_f64();
    check("start after kill -9".to_owned(), killed, "s", Bound::AtMost(START_KILLED_S));
    server.stop()?;
    Ok(figures)
}

async fn rates(server: &Contender, time: Duration, material: &Rc<Material>) -> anyhow::Result<Vec<f64>> {
    let mut rates = Vec::new();
    for point in POINTS.into_iter().filter(|point| COMPARED.contains(&point.name)) {
        rates.push(load::measure(server, point, time, material).await?.per_second);
    }
    Ok(rates)
}
