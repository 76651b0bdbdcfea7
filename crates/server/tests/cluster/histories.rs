//! The histories, run when `OSSICLE_CLUSTER_FAULTS` says how many faults there are to be.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ossicle_linear::{Call, check};
use serde_json::Value;

use crate::callbacks::{Expected, application};
use crate::client::{Client, Random, Table};
use crate::faults::Faults;
use crate::harness::journal;
use crate::model::{Event, Told};
use crate::nodes::{Cluster, NODES, found};

/// Settings of the servers: callbacks are sent again soon and often, and no attempt takes long.
const SETTINGS: [(&str, &str); 5] = [
    ("OSSICLE_REDELIVERY_ENABLED", "true"),
    ("OSSICLE_REDELIVERY_FIRST_DELAY_MS", "50"),
    ("OSSICLE_REDELIVERY_MAX_DELAY_MS", "500"),
    ("OSSICLE_REDELIVERY_MAX_ATTEMPTS", "1000"),
    ("OSSICLE_CALLBACK_TIMEOUT_MS", "1000"),
];

/// Buckets that are in use at the same time.
const TABLES: usize = 3;

/// The clients of a bucket, and what each of them does.
const CLIENTS: usize = 4;
const CALLS: usize = 30;

/// After the last fault, deliveries that a stopped server held are taken over when their leases end.
const PATIENCE: Duration = Duration::from_secs(90);

fn wanted() -> Option<usize> {
    std::env::var("OSSICLE_CLUSTER_FAULTS").ok().and_then(|text| text.parse().ok())
}

/// What all histories together were made of.
#[derive(Debug, Default)]
struct Counts {
    buckets: usize,
    calls: usize,
    without_answer: usize,
    refused: usize,
}

#[test]
fn histories_of_three_servers_are_linear_whatever_fails() {
    let Some(wanted) = wanted().filter(|_| found()) else { return };
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let began = Instant::now();
    let expected = Arc::new(Expected::default());
    let application = application(&expected);
    let cluster = Cluster::start(&SETTINGS);
    let faults = Faults::new(&cluster, &SETTINGS, wanted);
    let tables: Mutex<Vec<Arc<Table>>> = Mutex::default();
    let number = AtomicUsize::new(0);
    let make_table = || {
        let bucket = format!("history-{}", number.fetch_add(1, Ordering::Relaxed));
        let url = application.url("/callback");
        let table = Arc::new(Table::new(bucket, cluster.addresses(), Arc::clone(&expected), url));
        tables.lock().unwrap().push(Arc::clone(&table));
        table
    };
    thread::scope(|scope| {
        let mut running = Vec::new();
        for seat in 0..TABLES {
            let (faults, make_table) = (&faults, &make_table);
            running.push(scope.spawn(move || {
                let mut turn = 0;
                while !faults.are_over() {
                    turn += 1;
                    round(&make_table(), seed ^ (seat as u64) << 32 ^ turn);
                }
            }));
        }
        for node in 0..NODES {
            let faults = &faults;
            running.push(scope.spawn(move || faults.of_nodes(node, Random::new(seed + node as u64))));
        }
        running.push(scope.spawn(|| faults.of_services(Random::new(seed + 99))));
        let mut failure = None;
        for thread in running {
            if let Err(panic) = thread.join() {
                faults.end();
                failure = Some(panic);
            }
        }
        if let Some(panic) = failure {
            eprintln!("seed {seed}, {:?}", faults.tally());
            resume_unwind(panic);
        }
    });
    let mut counts = Counts::default();
    for table in tables.into_inner().unwrap() {
        look_again(&table);
        counts.add(&table.judge());
    }
    let callbacks = expected.check(&settled_journal(&cluster));
    let made: usize = faults.tally().values().sum();
    eprintln!(
        "{made} faults: {:?}; {counts:?}; callbacks: {callbacks:?}; seed {seed}; {:?}",
        faults.tally(),
        began.elapsed()
    );
}

/// Lets the clients of a bucket work, reads what is there, and judges.
fn round(table: &Arc<Table>, seed: u64) {
    Client::new(table, CLIENTS, seed).make_bucket();
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            scope.spawn(move || Client::new(table, number, seed).work(CALLS));
        }
    });
    look_again(table);
    table.judge();
}

/// Reads everything from every server.
fn look_again(table: &Arc<Table>) {
    let mut client = Client::new(table, CLIENTS + 1, 0);
    for server in 0..NODES {
        client.look_at_all(server);
    }
}

impl Table {
    /// Looks for an order in which every answer is right.
    fn judge(&self) -> Counts {
        let calls: Vec<Call<Event>> = self.calls.lock().unwrap().clone();
        if let Err(violation) = check(&calls, &None) {
            let line =
                |call: &Call<Event>| format!("{:?}..{:?} {:?}", call.began, call.ended, call.operation);
            let lines = |calls: &[Call<Event>]| calls.iter().map(line).collect::<Vec<_>>().join("\n");
            panic!(
                "no order, undecided: {}\nas far as there is one:\n{}\nthen {:?} is held, and none of these fits:\n{}",
                violation.undecided,
                lines(&violation.order),
                violation.state,
                lines(&violation.stuck)
            );
        }
        let told =
            |wanted: fn(&Told) -> bool| calls.iter().filter(|call| wanted(&call.operation.told)).count();
        Counts {
            buckets: 1,
            calls: calls.len(),
            without_answer: told(|told| *told == Told::Nothing),
            refused: told(|told| matches!(told, Told::Refused(_) | Told::Length(_))),
        }
    }
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.buckets += other.buckets;
        self.calls += other.calls;
        self.without_answer += other.without_answer;
        self.refused += other.refused;
    }
}

/// Waits until no delivery is open, and returns the states of all by their ids.
fn settled_journal(cluster: &Cluster) -> BTreeMap<String, String> {
    let server = cluster.nodes[1].running();
    journal::wait_for_none(&server, "pending,failed,unknown,abandoned", PATIENCE);
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    journal::rows(&server, "").iter().map(|row| (text(row, "id"), text(row, "state"))).collect()
}
