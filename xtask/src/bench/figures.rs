//! What was measured, made into medians, ratios and verdicts, and printed for people or for programs.

use serde_json::{Value, json};

use super::limits::Limits;
use super::load::Measurement;
use super::points::{MIB, Point};

/// All measurements of one point: a server's name with its rounds. Ossicle comes first.
#[derive(Debug)]
pub(crate) struct PointFigures {
    pub(crate) point: Point,
    pub(crate) servers: Vec<(&'static str, Vec<Measurement>)>,
}

/// A figure that is compared with a bound rather than with peers.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) bound: Bound,
}

/// The side of a bound on which a value is good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
    /// Only to be read.
    None,
}

/// Everything a run has found.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) limits: Vec<Limits>,
    pub(crate) points: Vec<PointFigures>,
    pub(crate) checks: Vec<Check>,
}

impl PointFigures {
    /// Returns the median over the rounds of one of a server's figures.
    pub(crate) fn median(&self, server: &str, figure: impl Fn(&Measurement) -> f64) -> Option<f64> {
        let (_, rounds) = self.servers.iter().find(|(name, _)| *name == server)?;
        median(rounds.iter().map(figure).collect())
    }

    /// Returns Ossicle's rate over that of the best peer; other builds of it are none.
    pub(crate) fn ratio(&self) -> Option<f64> {
        let rate = |name: &str| self.median(name, |measured| measured.per_second);
        let ours = rate(OSSICLE)?;
        let is_ours = |name: &str| name == OSSICLE || name == THREE_NODES || OTHER_BUILDS.contains(&name);
        let peers = self.servers.iter().filter(|(name, _)| !is_ours(name));
        let rates = peers.filter_map(|(name, _)| rate(name));
        rates
            .fold(None, |best: Option<f64>, rate| Some(best.map_or(rate, |best| best.max(rate))))
            .map(|best| ours / best)
    }

    fn reached(&self) -> Option<bool> {
        Some(self.ratio()? >= self.point.goal?)
    }
}

/// The name under which our own server appears.
pub(crate) const OSSICLE: &str = "ossicle";

/// The name of several nodes of it together.
pub(crate) const THREE_NODES: &str = "3 nodes";

/// Names of the builds that `--against` gives.
pub(crate) const OTHER_BUILDS: [&str; 3] = ["build-1", "build-2", "build-3"];

impl Check {
    fn reached(&self) -> Option<bool> {
        match self.bound {
            Bound::AtMost(bound) => Some(self.value <= bound),
            Bound::AtLeast(bound) => Some(self.value >= bound),
            Bound::None => None,
        }
    }
}

impl Figures {
    /// Returns the median of one of the machine's limits.
    pub(crate) fn limit(&self, figure: impl Fn(&Limits) -> f64) -> Option<f64> {
        median(self.limits.iter().map(figure).collect())
    }

    /// Returns the figures of the point with this name, when it was measured.
    pub(crate) fn point(&self, name: &str) -> Option<&PointFigures> {
        self.points.iter().find(|figures| figures.point.name == name)
    }

    /// Writes the table for people.
    pub(crate) fn text(&self) -> String {
        let mut out = String::from("machine");
        for (name, value, unit) in self.machine() {
            out += &format!("   {name} {value:.3} {unit}");
        }
        out += "\n\n";
        out += &format!(
            "{:<15} {:<11} {:>10} {:>9} {:>9} {:>9} {:>11} {:>8}   {:>6} {:>6}\n",
            "point",
            "server",
            "per second",
            "MiB/s",
            "p50 ms",
            "p99 ms",
            "CPU us/req",
            "RSS MiB",
            "ratio",
            "goal"
        );
        for figures in &self.points {
            for (number, (server, _)) in figures.servers.iter().enumerate() {
                out += &line(figures, server, number == 0);
            }
        }
        out += "\n";
        for check in &self.checks {
            let bound = match check.bound {
                Bound::AtMost(bound) => format!("at most {bound:.1}"),
                Bound::AtLeast(bound) => format!("at least {bound:.1}"),
                Bound::None => String::new(),
            };
            out += &format!(
                "{:<72} {:>9.2} {:<8} {bound:<16} {}\n",
                check.name,
                check.value,
                check.unit,
                verdict(check.reached())
            );
        }
        out
    }

    /// Writes the same for programs, with every round.
    pub(crate) fn json(&self) -> Value {
        let machine: Vec<Value> = self
            .machine()
            .iter()
            .map(|(name, value, unit)| json!({"name": name, "value": value, "unit": unit}))
            .collect();
        let points: Vec<Value> = self.points.iter().map(point_json).collect();
        let checks: Vec<Value> = self
            .checks
            .iter()
            .map(|check| json!({"name": check.name, "value": check.value, "unit": check.unit, "reached": check.reached()}))
            .collect();
        json!({"machine": machine, "points": points, "checks": checks})
    }

    fn machine(&self) -> Vec<(&'static str, f64, &'static str)> {
        let named = [
            ("fdatasync of 4 KiB", self.limit(|limits| limits.fdatasync_ms), "ms"),
            ("loopback exchange", self.limit(|limits| limits.loopback_ms), "ms"),
            ("MD5 on two threads", self.limit(|limits| limits.md5_two_threads), "MiB/s"),
        ];
        named.into_iter().filter_map(|(name, value, unit)| Some((name, value?, unit))).collect()
    }
}

/// Returns the middle value; of an even number the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some((upper + values.get(values.len() / 2 - 1)?) / 2.0)
}

fn line(figures: &PointFigures, server: &str, first: bool) -> String {
    let of = |figure: fn(&Measurement) -> f64| figures.median(server, figure).unwrap_or(f64::NAN);
    let rate = of(|measured| measured.per_second);
    let bulk = figures.point.work.bulk_bytes();
    let mib = bulk.map(|bytes| format!("{:.0}", rate * bytes as f64 / MIB as f64)).unwrap_or_default();
    let ours = if first { (figures.ratio(), figures.point.goal) } else { (None, None) };
    let number = |value: Option<f64>| value.map(|value| format!("{value:.2}")).unwrap_or_default();
    format!(
        "{:<15} {server:<11} {rate:>10.1} {mib:>9} {:>9.2} {:>9.2} {:>11.1} {:>8.1}   {:>6} {:>6}  {}\n",
        if first { figures.point.name } else { "" },
        of(|measured| measured.p50_ms),
        of(|measured| measured.p99_ms),
        of(|measured| measured.server_cpu_us),
        of(|measured| measured.resident_mib),
        number(ours.0),
        number(ours.1),
        if first { verdict(figures.reached()) } else { "" },
    )
}

fn verdict(reached: Option<bool>) -> &'static str {
    match reached {
        Some(true) => "reached",
        Some(false) => "FALLS SHORT",
        None => "",
    }
}

fn point_json(figures: &PointFigures) -> Value {
    let servers: Vec<Value> = figures
        .servers
        .iter()
        .map(|(name, rounds)| {
            let rounds: Vec<Value> = rounds
                .iter()
                .map(|measured| {
                    json!({
                        "requests": measured.requests, "per_second": measured.per_second,
                        "p50_ms": measured.p50_ms, "p99_ms": measured.p99_ms,
                        "server_cpu_us": measured.server_cpu_us, "resident_mib": measured.resident_mib,
                    })
                })
                .collect();
            json!({"server": name, "median_per_second": figures.median(name, |measured| measured.per_second), "rounds": rounds})
        })
        .collect();
    json!({
        "point": figures.point.name, "concurrency": figures.point.concurrency, "servers": servers,
        "ratio": figures.ratio(), "goal": figures.point.goal, "reached": figures.reached(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::points::POINTS;
    use super::*;

    fn rounds(rates: &[f64]) -> Vec<Measurement> {
        let measured = |rate: &f64| Measurement {
            requests: 1,
            per_second: *rate,
            p50_ms: 1.0,
            p99_ms: 2.0,
            server_cpu_us: 3.0,
            resident_mib: 4.0,
        };
        rates.iter().map(measured).collect()
    }

    #[test]
    fn medians() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(Vec::new()), None);
    }

    #[test]
    fn a_ratio_is_to_the_best_peer_and_to_none_without_peers() {
        let servers = vec![
            (OSSICLE, rounds(&[90.0, 400.0, 400.0])),
            (OTHER_BUILDS[0], rounds(&[1000.0])),
            ("slow", rounds(&[1.0])),
            ("fast", rounds(&[100.0, 120.0])),
        ];
        let figures = PointFigures { point: POINTS[0], servers };
        assert_eq!(figures.ratio(), Some(400.0 / 110.0));
        assert_eq!(figures.reached(), Some(true));
        let alone = PointFigures { point: POINTS[0], servers: vec![(OSSICLE, rounds(&[1.0]))] };
        assert_eq!(alone.ratio(), None);
    }

    #[test]
    fn a_check_is_reached_on_the_good_side_of_its_bound() {
        let check = |bound| Check { name: String::new(), value: 2.0, unit: "", bound }.reached();
        assert_eq!(check(Bound::AtMost(2.0)), Some(true));
        assert_eq!(check(Bound::AtMost(1.9)), Some(false));
        assert_eq!(check(Bound::AtLeast(2.1)), Some(false));
        assert_eq!(check(Bound::None), None);
    }
}
