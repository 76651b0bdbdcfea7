//! What happens to a cluster: servers die or stand still, the database crashes or its standby takes over, the store for
//! content dies, connections are cut or slow.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::client::Random;
use crate::nodes::Cluster;

/// How many faults of each kind there were.
pub(crate) type Tally = BTreeMap<&'static str, usize>;

/// What makes the faults of a cluster, until there have been enough.
#[derive(Debug)]
pub(crate) struct Faults<'a> {
    cluster: &'a Cluster,
    settings: &'a [(&'a str, &'a str)],
    wanted: usize,
    made: AtomicUsize,
    tally: Mutex<Tally>,
    /// What has failed for good.
    is_over: AtomicBool,
}

impl<'a> Faults<'a> {
    pub(crate) fn new(cluster: &'a Cluster, settings: &'a [(&'a str, &'a str)], wanted: usize) -> Self {
        let (made, tally, is_over) = (AtomicUsize::new(0), Mutex::default(), AtomicBool::new(false));
        Self { cluster, settings, wanted, made, tally, is_over }
    }

    /// Whether there have been enough, or the test has failed.
    pub(crate) fn are_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed) || self.made.load(Ordering::Relaxed) >= self.wanted
    }

    /// Makes no more of them.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally.lock().unwrap().clone()
    }

    fn count(&self, kind: &'static str) {
        *self.tally.lock().unwrap().entry(kind).or_default() += 1;
        self.made.fetch_add(1, Ordering::Relaxed);
    }

    /// Lets one server suffer after the other. Another stands still for longer than a lease lasts, now and then.
    pub(crate) fn of_nodes(&self, node: usize, mut random: Random) {
        let node = &self.cluster.nodes[node];
        while !self.are_over() {
            pause(&mut random, 200..1500);
            match random.below(100) {
                0..25 => {
                    self.count("node killed");
                    node.kill();
                    pause(&mut random, 0..300);
                    node.start(self.settings);
                }
                25..45 => {
                    self.count("node stands still");
                    node.pause(true);
                    pause(&mut random, 100..2000);
                    node.pause(false);
                }
                45..47 => {
                    self.count("node stands still for longer than a lease");
                    node.pause(true);
                    thread::sleep(LONGER_THAN_A_LEASE);
                    node.pause(false);
                }
                47..75 => {
                    let link = &node.links[random.below(node.links.len())];
                    self.count("link cut");
                    link.cut();
                    pause(&mut random, 50..1500);
                    link.mend();
                }
                _ => {
                    let link = &node.links[random.below(node.links.len())];
                    self.count("link slow");
                    link.slow(Duration::from_millis(10 + random.below(150) as u64));
                    pause(&mut random, 200..1500);
                    link.slow(Duration::ZERO);
                }
            }
        }
    }

    /// Lets database and store for content suffer.
    pub(crate) fn of_services(&self, mut random: Random) {
        let (postgres, seaweedfs) = (&self.cluster.postgres, &self.cluster.seaweedfs);
        while !self.are_over() {
            pause(&mut random, 1000..4000);
            match random.below(10) {
                0..4 => {
                    self.count("database shut down at once");
                    postgres.stop_immediate().unwrap();
                    pause(&mut random, 0..700);
                    postgres.start_again().unwrap();
                }
                4..6 => {
                    self.count("database stands still");
                    postgres.pause().unwrap();
                    pause(&mut random, 100..2500);
                    postgres.resume().unwrap();
                }
                6..8 => {
                    self.count("failover to the standby");
                    postgres.promote_standby().unwrap();
                    pause(&mut random, 500..1000);
                    postgres.add_standby().unwrap();
                }
                _ => {
                    self.count("store for content killed");
                    seaweedfs.kill().unwrap();
                    pause(&mut random, 0..700);
                    seaweedfs.start_again().unwrap();
                }
            }
        }
    }
}

/// Leases of deliveries last 15 s where a callback may take one.
const LONGER_THAN_A_LEASE: Duration = Duration::from_secs(17);

fn pause(random: &mut Random, range_ms: Range<usize>) {
    let length = range_ms.start + random.below(range_ms.end - range_ms.start);
    thread::sleep(Duration::from_millis(length as u64));
}
